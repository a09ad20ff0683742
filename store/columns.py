"""What a computation reads of the tables, as columns of numbers: of every model, every name, every reference.

Tables are read once each, front to back, and joined in arrays: several times quicker than to join them in SQL. Where
the columns of an earlier moment are at hand (`store.kept`), only what has changed since is read. It reads whatever
the names of the tables mean on the connection: the present, or an earlier crawl's state that `store.past` has put in
their place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from store.arrays import Column, Ints, as_json, marked, numbers
from store.database import file_of, reading_beside

Bytes: TypeAlias = npt.NDArray[np.void]
Values: TypeAlias = npt.NDArray[Any]
"""A column of numbers, of truths, or of bytes."""

# Each column that is read costs its writing and reading as text: small numbers share one with others.
_MODELS = (
    "id", "coalesce(node_id, -id) * 8 + coalesce(relation, -1) + 1",
    "coalesce(downloads, -1)", "coalesce(downloads_all_time, -1)", "coalesce(likes, -1)",
)  # fmt: skip
_NODES = ("id", "publisher_id * 2 + well_formed")
_NAMES = "SELECT CAST(group_concat(name, char(0)) AS BLOB) FROM node WHERE id > ? AND id <= ?"
_REFERENCES = ("model_id", "node_id", "(times * 8 + relation) * 2 + is_evidence")
_HUB_IDS = "CAST(group_concat(coalesce(hub_id, zeroblob(12)), '') AS BLOB)"
_AMONG = "IN (SELECT value FROM json_each(?))"
_BEARERS = """
    WITH RECURSIVE place (number) AS (
        SELECT 0 WHERE ?2 > 0 UNION ALL SELECT number + 1 FROM place WHERE number + 1 < ?2
    )
    SELECT group_concat(coalesce((SELECT id FROM model WHERE hub_id = substr(?1, number * 12 + 1, 12)), 0))
    FROM place"""
_ROWS_AT_ONCE = 65_536
_NAMES_AT_ONCE = 200_000
_ROOM = 0.05
"""Behind columns that more is to come to, of what there is."""
_SAMPLES = 12
"""Characters of a name that its hash is made of."""

_HUB_ID = np.dtype([("first", ">u8"), ("rest", ">u4")])
_MIXING = np.uint64(0x9E3779B97F4A7C15)  # odd, and half of its bits set


@dataclass(frozen=True)
class ModelColumns:
    """A place for every model id. `node_ids` is 0 for one that is not present, negative for one without a name.

    `relations` are those of `crawler.records`, -1 without a declared base; an absent counter is 0. Counters are as
    narrow as the largest allows: what is read, written and copied of them is what a computation waits for. `absent`
    has a bit for each of them, the first one's lowest, set where it is absent: exports tell that from 0.
    """

    node_ids: Column
    relations: Column
    downloads: Column
    downloads_all_time: Column
    likes: Column
    absent: Column


@dataclass(frozen=True)
class NodeColumns:
    """A place for every node id. Nodes are never changed: later columns begin with the earlier ones.

    `lengths` are those of the names in UTF-8. `folded` is a hash of the name without the difference of ASCII's cases:
    it proposes, the names decide.
    """

    publishers: Column
    well_formed: npt.NDArray[np.bool_]
    lengths: Column
    folded: Column


Group = TypeVar("Group", ModelColumns, NodeColumns)


@dataclass(frozen=True)
class ReferenceColumns:
    """A row for each reference that is valid now, those of a model together and as it declares them.

    `bases` is the id of the model that the base's `_id` names: 0 where the Hub gave none, and `-1 - place` in
    `unknown` (12 bytes each) where no such model is stored.
    """

    models: Column
    targets: Column
    relations: Column
    times: Column
    is_evidence: Column
    bases: Column
    unknown: Bytes


@dataclass(frozen=True)
class Columns:
    """All that is read."""

    models: ModelColumns
    nodes: NodeColumns
    references: ReferenceColumns


def read(connection: sqlite3.Connection, *, nodes: NodeColumns | None = None) -> Columns:
    """Of the tables as they are. `nodes` are those of an earlier moment: only what has been added is read then."""
    with ThreadPoolExecutor(1) as beside:  # SQLite lets another thread run meanwhile
        named = beside.submit(_nodes_beside, file_of(connection), nodes or _NO_NODES)
        references = _references(connection, stretches(connection, "reference", "until_crawl IS NULL", key="model_id"))
        last = max(_last(connection, "model", "id"), int(references.models.max(initial=0)))  # a missing one's are there
        models = _models(connection, _no_models(last + 1), stretches(connection, "model", "missing_since IS NULL"))
        return Columns(models, named.result(), references)


def _nodes_beside(path: Path, known: NodeColumns) -> NodeColumns:
    """On a connection of its own. What others may have added meanwhile is nobody's yet, and does no harm."""
    with reading_beside(path) as connection:
        return _nodes(connection, known)


