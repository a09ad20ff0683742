"""Questions to the store: derivatives, tree, families, crawls. Reads tables; imports nothing that is slow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from jobs.cli.output import Answer, Format, give, utc
from jobs.cli.state import (
    CsvOption,
    FileOption,
    FormatOption,
    JsonOption,
    QuietOption,
    answer,
    form,
    state_of,
)
from store.standing import Standing

_CRAWL_FIELDS = (
    "crawl", "kind", "state", "pages", "models", "new", "changed", "missing", "gone", "back", "quarantined",
    "requests",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.command()(derivatives)
    app.command()(families)
    app.command()(crawls)


def derivatives(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Families or model ids.")],
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """How many models derive from a family or a model: direct, indirect, total, by relation."""
    from store.derivatives import derivatives as count

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    with state.asking() as (connection, basis):
        items = [asdict(count(connection, name, registry, basis)) for name in names]
    choices = {"distance": "total", "relation": "all", "attribution": "any", "metric": "models"}
    give(answer(basis, items, choices=choices, notes=_derivative_notes(basis)), chosen)


def families(
    context: typer.Context,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Every family of the registry, with its counts; --json adds its rules and sources."""
    from store.derivatives import derivatives as count

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    items: list[dict[str, Any]] = []
    with state.asking() as (connection, basis):
        for key, family in registry.families.items():
            counted = count(connection, key, registry, basis)
            row = {"name": key, "title": family.title, "developer": family.developer, "open": family.open}
            row |= {field: getattr(counted, field) for field in ("official", "direct", "indirect", "total")}
            if chosen.format in (Format.JSON, Format.JSONL):
                rules = ("publishers", "include", "exclude", "tracked", "source", "checked", "note")
                row |= {field: getattr(family, field) for field in rules}
            items.append(row)
    give(answer(basis, items, choices={"attribution": "any"}, notes=_standing_notes(basis)), chosen)


def crawls(
    context: typer.Context,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Past crawls: what each listed, what was new, changed, missing, gone or back."""
    from store.crawls import past
    from store.database import reading

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    with reading(state_of(context).settings.db) as connection:
        rows = past(connection)
    items = []
    for row in rows:
        item = {field: getattr(row, "id" if field == "crawl" else field) for field in _CRAWL_FIELDS}
        item |= {"started_at": utc(row.started_at), "finished_at": utc(row.finished_at)}
        if chosen.format in (Format.JSON, Format.JSONL):
            rest = ("fetched", "same", "repeated", "resumed", "endpoint", "question", "note")
            item |= {field: getattr(row, field) for field in rest}
        items.append(item)
    notes = [f"Crawl {row.id}: {row.note}." for row in rows if row.note]
    give(Answer(items, notes=notes, key="crawl"), chosen)


def _derivative_notes(basis: Standing) -> list[str]:
    """What a reader must know to print the figure, in a few lines."""
    return [
        "A derivative is a model that descends from the named one, or from any official model of the family, and",
        "is not official in it itself; each counts once (attribution any), under the relation it declares itself.",
        *_standing_notes(basis),
    ]


def _standing_notes(basis: Standing) -> list[str]:
    ledger = basis.ledger
    notes = [
        f"As of {utc(basis.finished_at)}: {basis.basis}.",
        f"It knows {ledger['models']:,} models; {ledger['models_declaring']:,} declare a base. Of their references "
        f"{ledger['resolved']:,} resolve, {ledger['dangling']:,} dangle, {ledger['malformed']:,} are malformed.",
        f"It cannot see {basis.unseen}.",
    ]
    return notes if basis.complete else [*notes, "It does not rest on a complete sweep: the counts are lower bounds."]
