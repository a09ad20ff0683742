"""What the last computation read and wrote, kept in a file beside the database, so that the next need not read it all.

The file is worth nothing by itself: where it is not there, cut, of another version, or not of the database's last
computation, the tables are read whole, and give the same. It holds nothing that the tables do not. It has arrays, each
at a multiple of 64 bytes, then JSON that says which, and how long that is in the last 8 bytes: a file that was not
written to its end says nothing. Arrays are mapped: what is unused is not read.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any, Self, TypeAlias, TypeVar

import msgspec
import numpy as np

from store.arrays import Column, Ints, in_order
from store.columns import Columns, ModelColumns, NodeColumns, ReferenceColumns, in_memory, read, read_again
from store.database import HEAD, file_of
from store.kept_names import Extent

FORMAT = 6
"""To be raised when what the columns hold, or mean, changes."""
FEW = 0.05
"""Of all models: where more have been touched, reading whole tables is as quick."""

_LAST = "SELECT * FROM computation ORDER BY computed_at DESC, crawl_id DESC LIMIT 1"
_PAGES = "SELECT model_ids FROM crawl_page"
_SINCE = """
    SELECT coalesce(max(crawl_id), 0) FROM computation
    WHERE crawl_id < coalesce((SELECT min(crawl_id) FROM crawl_page), 9e18)"""
_CHANGED = """
    SELECT model_id FROM model_change WHERE crawl_id > :since
    UNION SELECT id FROM model WHERE missing_since > :since"""
_ELSEWHERE = "SELECT EXISTS (SELECT 1 FROM crawl_page) OR EXISTS (SELECT 1 FROM temp.sqlite_master)"

_ALIGNED = 64  # bytes
_LENGTH = 8
"""Bytes that tell how long the JSON before them is, the lowest first."""

Group = TypeVar("Group", ModelColumns, NodeColumns, ReferenceColumns)
Arrays: TypeAlias = dict[str, Any]


class _Contents(msgspec.Struct, frozen=True):
    """`stamp` says of which computation the arrays are; `arrays` tells name, type and shape of each, in their order.

    `names` is what the file of names (`store.kept_names`) had then.
    """

    stamp: str
    arrays: list[tuple[str, str, tuple[int, ...]]]
    names: Extent | None


@dataclass(frozen=True)
class Kept:
    """The columns, and the rows of `edge` and `lineage_count` as they were written, in the order of their keys.

    `file` is what they are mapped from, where they are.
    """

    columns: Columns
    edges: Column
    counts: Column
    names: Extent | None
    file: mmap.mmap | None = None

    def let_go(self) -> None:
        """Memory holds nothing of the file until it is read again."""
        if self.file is not None:
            self.file.madvise(mmap.MADV_DONTNEED)


def kept(connection: sqlite3.Connection) -> Kept | None:
    """What the database's last computation kept; None where there is nothing of it."""
    try:
        with place_of(file_of(connection)).open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        length = int.from_bytes(whole[-_LENGTH:], "little")
        contents = msgspec.json.decode(whole[-_LENGTH - length : -_LENGTH], type=_Contents)
        if contents.stamp != _stamp(connection):
            return None
        stored = _mapped(whole, contents)
    except (OSError, ValueError, TypeError):
        return None
    models, nodes = _group(ModelColumns, stored), _group(NodeColumns, stored)
    columns = Columns(models, nodes, _group(ReferenceColumns, stored))
    return Kept(columns, stored["edges"], stored["counts"], contents.names, whole)


@contextmanager
def taking(connection: sqlite3.Connection) -> Iterator[Callable[[], Kept | None]]:
    """What was kept, for once: a thread takes it into memory while a crawl goes on that will touch few models."""
    found = kept(connection)
    with ThreadPoolExecutor(1) as beside:
        taken = [beside.submit(_in_memory, found)]
        del found  # whoever takes it is the only one who has it, and can let it go
        yield lambda: taken.pop().result()


def _in_memory(found: Kept | None) -> Kept | None:
    if found is None:
        return None
    return Kept(in_memory(found.columns), np.array(found.edges), np.array(found.counts), found.names)