def in_memory(known: Columns) -> Columns:
    """The same, mapped from no file: what is, is copied, with room where `read_again` adds to it."""
    references = ReferenceColumns(*map(np.array, _fields(known.references)))
    return Columns(_copied(known.models), _copied(known.nodes), references)


def read_again(connection: sqlite3.Connection, before: Columns, touched: Ints) -> Columns:
    """The columns of an earlier moment, brought up to date where the models of these ids are concerned: one or more.

    What is in memory of the earlier ones is changed.
    """
    among = as_json(touched)
    old = before.references
    kept = np.flatnonzero(~marked(touched, int(max(touched.max(initial=0), old.models.max(initial=0))) + 1)[old.models])
    new = _references(connection, [(f"FROM reference WHERE model_id {_AMONG} AND until_crawl IS NULL", [among])])
    references = _joined(connection, old, kept, new)
    models = _grown(_copied(before.models), int(touched.max()) + 1)
    models.node_ids[touched] = 0
    models = _models(connection, models, [(f"FROM model WHERE id {_AMONG} AND missing_since IS NULL", [among])])
    return Columns(models, _nodes(connection, before.nodes), references)


# Models


def _no_models(size: int) -> ModelColumns:
    node_ids, relations, absent = np.zeros(size, np.int32), np.full(size, -1, np.int8), np.zeros(size, np.uint8)
    downloads, downloads_all_time = (np.zeros(size, np.uint32) for _ in range(2))
    return ModelColumns(node_ids, relations, downloads, downloads_all_time, np.zeros(size, np.uint16), absent)


def _copied(known: Group) -> Group:
    return type(known)(*(column if column.flags.writeable else _with_room(column) for column in _fields(known)))


def _with_room(column: Values) -> Values:
    """A copy with room behind it, which is no memory before it is used."""
    room = np.empty(len(column) + int(len(column) * _ROOM), column.dtype)
    room[: len(column)] = column
    return room[: len(column)]


def _grown(known: ModelColumns, size: int) -> ModelColumns:
    """With places for so many ids at least."""
    return _longer(known, _no_models(max(size - len(known.node_ids), 0)))


def _longer(known: Group, more: Group) -> Group:
    """With more after them: in the room that there is behind, where it is enough, and wide enough."""
    return type(known)(*map(_appended, _fields(known), _fields(more)))


def _appended(column: Values, more: Values) -> Values:
    size, room = len(column) + len(more), column.base if column.flags.writeable else None
    if room is None or len(room) < size or more.dtype.itemsize > column.dtype.itemsize:
        return np.concatenate([column, more])
    room[len(column) : size] = more
    return room[:size]


def _models(connection: sqlite3.Connection, known: ModelColumns, sources: Iterable[Source]) -> ModelColumns:
    """The known columns, with those of the models of the sources put in, which have their places there."""
    for source in sources:
        known = _with_models(known, *columns(connection, [source], *_MODELS))
    return known


