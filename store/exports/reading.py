"""Columns of the database as Arrow arrays. Which columns there are is said in `tables`.

SQLite writes each column of a block of rows as one text, of which an array is made at once: several times quicker
than rows of Python's values. Names have a NUL between them, which none of them holds (`crawler.parse`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from crawler.records import Relation
from store.arrays import Ints, as_json, in_order, numbers, places
from store.database import file_of
from store.exports.arrow import filled, nullable, separated, strings, texts, truths, whole, worded
from store.exports.kept_columns import NOTHING, KeptColumns, Known
from store.exports.kept_names import KeptNames
from store.exports.selection import Selection
from store.kept import of_the_same_moment
from store.kept_names import place_of

Kind: TypeAlias = Literal["name", "publisher", "hub_id", "label", "relation", "integer", "time", "truth"]

TYPES: dict[Kind, pa.DataType] = {
    "name": pa.string(),
    "publisher": pa.string(),
    "hub_id": pa.string(),
    "label": pa.string(),
    "relation": pa.string(),
    "integer": pa.int64(),
    "time": pa.timestamp("s", tz="UTC"),
    "truth": pa.bool_(),
}
"""What a file has for each kind. In a batch, the `REPEATED` ones are dictionaries of such texts."""

REPEATED: tuple[Kind, ...] = ("publisher", "label", "relation")

_ABSENT: dict[Kind, int] = {"time": -(2**62)}
"""What stands for NULL while a column is read: no count is negative, but a time may be."""

_HUB_ID_DIGITS = 24
_BITS = 62
"""Of one number that several small ones are read in: each column costs its writing and reading as text."""

_COUNTED = ("direct", "total")
_COUNTS = [" + ".join(f"{distance}_{relation.word}" for relation in Relation) for distance in _COUNTED]


@dataclass(frozen=True)
class Column:
    """A column of an exported table: its name, what it holds, and the SQL that reads it."""

    name: str
    kind: Kind
    expression: str = ""


_BETWEEN = "FROM model WHERE id BETWEEN ? AND ?"
_MODELS = f"{_BETWEEN} AND missing_since IS NULL AND node_id IS NOT NULL"
_AMONG = "FROM json_each(?) AS wanted CROSS JOIN node ON node.id = wanted.value"
_RUN_BITS = 20
_IN_RUNS = f"""
    FROM json_each(?) AS run CROSS JOIN node ON node.id
        BETWEEN run.value >> {_RUN_BITS} AND (run.value >> {_RUN_BITS}) + (run.value & {(1 << _RUN_BITS) - 1})"""
_LONG_RUN = 4
"""Nodes, on average: to look a run up costs a little more than to look a node up."""
# Whether a node has a model its index alone tells, many times quicker than the models do; few models are missing.
_GHOSTS = """
    FROM (SELECT parent_id FROM (SELECT DISTINCT parent_id FROM edge) AS target
          WHERE NOT EXISTS (SELECT 1 FROM model WHERE node_id = target.parent_id)
          UNION SELECT node_id FROM model
          WHERE missing_since IS NOT NULL AND EXISTS (SELECT 1 FROM edge WHERE parent_id = model.node_id))"""

Found = TypeVar("Found")
_Pack: TypeAlias = list[tuple[Column, int, int]]


def readers_of(
    connections: Sequence[sqlite3.Connection], selection: Selection | None = None, *, warning: str | None = None
) -> list[Reader]:
    """One for each connection: several read side by side, for which see `blocks.side_by_side`.

    `warning`: what a file has to say of all that is in it, where its format has a place for that.
    """
    common = Common(warning)
    return [Reader(connection, selection, common) for connection in connections]


class Common:
    """What every block needs to know of the whole, read once, by whichever reader first asks."""

    def __init__(self, warning: str | None = None) -> None:
        self.warning = warning
        self._lock = RLock()  # to read one thing may need another
        self._found: dict[str, Any] = {}

    def once(self, name: str, read: Callable[[], Found]) -> Found:
        with self._lock:
            if name not in self._found:
                self._found[name] = read()
            found: Found = self._found[name]
            return found


class Reader:
    """One connection to the lineage, or to the selected part of it. Readers side by side share what is `common`."""

    def __init__(self, connection: sqlite3.Connection, selection: Selection | None, common: Common) -> None:
        self.connection = connection
        self.selection = selection
        self._common = common

    @property
    def warning(self) -> str | None:
        """What is to be said of the whole file; see `readers_of`."""
        return self._common.warning

    @property
    def kept(self) -> KeptColumns | None:
        """What need not be read of the tables; None where they are all that is sure to be of this moment."""
        return self._common.once("kept", self._read_kept)

    def _read_kept(self) -> KeptColumns | None:
        found = of_the_same_moment(self.connection)
        return KeptColumns(found) if found else None

    @property
    def kept_names(self) -> KeptNames | None:
        """For the whole lineage alone: to open them takes as long as to look some ten thousand up."""
        return None if self.selection else self._common.once("kept names", self._read_kept_names)

    def _read_kept_names(self) -> KeptNames | None:
        found = self.kept.kept if self.kept else None
        if found is None or found.names is None:
            return None
        return KeptNames.of(place_of(file_of(self.connection)), found.names, found.columns.nodes.lengths)

    def rows(
        self, columns: Sequence[Column], source: str, values: Sequence[Any] = (), known: Known = NOTHING
    ) -> pa.RecordBatch:
        """The columns of the rows that `source` tells, from its `FROM` on; those that are known are not read."""
        arrays = self._read([column for column in columns if column.name not in known], source, values)
        arrays |= {one.name: self._of_numbers(one.kind, known[one.name]) for one in columns if one.name in known}
        return pa.RecordBatch.from_arrays([arrays[column.name] for column in columns], [c.name for c in columns])

    def _read(self, columns: Sequence[Column], source: str, values: Sequence[Any]) -> dict[str, pa.Array]:
        if not columns:
            return {}
        alone = [column for column in columns if column.kind not in self._bits]
        packs = list(self._packs([column for column in columns if column.kind in self._bits]))
        wanted = [*map(_read_as, alone), *map(_packed, packs)]
        texts = iter(self.connection.execute(f"SELECT {', '.join(wanted)} {source}", values).fetchone())
        arrays = {column.name: self._array(column.kind, next(texts)) for column in alone}
        for pack in packs:
            told = numbers(next(texts))
            for column, shift, bits in pack:
                arrays[column.name] = self._of_numbers(column.kind, (told >> shift & (1 << bits) - 1) - 1)
        return arrays

    def models(self, columns: Sequence[Column], block: tuple[int, int]) -> pa.RecordBatch:
        """The columns of the models with the first to the last of these ids, in order, as far as they are there."""
        if not self.kept:
            return self.rows(columns, _MODELS, block)
        first, last = block
        known = self.kept.models(first, last)
        are_all_there = len(known["node_id"]) == last - first + 1  # else to ask it of each takes a ninth of its reading
        return self.rows(columns, _BETWEEN if are_all_there else _MODELS, block, known)

    def names(self, node_ids: Ints, *columns: Column) -> pa.RecordBatch:
        """The columns of the nodes of these ids, in their order."""
        distinct = in_order(node_ids)  # that of the table
        found = self._names(distinct, columns)
        in_their_order = np.array_equal(distinct, node_ids)
        return found if in_their_order else found.take(nullable(np.searchsorted(distinct, node_ids)))

    def _names(self, distinct: Ints, columns: Sequence[Column]) -> pa.RecordBatch:
        kept, names = self.kept, self.kept_names
        known = {one.name: kept.publishers(distinct) for one in columns if kept and one.kind == "publisher"}
        if names and distinct.max(initial=0) <= names.number:
            arrays = {name: self._of_numbers("publisher", ids) for name, ids in known.items()}
            arrays |= {one.name: names.texts(distinct) for one in columns if one.kind == "name"}
            return pa.RecordBatch.from_arrays([arrays[one.name] for one in columns], [one.name for one in columns])
        runs = _runs(distinct)
        if _LONG_RUN * len(runs) < len(distinct):
            return self.rows(columns, _IN_RUNS, [as_json(runs)], known)
        return self.rows(columns, _AMONG, [as_json(distinct)], known)

    def numbers(self, source: str, expressions: Sequence[str], values: Sequence[Any] = ()) -> list[Ints]:
        """Whole numbers, none of them NULL."""
        wanted = ", ".join(f"group_concat({expression})" for expression in expressions)
        return [numbers(text) for text in self.connection.execute(f"SELECT {wanted} {source}", values).fetchone()]

    @property
    def counts(self) -> tuple[Ints, list[Ints]]:
        """The nodes that have derivatives, in order, and how many each has: direct ones, all."""
        return self._common.once("counts", self._read_counts)

    def _read_counts(self) -> tuple[Ints, list[Ints]]:
        if self.kept:
            return self.kept.counts()
        nodes, *counts = self.numbers("FROM lineage_count ORDER BY node_id", ["node_id", *_COUNTS])
        return nodes, counts

    @property
    def ghosts(self) -> Ints:
        """The nodes that some edge leads to and that are no models, in order."""
        return self._common.once("ghosts", self._read_ghosts)

    def _read_ghosts(self) -> Ints:
        return self.kept.ghosts() if self.kept else np.sort(self.numbers(_GHOSTS, ["parent_id"])[0])

    @property
    def _bits(self) -> dict[Kind, int]:
        """How many bits one more than the number takes, of the kinds that are read several in one number."""
        return {"truth": 2, "relation": 3, "label": len(self._words("label")).bit_length()}

    def _packs(self, columns: Sequence[Column]) -> Iterator[_Pack]:
        """The columns with the place and number of their bits, as many together as go into a number of SQLite's."""
        pack: _Pack = []
        used = 0
        for column in columns:
            bits = self._bits[column.kind]
            if pack and used + bits > _BITS:
                yield pack
                pack, used = [], 0
            pack.append((column, used, bits))
            used += bits
        if pack:
            yield pack

    def _words(self, kind: Kind) -> pa.Array:
        """What each number means, by its place, of a kind that is stored as numbers of words."""
        return self._common.once(kind, partial(self._read_words, kind))

    def _read_words(self, kind: Kind) -> pa.Array:
        if kind == "relation":
            return texts([relation.word for relation in Relation])
        if kind == "label":
            return texts(self._labels())
        found = self.rows([Column("id", "integer", "id"), Column("name", "name", "name")], "FROM publisher ORDER BY id")
        ids = whole(found["id"])
        return found["name"].take(nullable(places(np.arange(ids.max(initial=0) + 1), ids)))

    def _labels(self) -> list[str]:
        """A few thousand texts of any characters."""
        found = dict(self.connection.execute("SELECT id, text FROM label"))
        return [found.get(number, "") for number in range(max(found, default=0) + 1)]

    def _array(self, kind: Kind, text: Any) -> pa.Array:
        if kind == "name":
            return separated(text)
        if kind == "hub_id":
            digits = (text or b"").hex().encode()
            return strings(digits, np.arange(_HUB_ID_DIGITS, len(digits) + 1, _HUB_ID_DIGITS))
        return self._of_numbers(kind, numbers(text))

    def _of_numbers(self, kind: Kind, found: Ints) -> pa.Array:
        is_there = found != _ABSENT.get(kind, -1)
        if kind == "truth":
            return truths(found > 0, is_there)
        if kind in ("integer", "time"):
            return filled(TYPES[kind], found, is_there)
        return worded(self._words(kind), found, is_there)


def _runs(numbers: Ints) -> Ints:
    """Numbers in order as runs without gaps: the first of each, and how many follow it in the lowest bits."""
    breaks = np.flatnonzero(np.diff(numbers) > 1)
    firsts = numbers[np.append(0, breaks + 1)] if len(numbers) else numbers
    lasts = numbers[np.append(breaks, len(numbers) - 1)] if len(numbers) else numbers
    runs: Ints = firsts << _RUN_BITS | lasts - firsts
    return runs


def _read_as(column: Column) -> str:
    """The aggregate that a column is read with."""
    if column.kind == "name":
        return f"CAST(group_concat({column.expression}, char(0)) AS BLOB)"
    if column.kind == "hub_id":
        return f"CAST(group_concat({column.expression}, '') AS BLOB)"
    return f"group_concat(coalesce({column.expression}, {_ABSENT.get(column.kind, -1)}))"


def _packed(pack: _Pack) -> str:
    """The aggregate that a pack is read with; 0 stands for NULL."""
    parts = (f"coalesce({column.expression}, -1) + 1 << {shift}" for column, shift, _ in pack)
    return f"group_concat({' | '.join(f'({part})' for part in parts)})"
