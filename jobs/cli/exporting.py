"""`export`: the whole lineage as files."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.errors import Refused
from jobs.cli.output import Answer, Form, Format, give
from jobs.cli.state import as_of, coverage, state_of


class ExportFormat(StrEnum):
    """The forms of the whole lineage."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    GRAPHML = "graphml"


READERS = 2
"""Connections that read at once, each in a thread; a third thread writes."""


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    context: typer.Context,
    format: Annotated[ExportFormat, typer.Option("--format", help="The files' form.")] = ExportFormat.CSV,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("lineage"),
    raw: Annotated[bool, typer.Option("--raw", help="CSV: leave cells that begin like a formula as they are.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """The lineage as files: nodes (models, and bases that are not on the Hub) and edges (child to parent).

    GraphML is one file, lineage.graphml; the other formats are two, nodes and edges.
    """
    if out.exists() and not out.is_dir():
        raise Refused(f"{out} is a file. Name a folder with --out; it is made where there is none.")
    with state_of(context).asking_together(READERS) as (connections, basis):
        try:
            items = [
                {"name": str(path), "rows": rows, "bytes": path.stat().st_size}
                for path, rows in _written(connections, out, format, raw=raw)
            ]
        except OSError as error:
            raise Refused(f"The export to {out} failed: {error}. Name another folder with --out.") from error
    whole = Answer(items, as_of(basis), {"format": str(format), "raw": raw}, coverage(basis))
    give(whole, Form(Format.JSON if json else Format.TABLE))


def _written(
    connections: Sequence[sqlite3.Connection], folder: Path, format: ExportFormat, *, raw: bool
) -> Iterator[tuple[Path, int]]:
    """Each file when it is written, with its number of rows."""
    from store.exports.csv_file import write_csv
    from store.exports.graphml_file import write_graphml
    from store.exports.jsonl_file import write_jsonl
    from store.exports.parquet_file import write_parquet
    from store.exports.tables import EDGES, NODES, Table

    if format is ExportFormat.GRAPHML:
        path = folder / "lineage.graphml"
        yield path, write_graphml(connections, path)
        return
    writers: dict[ExportFormat, Callable[[Sequence[sqlite3.Connection], Table, Path], int]] = {
        ExportFormat.CSV: partial(write_csv, raw=raw),
        ExportFormat.PARQUET: write_parquet,
        ExportFormat.JSONL: write_jsonl,
    }
    for table in (NODES, EDGES):
        path = folder / f"{table.name}.{format}"
        yield path, writers[format](connections, table, path)