def _with_models(known: ModelColumns, ids: Ints, named: Ints, *counters: Ints) -> ModelColumns:
    absent = np.packbits([counter < 0 for counter in counters], axis=0, bitorder="little")[0]
    for counter in counters:
        np.maximum(counter, 0, out=counter)
    values = (named >> 3, (named & 7) - 1, *counters, absent)
    found = []
    for column, value in zip(_fields(known), values, strict=True):
        most = value.max(initial=0)
        if most > np.iinfo(column.dtype).max:
            column = column.astype(np.uint32 if most < 2**32 else np.int64)
        column[ids] = value
        found.append(column)
    return ModelColumns(*found)


def _fields(known: ModelColumns | NodeColumns | ReferenceColumns) -> tuple[Values, ...]:
    return tuple(getattr(known, field.name) for field in fields(known))


# Nodes

_NO_NODES = NodeColumns(np.zeros(1, np.int32), np.ones(1, bool), np.zeros(1, np.uint8), np.zeros(1, np.uint32))


def _nodes(connection: sqlite3.Connection, known: NodeColumns) -> NodeColumns:
    last = len(known.publishers) - 1
    ids, told = columns(connection, stretches(connection, "node", after=last), *_NODES)
    if not len(ids):
        return known
    more = int(ids.max()) - last
    publishers, is_well_formed, folded = np.zeros(more, np.int32), np.ones(more, bool), np.zeros(more, np.uint32)
    places = ids - last - 1
    publishers[places], is_well_formed[places] = told >> 1, told & 1
    told_lengths, folded[places] = _of_names(connection, last, int(ids[-1]))
    lengths = np.zeros(more, told_lengths.dtype)
    lengths[places] = told_lengths
    return _longer(known, NodeColumns(publishers, is_well_formed, lengths, folded))


def names_between(connection: sqlite3.Connection, before: int, last: int) -> Iterator[bytes]:
    """The names of the nodes after `before` up to the last, many at a time, with a NUL after each."""
    for first in range(before, last, _NAMES_AT_ONCE):
        (names,) = connection.execute(_NAMES, (first, min(first + _NAMES_AT_ONCE, last))).fetchone()
        if names is not None:
            yield names + b"\0"


def _of_names(connection: sqlite3.Connection, before: int, last: int) -> tuple[Column, Column]:
    """(the length, the hash) of the name of each node that there is after `before` up to the last."""
    names = names_between(connection, before, last)
    found = [_lengths_and_hashes(some.lower()) for some in names]  # bytes lower ASCII alone
    lengths, hashes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return lengths, hashes


