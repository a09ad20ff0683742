"""A table as JSON lines: an object a row with the columns' names, times in ISO 8601 UTC, nothing as null."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from store.exports.files import atomically
from store.exports.tables import Table
from store.exports.texts import Escapes, Piece, Written, lines

_STEERS = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON allows in a text and what could yet move a cursor or turn the writing round: it is escaped, not lost."""


def write_jsonl(connections: Sequence[sqlite3.Connection], table: Table, path: Path) -> int:
    """Writes the file, and returns how many rows it has."""
    rows = 0
    with atomically(path) as beside, beside.open("wb") as file:
        for number, text in table.made(connections, _lines):
            file.write(text)
            rows += number
    return rows


def _lines(batch: pa.RecordBatch) -> memoryview:
    pieces: list[Piece] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        pieces += [f'{"," if pieces else "{"}"{name}":', _WRITTEN.of(column)]
    return lines([*pieces, "}\n"], absent="null")


def _escaped(text: str) -> str:
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", inner)


_WRITTEN = Written(Escapes(bytes({*range(0x20), *b'"\\', *range(0x7F, 0x100)}), _escaped), quote='"')