def of_the_same_moment(connection: sqlite3.Connection) -> Kept | None:
    """What was kept, where each number of it is what the tables say on this connection; None where any may differ.

    They differ while a crawl is under way, of which pages are stored already, and where `store.past` has put an earlier
    state in the place of the tables. The connection must stay at its moment for as long as the columns are used.
    """
    (is_elsewhere,) = connection.execute(_ELSEWHERE).fetchone()
    found = None if is_elsewhere else kept(connection)
    return None if found is None or len(_touched(connection)) else found


class Keeping:
    """The file in the making, in the place of the one before: what is known is written while the rest is computed.

    To be used with `with`: leaving it removes what was not written to its end, or for nothing.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._path = place_of(file_of(connection))
        self._described: list[tuple[str, str, tuple[int, ...]]] = []
        self._file: IO[bytes] | None = None  # None too once the disk has no room
        self._is_whole = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._close()
        if error or not self._is_whole:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def add(self, columns: Columns) -> None:
        """To be called first."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            # Opened once: one that is there and opened with "wb" is cut, and closing it waits for the disk (ext4).
            self._file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        for group in (columns.models, columns.nodes, columns.references):
            for name in _names(type(group)):
                self._write(f"{type(group).__name__}.{name}", getattr(group, name))

    def finish(self, edges: Column, counts: Column, names: Extent | None) -> None:
        """To be called when the computation is written."""
        self._write("edges", edges)
        self._write("counts", counts)
        if self._file is None:
            return
        contents = msgspec.json.encode(_Contents(_stamp(self._connection), self._described, names))
        with suppress(OSError):
            self._file.write(contents + len(contents).to_bytes(_LENGTH, "little"))
            self._file.flush()
            self._is_whole = True

    def _write(self, name: str, array: Column) -> None:
        if self._file is None:
            return
        try:
            self._file.write(bytes(-self._file.tell() % _ALIGNED))
            self._file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        except OSError:
            self._close()
        self._described.append((name, array.dtype.str, array.shape))

    def _close(self) -> None:
        with suppress(OSError):
            if self._file:
                self._file.close()
        self._file = None


def current(connection: sqlite3.Connection, before: Kept | None) -> Columns:
    """The columns of the tables as they are, with as little reading as can be."""
    if before is None:
        return read(connection)
    touched = _touched(connection)
    if len(touched) > FEW * len(before.columns.models.node_ids):
        return read(connection, nodes=before.columns.nodes)
    return read_again(connection, before.columns, touched) if len(touched) else before.columns


def _touched(connection: sqlite3.Connection) -> Ints:
    """The models that may have changed since the last computation: those of all pages of crawls that have not ended,
    and those that lost their name or were missed since.
    """
    since = {"since": connection.execute(_SINCE).fetchone()[0]}
    listed = [np.frombuffer(model_ids, "<u4") for (model_ids,) in connection.execute(_PAGES)]
    others = np.array([model_id for (model_id,) in connection.execute(_CHANGED, since)], np.int64)
    return in_order(np.concatenate([others, *listed]).astype(np.int64))


def place_of(file: Path) -> Path:
    """Where the columns of a database file are kept."""
    return file.with_name(f"{file.name}.columns")


def _stamp(connection: sqlite3.Connection) -> str:
    return repr((FORMAT, HEAD, connection.execute(_LAST).fetchone()))


def _mapped(whole: mmap.mmap, contents: _Contents) -> Arrays:
    """The arrays by name, not to be changed. ValueError for a file that is too short for them."""
    found: Arrays = {}
    place = 0
    for name, kind, shape in contents.arrays:
        place += -place % _ALIGNED
        array = np.frombuffer(whole, kind, int(np.prod(shape)), place) if np.prod(shape) else np.empty(0, kind)
        found[name] = array.reshape(shape)
        place += array.nbytes
    return found


def _group(kind: type[Group], stored: Arrays) -> Group:
    return kind(*(stored[f"{kind.__name__}.{name}"] for name in _names(kind)))


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]
