"""A table as JSON lines: an object a row with the columns' names, times in ISO 8601 UTC, nothing as null."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import IO

import pyarrow as pa
import zstandard

from store.exports.reading import Reader
from store.exports.tables import Table
from store.exports.texts import Escapes, Piece, Written, lines

_STEERS = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in a text and what could yet move a cursor or turn the writing round: it is escaped, not lost."""


def write_jsonl(readers: Sequence[Reader], table: Table, file: IO[bytes]) -> int:
    """Writes the file, and tells how many rows it has."""
    rows = 0
    for number, text in table.made(readers, _lines):
        file.write(text)
        rows += number
    return rows


def write_compressed_jsonl(readers: Sequence[Reader], table: Table, file: IO[bytes]) -> int:
    """The same as one zstd frame."""
    with zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False) as compressed:
        return write_jsonl(readers, table, compressed)


def _lines(batch: pa.RecordBatch) -> memoryview:
    return lines([*members(batch), "}\n"], absent="null")


def members(batch: pa.RecordBatch) -> list[Piece]:
    """The pieces of an object a row, but for its closing brace."""
    pieces: list[Piece] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        pieces += JSON.of(column, f'{"," if pieces else "{"}"{name}":', absent="null")
    return pieces


def _escaped(text: str) -> str:
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", inner)


JSON = Written(Escapes(bytes({*range(0x20), *b'"\\', *range(0x7F, 0x100)}), _escaped), quote='"')
