"""Columns of a batch as texts, and texts joined to lines: by Arrow's kernels, row by row only where a text is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from store.arrays import Ints
from store.exports.arrow import nullable, strings, texts, truths, whole
from store.exports.cells import iso

_FIRST_YEAR, _PAST_YEARS = -30_610_224_000, 253_402_300_800  # 1000 to 9999: years of four digits
_T_IN_TIME, _LONG = 10, 19  # of "2026-08-21 06:00:00"
_TRUTHS = ("false", "true")
_NO_ROWS: Ints = np.empty(0, np.int64)

Letters: TypeAlias = npt.NDArray[np.uint8]
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
        letters = np.frombuffer(view, np.uint8)
        rows = np.union1d(self._with_odd(letters, offsets), self._with_odd_first(letters, offsets))
        if not len(rows):
            return column
        odd = column.take(nullable(rows))
        changed = texts([self.escape(text) for text in odd.to_pylist()])
        order = np.arange(len(column))
        order[rows] = np.arange(len(column), len(column) + len(rows))
        return pa.concat_arrays([column, changed]).take(nullable(order))

    def _with_odd(self, letters: Letters, offsets: Ints) -> Ints:
        marked = np.zeros(len(letters), bool)
        for first, last in _stretches(self.odd):
            marked |= letters - np.uint8(first) <= last - first  # what lies below the first wraps round
        if not marked.any():
            return _NO_ROWS
        return np.unique(np.searchsorted(offsets, np.flatnonzero(marked), "right") - 1)

    def _with_odd_first(self, letters: Letters, offsets: Ints) -> Ints:
        if not self.first:
            return _NO_ROWS
        filled = np.flatnonzero(np.diff(offsets))
        return filled[np.isin(letters[offsets[filled]], np.frombuffer(self.first, np.uint8))]


@cache
def _stretches(codes: bytes) -> list[tuple[int, int]]:
    """The bytes as stretches without gaps: the first and the last of each."""
    there = set(codes)
    firsts = sorted(code for code in there if code - 1 not in there)
    lasts = sorted(code for code in there if code + 1 not in there)
    return list(zip(firsts, lasts, strict=True))


@dataclass(frozen=True)
class Written:
    """How a format writes values: texts are escaped, and texts and times have `quote` around them."""

    escapes: Escapes
    quote: str = ""

    def of(self, column: pa.Array, before: str = "", after: str = "", absent: str | None = None) -> list[Piece]:
        """The pieces of a text a row, with `before` and `after` around it.

        Where the column is null, nothing of it stands there; with `absent`, that does, between `before` and `after`.
        The latter may be left to `lines`, which is to be told the same.
        """
        nothing = None if absent is None else before + absent + after
        if pa.types.is_dictionary(column.type):
            words = _joined(before + self.quote, self.escapes.applied(column.dictionary), self.quote + after)
            return [_worded(words, column.indices, nothing)]
        if pa.types.is_boolean(column.type):
            words = texts([before + word + after for word in _TRUTHS])
            return [_worded(words, column.cast(pa.int8()), nothing)]
        if column.null_count and absent is not None:
            return [before, *self.of(column), after]
        if pa.types.is_timestamp(column.type):
            return [times(column, before + self.quote, self.quote + after)]
        if pa.types.is_integer(column.type):
            return _around(before, column.cast(pa.string()), after)
        return _around(before + self.quote, self._escaped(column), self.quote + after)

    def _escaped(self, column: pa.Array) -> pa.Array:
        if not column.null_count:
            return self.escapes.applied(column)
        return _where(column, self.escapes.applied(pc.fill_null(column, "")))


def lines(pieces: Sequence[Piece], absent: str) -> memoryview:
    """The pieces of each row one after the other, in UTF-8; `absent` stands where one is null."""
    fewer: list[Piece] = []
    for piece in pieces:
        if fewer and isinstance(piece, str) and isinstance(fewer[-1], str):
            fewer[-1] += piece  # each piece takes its time in every row
        else:
            fewer.append(piece)
    joined = pc.binary_join_element_wise(*fewer, "", null_handling="replace", null_replacement=absent)
    data, offsets = _parts(joined)
    return data[int(offsets[0]) : int(offsets[-1])]


def times(column: pa.Array, before: str = "", after: str = "") -> pa.Array:
    """Times in ISO 8601, as `iso` has them, with texts around them; null where there is none."""
    seconds = column.cast(pa.int64())
    told = whole(pc.fill_null(seconds, 0))
    usual = (told >= _FIRST_YEAR) & (told < _PAST_YEARS)
    written = _usual_times(np.where(usual, told, 0), before.encode(), after.encode())
    if not usual.all():
        written = pc.if_else(truths(usual), written, texts([before + iso(second) + after for second in told.tolist()]))
    return _where(column, written)


def days(column: pa.Array) -> pa.Array:
    """The day of each time, `2026-08-21`; null where there is none, or none that a calendar has."""
    written = times(column)
    usual = pc.equal(pc.utf8_length(pc.fill_null(written, "")), _LONG + len("Z"))
    return pc.if_else(usual, pc.utf8_slice_codeunits(written, 0, _T_IN_TIME), pa.scalar(None, pa.string()))


def _usual_times(seconds: Ints, before: bytes, after: bytes) -> pa.Array:
    """Arrow writes `2026-08-21 06:00:00`; with a time zone it would take twenty times as long."""
    naive = pa.Array.from_buffers(pa.timestamp("s"), len(seconds), [None, pa.py_buffer(seconds)])
    data, _ = _parts(naive.cast(pa.string()))
    one = np.frombuffer(before + bytes(_LONG) + b"Z" + after, np.uint8)
    letters = np.tile(one, (len(seconds), 1))
    letters[:, len(before) : len(before) + _LONG] = np.frombuffer(data, np.uint8).reshape(len(seconds), _LONG)
    letters[:, len(before) + _T_IN_TIME] = ord("T")
    return strings(letters, np.arange(1, len(seconds) + 1) * len(one))


def _worded(words: pa.Array, numbers: pa.Array, absent: str | None) -> pa.Array:
    """The word of each number; where that is null `absent`, if there is such a text."""
    if absent is not None and numbers.null_count:
        return pa.concat_arrays([words, texts([absent])]).take(pc.fill_null(numbers, len(words)))
    return words.take(numbers)


def _around(before: str, column: pa.Array, after: str) -> list[Piece]:
    """As they are where none is null, since joining copies."""
    return [_joined(before, column, after)] if column.null_count else [before, column, after]


def _joined(before: str, column: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(before, column, after, "") if before or after else column


def _where(column: pa.Array, written: pa.Array) -> pa.Array:
    """The texts, null where the column is."""
    return pc.if_else(column.is_valid(), written, pa.scalar(None, pa.string())) if column.null_count else written


def _parts(column: pa.Array) -> tuple[memoryview, Ints]:
    """(the texts one after the other in UTF-8, where each begins and the last ends)."""
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return memoryview(data or b"")[int(places[0]) : int(places[-1])], places - places[0]
