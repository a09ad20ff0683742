"""Columns of the database as Arrow arrays. Which columns there are is said in `tables`.

SQLite writes each column of a block of rows as one text, of which an array is made at once: several times quicker
than rows of Python's values. A text's length is read beside it, so texts may hold any character.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crawler.records import Relation

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Kind: TypeAlias = Literal["text", "publisher", "hub_id", "label", "relation", "integer", "time", "truth"]

TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "publisher": pa.string(),
    "hub_id": pa.string(),
    "label": pa.string(),
    "relation": pa.string(),
    "integer": pa.int64(),
    "time": pa.timestamp("s", tz="UTC"),
    "truth": pa.bool_(),
}
"""What a file has for each kind. In a batch, labels and relations are dictionaries of such texts."""

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


_Pack: TypeAlias = list[tuple[Column, int, int]]


class Reader:
    """One connection, and the small tables that every block needs, each read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, columns: Sequence[Column], source: str, values: Sequence[Any] = ()) -> pa.RecordBatch:
        """The columns of the rows that `source` tells, from its `FROM` on."""
        alone = [column for column in columns if column.kind not in self._bits]
        packs = list(self._packs([column for column in columns if column.kind in self._bits]))
        wanted = [*(sql for column in alone for sql in _read_as(column)), *map(_packed, packs)]
        texts = iter(self.connection.execute(f"SELECT {', '.join(wanted)} {source}", values).fetchone())
        arrays = {column.name: self._array(column.kind, texts) for column in alone}
        for pack in packs:
            numbers = _numbers(next(texts))
            for column, shift, bits in pack:
                arrays[column.name] = self._of_numbers(column.kind, (numbers >> shift & (1 << bits) - 1) - 1)
        return pa.RecordBatch.from_arrays([arrays[column.name] for column in columns], [c.name for c in columns])

    def numbers(self, source: str, expressions: Sequence[str], values: Sequence[Any] = ()) -> list[Ints]:
        """Whole numbers, none of them NULL."""
        wanted = ", ".join(f"group_concat({expression})" for expression in expressions)
        return [_numbers(text) for text in self.connection.execute(f"SELECT {wanted} {source}", values).fetchone()]

    @cached_property
    def counts(self) -> tuple[Ints, list[Ints]]:
        """The nodes that have derivatives, in order, and how many each has: direct ones, all."""
        nodes, *counts = self.numbers("FROM lineage_count ORDER BY node_id", ["node_id", *_COUNTS])
        return nodes, counts

    @cached_property
    def parents(self) -> Ints:
        """The nodes that some edge leads to, in order."""
        (found,) = self.numbers("FROM (SELECT DISTINCT parent_id FROM edge)", ["parent_id"])
        return np.sort(found)

    @cached_property
    def _bits(self) -> dict[Kind, int]:
        """How many bits one more than the number takes, of the kinds that are read several in one number."""
        last = self.connection.execute("SELECT coalesce(max(id), 0) FROM label").fetchone()[0]
        return {"truth": 2, "relation": 3, "label": (last + 1).bit_length()}

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

    @cached_property
    def _words(self) -> dict[Kind, pa.Array]:
        """What each number means, by its place, for the kinds that are stored as numbers of words."""
        return {
            "label": self._by_id("FROM label", "text"),
            "publisher": self._by_id("FROM publisher", "name"),
            "relation": texts([relation.word for relation in Relation]),
        }

    def _by_id(self, source: str, expression: str) -> pa.Array:
        found = self.rows([Column("id", "integer", "id"), Column("word", "text", expression)], source)
        ids = whole(found["id"])
        return found["word"].take(nullable(places(np.arange(ids.max(initial=0) + 1), ids)))

    def _array(self, kind: Kind, texts: Any) -> pa.Array:
        text = next(texts)
        if kind == "text":
            return _strings(text or b"", np.cumsum(_numbers(next(texts))))
        if kind == "hub_id":
            digits = (text or b"").hex().encode()
            return _strings(digits, np.arange(_HUB_ID_DIGITS, len(digits) + 1, _HUB_ID_DIGITS))
        return self._of_numbers(kind, _numbers(text))

    def _of_numbers(self, kind: Kind, found: Ints) -> pa.Array:
        is_there = found != _ABSENT.get(kind, -1)
        if kind == "truth":
            return truths(found > 0, is_there)
        if kind in ("integer", "time"):
            return _filled(TYPES[kind], found, is_there)
        indices = _filled(pa.int32(), found.astype(np.int32), is_there)
        words = self._words[kind]
        return words.take(indices) if kind == "publisher" else pa.DictionaryArray.from_arrays(indices, words)


def places(wanted: Ints, among: Ints) -> Ints:
    """Where each wanted number is in the others, which are distinct; -1 for those that are not there."""
    if not len(among):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(among, kind="stable")
    ordered = among[order]
    found = np.searchsorted(ordered, wanted).clip(max=len(among) - 1)
    return np.where(ordered[found] == wanted, order[found], -1)


def nullable(numbers: Ints) -> pa.Array:
    """The numbers in Arrow's form, null where they are negative."""
    return _filled(pa.int64(), numbers, numbers >= 0)


def truths(values: Bools, is_there: Bools | None = None) -> pa.Array:
    """Truth values in Arrow's form, null where they are not there."""
    return _filled(pa.bool_(), np.packbits(values, bitorder="little"), is_there, len(values))


def texts(values: Sequence[str]) -> pa.Array:
    """Texts in Arrow's form."""
    encoded = [value.encode() for value in values]
    return _strings(b"".join(encoded), np.cumsum(np.array([len(value) for value in encoded], np.int64)))


def whole(array: pa.Array) -> Ints:
    """An Arrow array of whole numbers without nulls in NumPy's form."""
    return np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array)]


def _read_as(column: Column) -> tuple[str, ...]:
    """The aggregates that a column is read with."""
    if column.kind == "text":
        lengths = f"group_concat(length(CAST({column.expression} AS BLOB)))"
        return f"CAST(group_concat({column.expression}, '') AS BLOB)", lengths
    if column.kind == "hub_id":
        return (f"CAST(group_concat({column.expression}, '') AS BLOB)",)
    return (f"group_concat(coalesce({column.expression}, {_ABSENT.get(column.kind, -1)}))",)


def _packed(pack: _Pack) -> str:
    """The aggregate that a pack is read with; 0 stands for NULL."""
    parts = (f"coalesce({column.expression}, -1) + 1 << {shift}" for column, shift, _ in pack)
    return f"group_concat({' | '.join(f'({part})' for part in parts)})"


def _filled(kind: pa.DataType, values: npt.NDArray[Any], is_there: Bools | None, length: int | None = None) -> pa.Array:
    """An Arrow array over the values' own memory. `pa.array` would import pandas, which takes a second, to ask it."""
    length = len(values) if length is None else length
    validity = None if is_there is None or is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(kind, length, [validity, pa.py_buffer(values)])


def _numbers(text: str | None) -> Ints:
    return np.fromstring(text or "", np.int64, sep=",")


def _strings(data: bytes, ends: Ints) -> pa.Array:
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))
