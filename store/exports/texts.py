"""Columns of a batch as texts, and texts joined to lines: by Arrow's kernels, row by row only where a text is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.arrays import Ints
from store.exports.arrow import nullable, texts, truths, whole
from store.exports.cells import iso

_FIRST_YEAR, _PAST_YEARS = -30_610_224_000, 253_402_300_800  # 1000 to 9999: years of four digits
_T_IN_TIME, _LONG = 10, 19  # of "2026-08-21 06:00:00"
TRUTHS = ("false", "true")

Piece: TypeAlias = pa.Array | str


@dataclass(frozen=True)
class Escapes:
    """How texts are made harmless: the bytes that show that one may need it, and what is done to such a text.

    `first` are bytes that show it at a text's beginning alone.
    """

    odd: bytes
    escape: Callable[[str], str]
    first: bytes = b""

    def applied(self, column: pa.Array) -> pa.Array:
        """The texts, none of them null, with those escaped that need it."""
        view, offsets = _parts(column)
        data = bytes(view)
        rows = np.union1d(self._with_odd(data, offsets), self._with_odd_first(data, offsets))
        if not len(rows):
            return column
        odd = column.take(nullable(rows))
        changed = texts([self.escape(text) for text in odd.to_pylist()])
        order = np.arange(len(column))
        order[rows] = np.arange(len(column), len(column) + len(rows))
        return pa.concat_arrays([column, changed]).take(nullable(order))

    def _with_odd(self, data: bytes, offsets: Ints) -> Ints:
        marked = data.translate(bytes(byte in self.odd for byte in range(256)))
        if b"\1" not in marked:
            return np.empty(0, np.int64)
        return np.unique(np.searchsorted(offsets, np.flatnonzero(np.frombuffer(marked, np.uint8)), "right") - 1)

    def _with_odd_first(self, data: bytes, offsets: Ints) -> Ints:
        filled = np.flatnonzero(np.diff(offsets))
        firsts = np.frombuffer(data, np.uint8)[offsets[filled]]
        return filled[np.isin(firsts, np.frombuffer(self.first, np.uint8))]


@dataclass(frozen=True)
class Written:
    """How a format writes values: texts are escaped, and texts and times have `quote` around them."""

    escapes: Escapes
    quote: str = ""

    def of(self, column: pa.Array, before: str = "", after: str = "") -> pa.Array:
        """A text a row, with `before` and `after` around it; null where the column is."""
        if pa.types.is_dictionary(column.type):
            return self.of(column.dictionary, before, after).take(column.indices)
        if pa.types.is_boolean(column.type):
            return texts([before + word + after for word in TRUTHS]).take(column.cast(pa.int8()))
        if pa.types.is_integer(column.type):
            return _around(before, column.cast(pa.string()), after)
        if pa.types.is_timestamp(column.type):
            return _around(before + self.quote, times(column), self.quote + after)
        return _around(before + self.quote, self._escaped(column), self.quote + after)

    def _escaped(self, column: pa.Array) -> pa.Array:
        return _where(column, self.escapes.applied(pc.fill_null(column, "")))


def lines(pieces: Sequence[Piece], absent: str) -> memoryview:
    """The pieces of each row one after the other, in UTF-8; `absent` stands where one is null."""
    joined = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement=absent)
    data, offsets = _parts(joined)
    return data[int(offsets[0]) : int(offsets[-1])]


def times(column: pa.Array) -> pa.Array:
    """Times in ISO 8601, as `iso` has them; null where there is none."""
    seconds = column.cast(pa.int64())
    told = whole(pc.fill_null(seconds, 0))
    usual = (told >= _FIRST_YEAR) & (told < _PAST_YEARS)
    written = _usual_times(np.where(usual, told, 0))
    if not usual.all():
        written = pc.if_else(truths(usual), written, texts([iso(second) for second in told.tolist()]))
    return _where(column, written)


def days(column: pa.Array) -> pa.Array:
    """The day of each time, `2026-08-21`; null where there is none, or none that a calendar has."""
    written = times(column)
    usual = pc.equal(pc.utf8_length(pc.fill_null(written, "")), _LONG + len("Z"))
    return pc.if_else(usual, pc.utf8_slice_codeunits(written, 0, _T_IN_TIME), pa.scalar(None, pa.string()))


def _usual_times(seconds: Ints) -> pa.Array:
    """Arrow writes `2026-08-21 06:00:00`; with a time zone it would take twenty times as long."""
    naive = pa.Array.from_buffers(pa.timestamp("s"), len(seconds), [None, pa.py_buffer(seconds)])
    data, ends = _parts(naive.cast(pa.string()))
    offsets = ends.astype(np.int32)
    letters = np.frombuffer(data, np.uint8).copy().reshape(len(seconds), _LONG)
    letters[:, _T_IN_TIME] = ord("T")
    return _around("", pa.StringArray.from_buffers(len(seconds), pa.py_buffer(offsets), pa.py_buffer(letters)), "Z")


def _around(before: str, column: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(before, column, after, "") if before or after else column


def _where(column: pa.Array, written: pa.Array) -> pa.Array:
    """The texts, null where the column is."""
    return pc.if_else(column.is_valid(), written, pa.scalar(None, pa.string())) if column.null_count else written


def _parts(column: pa.Array) -> tuple[memoryview, Ints]:
    """(the texts one after the other in UTF-8, where each begins and the last ends)."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return memoryview(data or b"")[int(places[0]) : int(places[-1])], places - places[0]