def _lengths_and_hashes(names: bytes) -> tuple[Column, Column]:
    """A hash is of a name's length and some of its characters, spread over it; names have a NUL after each."""
    letters = np.frombuffer(names, np.uint8)
    ends = np.flatnonzero(letters == 0)
    starts = np.append(0, ends[:-1] + 1)
    lengths = ends - starts
    hashes: Column = lengths.astype(np.uint32)
    for sample in range(_SAMPLES):
        hashes = hashes * np.uint32(31) + letters[starts + lengths * sample // _SAMPLES]
    return lengths.astype(np.uint8 if lengths.max(initial=0) < 256 else np.int32), hashes


# References


def _references(connection: sqlite3.Connection, sources: Sequence[Source]) -> ReferenceColumns:
    """In the order of the table's key: those of a model come together and as it declares them."""
    models, targets, told = columns(connection, sources, *_REFERENCES)
    hub_ids = [connection.execute(f"SELECT {_HUB_IDS} {source}", given).fetchone()[0] for source, given in sources]
    distinct, places = _distinct(np.frombuffer(b"".join(filter(None, hub_ids)), _HUB_ID))
    bases, unknown = _with_hub_ids(connection, distinct)
    return ReferenceColumns(
        models.astype(np.int32),
        targets.astype(np.int32),
        (told >> 1 & 7).astype(np.int8),
        (told >> 4).astype(np.int32),
        (told & 1).astype(np.int8),
        bases[places],
        unknown,
    )


def _distinct(hub_ids: Bytes) -> tuple[Bytes, Ints]:
    """Each `_id` once, and the place of each row's among them. Those of equal 64 bits are taken for the same."""
    codes = hub_ids["first"].astype(np.uint64) * _MIXING + hub_ids["rest"]
    _, first, places = np.unique(codes, return_index=True, return_inverse=True)
    return hub_ids[first], places


def _with_hub_ids(connection: sqlite3.Connection, hub_ids: Bytes) -> tuple[Column, Bytes]:
    """For each `_id` what `ReferenceColumns.bases` says; and the unknown ones. One of zeros stands for none."""
    order = np.lexsort((hub_ids["rest"], hub_ids["first"]))  # that of the index, which is read once then
    (told,) = connection.execute(_BEARERS, (hub_ids[order].tobytes(), len(hub_ids))).fetchone()
    bases = np.zeros(len(hub_ids), np.int32)
    bases[order] = numbers(told)
    unknown = np.flatnonzero((bases == 0) & ((hub_ids["first"] != 0) | (hub_ids["rest"] != 0)))
    bases[unknown] = -1 - np.arange(len(unknown))
    return bases, hub_ids[unknown]


def _joined(
    connection: sqlite3.Connection, old: ReferenceColumns, kept: Ints, new: ReferenceColumns
) -> ReferenceColumns:
    """The kept rows and the new ones; bases that no stored model was may be one by now."""
    moved = np.where(new.bases < 0, new.bases - len(old.unknown), new.bases)
    bases = np.concatenate([old.bases[kept], moved])
    raw = np.concatenate([unknown.view(f"V{_HUB_ID.itemsize}") for unknown in (old.unknown, new.unknown)])
    hub_ids = raw.view(_HUB_ID)  # as numbers they would be joined in the machine's own order of bytes
    open_ = np.flatnonzero(bases < 0)
    places, group = np.unique(-1 - bases[open_], return_inverse=True)
    meanings, unknown = _with_hub_ids(connection, hub_ids[places])
    bases[open_] = meanings[group]
    pairs = zip(_declared(old), _declared(new), strict=True)
    models, targets, relations, times, is_evidence = (np.concatenate([was[kept], now]) for was, now in pairs)
    return ReferenceColumns(models, targets, relations, times, is_evidence, bases, unknown)


def _declared(references: ReferenceColumns) -> tuple[Column, Column, Column, Column, Column]:
    return references.models, references.targets, references.relations, references.times, references.is_evidence


# Reading


Source: TypeAlias = tuple[str, Sequence[Any]]
"""What rows are read of, from its `FROM` on, and the values of its marks."""


def stretches(
    connection: sqlite3.Connection, table: str, condition: str = "TRUE", *, key: str = "id", after: int = 0
) -> list[Source]:
    """The rows of a table that fulfil the condition, some at a time, in the order of their key.

    A column of all of them, as one text, is memory that is had, filled and given back: it takes twice as long.
    """
    source = f"FROM {table} WHERE {key} BETWEEN ? AND ? AND ({condition})"
    last = _last(connection, table, key)
    return [(source, (first + 1, first + _ROWS_AT_ONCE)) for first in range(after, last, _ROWS_AT_ONCE)]


def columns(connection: sqlite3.Connection, sources: Iterable[Source], *expressions: str) -> list[Ints]:
    """The whole numbers that each expression has in every row of the sources; none may be NULL.

    SQLite writes a whole column as one text, of which NumPy makes an array: twice as quick as rows of Python's numbers.
    """
    wanted = ", ".join(f"group_concat({expression})" for expression in expressions)
    found: list[list[Ints]] = [[np.empty(0, np.int64)] for _ in expressions]
    for source, given in sources:
        for column, text in zip(found, connection.execute(f"SELECT {wanted} {source}", given).fetchone(), strict=True):
            column.append(numbers(text))
    return [np.concatenate(column) for column in found]


def _last(connection: sqlite3.Connection, table: str, key: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()[0])
