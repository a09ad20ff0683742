"""`export`: the whole lineage as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.output import Answer, Form, Format, give
from jobs.cli.state import as_of, coverage, state_of


class ExportFormat(StrEnum):
    """The forms of the whole lineage."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    context: typer.Context,
    format: Annotated[ExportFormat, typer.Option("--format", help="The files' form.")] = ExportFormat.CSV,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("lineage"),
    raw: Annotated[bool, typer.Option("--raw", help="CSV: leave cells that begin like a formula as they are.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """The lineage as two files: nodes (models, and bases that are not on the Hub) and edges (child to parent)."""
    from store.exports.csv_file import write_csv
    from store.exports.parquet_file import write_parquet
    from store.exports.tables import EDGES, NODES

    items = []
    with state_of(context).asking() as (connection, basis):
        for table in (NODES, EDGES):
            path = out / f"{table.name}.{format}"
            if format is ExportFormat.CSV:
                rows = write_csv(connection, table, path, raw=raw)
            else:
                rows = write_parquet(connection, table, path)
            items.append({"name": str(path), "rows": rows, "bytes": path.stat().st_size})
    whole = Answer(items, as_of(basis), {"format": str(format), "raw": raw}, coverage(basis))
    give(whole, Form(Format.JSON if json else Format.TABLE))
