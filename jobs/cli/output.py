"""Answers on stdout, in the form that was asked for. JSON's fields are a promise: docs/json.md lists them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from store.exports.cells import harmless, printable

Item: TypeAlias = dict[str, Any]

SCHEMA_VERSION = 1
SCREEN = 30
"""Rows of a table without --limit; the other formats give all."""

_CONTROL_IN_JSON = r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"  # those that JSON allows raw


class Format(StrEnum):
    """The forms of an answer."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    MD = "md"


class Form(NamedTuple):
    """How an answer is to be given: the format, names alone or all, and to which file instead of the screen."""

    format: Format = Format.TABLE
    names_only: bool = False
    file: Path | None = None


class Answer(NamedTuple):
    """Items with what they rest on. `notes` are for people: below a table, or on stderr beside CSV and the like."""

    items: Sequence[Item]
    as_of: Item | None = None
    choices: Item = {}  # noqa: RUF012  # nobody adds to it
    coverage: Item = {}  # noqa: RUF012
    notes: Sequence[str] = ()
    key: str = "name"


def give(answer: Answer, form: Form) -> None:
    """Prints the answer, or writes it to the form's file, whole or not at all."""
    text = render(answer, form)
    if form.file:
        from store.exports.files import atomically

        with atomically(form.file) as beside:
            beside.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    if form.names_only or form.format in (Format.JSON, Format.JSONL):
        return
    notes = "".join(f"{note}\n" for note in answer.notes)
    stream = sys.stdout if form.format is Format.TABLE and not form.file else sys.stderr
    stream.write(f"\n{notes}" if stream is sys.stdout and notes else notes)


def render(answer: Answer, form: Form) -> str:
    """The answer as text, in the form's format."""
    if form.names_only:
        return "".join(f"{printable(str(item[answer.key]))}\n" for item in answer.items)
    if form.format is Format.JSON:
        return json_text(envelope(answer), indent=2)
    if form.format is Format.JSONL:
        return "".join(json_text(item) for item in answer.items)
    rows = [flat(item) for item in answer.items]
    if form.format in (Format.CSV, Format.TSV):
        return _separated(rows, "\t" if form.format is Format.TSV else ",")
    header, cells = _cells(rows)
    return _markdown(header, cells) if form.format is Format.MD else _table(header, cells)


def within(items: Sequence[Item], limit: int | None, form: Form) -> tuple[Sequence[Item], list[str]]:
    """At most `limit` items, or a screen of them in a table without a limit; and a note of what was left out."""
    on_screen = form.format is Format.TABLE and form.file is None
    most = limit or (SCREEN if on_screen else len(items))
    rest = len(items) - most
    return items[:most], [f"{rest:,} more rows: --limit {len(items)} shows all."] if rest > 0 else []


def envelope(answer: Answer) -> Item:
    """What `--json` prints."""
    return {
        "schema_version": SCHEMA_VERSION,
        "as_of": answer.as_of,
        "choices": answer.choices,
        "coverage": answer.coverage,
        "items": list(answer.items),
    }


def json_text(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON and a line's end. Nothing in it can steer a terminal, and nothing is lost: it is escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return re.sub(_CONTROL_IN_JSON, lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def flat(item: Item) -> Item:
    """Nested items as columns of their own: `relations{finetune: 3}` becomes `finetune: 3`."""
    row: Item = {}
    for name, value in item.items():
        if isinstance(value, dict):
            row |= value
        else:
            row[name] = value
    return row


def utc(seconds: int | None) -> str | None:
    """Seconds since 1970 as ISO 8601, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cells(rows: Sequence[Item]) -> tuple[list[str], list[list[str]]]:
    header = list(dict.fromkeys(name for row in rows for name in row))
    return header, [[_cell(row.get(name)) for name in header] for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else printable(str(value))


def _table(header: list[str], cells: list[list[str]]) -> str:
    """Columns as wide as their widest cell; numbers to the right."""
    if not cells:
        return "Nothing matches.\n"
    columns = list(zip(*cells, strict=True))
    widths = [max(len(name), *map(len, column)) for name, column in zip(header, columns, strict=True)]
    numeric = [all(cell == "-" or _is_number(cell) for cell in column) for column in columns]
    lines = [header, *cells]
    return "".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).isdigit()


def _markdown(header: list[str], cells: list[list[str]]) -> str:
    escaped = [[cell.replace("\\", "\\\\").replace("|", "\\|") for cell in line] for line in cells]
    lines = [header, ["---"] * len(header), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if header else ""


def _separated(rows: Sequence[Item], separator: str) -> str:

    if not rows:
        return ""
    header, _ = _cells(rows)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        values = (row.get(name) for name in header)
        writer.writerow([harmless(printable(value)) if isinstance(value, str) else value for value in values])
    return text.getvalue()
