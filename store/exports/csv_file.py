"""A table as CSV: RFC 4180, UTF-8, times in ISO 8601 UTC, truth as true and false, nothing as empty."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store.exports.files import atomically
from store.exports.tables import Kind, Table

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(connection: sqlite3.Connection, table: Table, path: Path, *, raw: bool = False) -> int:
    """Writes the file, and returns how many rows it has.

    A text that a spreadsheet would run as a formula gets a leading `'`; `raw` leaves it as it is.
    """
    shapers = [_shaper(kind, raw=raw) for _, kind in table.columns]
    rows = 0
    with atomically(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([name for name, _ in table.columns])
        for row in table.rows(connection):
            writer.writerow([shape(value) for shape, value in zip(shapers, row, strict=True)])
            rows += 1
    return rows


def harmless(text: str) -> str:
    """The text with a leading `'` where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def iso(seconds: int) -> str:
    """Seconds since 1970 as `2026-08-21T06:00:00Z`; as a bare number where no calendar has such a day."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _shaper(kind: Kind, *, raw: bool) -> Callable[[Any], Any]:
    if kind == "time":
        return lambda value: None if value is None else iso(value)
    if kind == "truth":
        return lambda value: None if value is None else ("true" if value else "false")
    if kind == "text" and not raw:
        return lambda value: None if value is None else harmless(value)
    return lambda value: value
