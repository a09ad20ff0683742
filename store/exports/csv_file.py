"""A table as CSV: RFC 4180, UTF-8, times in ISO 8601 UTC, truth as true and false, nothing as empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

import pyarrow as pa

from store.exports.cells import FORMULA, harmless
from store.exports.reading import Reader
from store.exports.tables import Table
from store.exports.texts import Escapes, Piece, Written, lines

_END = "\r\n"
_NEED_QUOTES = ',"\r\n'


def write_csv(readers: Sequence[Reader], table: Table, file: IO[bytes], *, raw: bool = False) -> int:
    """Writes the file, and tells how many rows it has.

    A text that a spreadsheet would run as a formula gets a leading `'`; `raw` leaves it as it is.
    """
    written = Written(_RAW if raw else _GUARDED)
    rows = 0
    file.write((",".join(column.name for column in table.columns) + _END).encode())
    for number, text in table.made(readers, lambda batch: _lines(batch, written)):
        file.write(text)
        rows += number
    return rows


def _lines(batch: pa.RecordBatch, written: Written) -> memoryview:
    pieces: list[Piece] = []
    for column in batch.columns:
        pieces += [*written.of(column, absent=""), ","]
    return lines([*pieces[:-1], _END], absent="")


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if any(mark in text for mark in _NEED_QUOTES) else text


_RAW = Escapes(_NEED_QUOTES.encode(), _quoted)
_GUARDED = Escapes(_RAW.odd, lambda text: _quoted(harmless(text)), first="".join(FORMULA).encode())
