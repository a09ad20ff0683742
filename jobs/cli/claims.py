"""`claims` and `benchmark`: published sentences against the store, and a table of models by country."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.output import Answer, Format, give
from jobs.cli.state import (
    AsOfOption,
    CsvOption,
    FileOption,
    FormatOption,
    JsonOption,
    QuietOption,
    answer,
    ecosystem_of,
    form,
    standing_notes,
    state_of,
)
from store.derivatives import number
from store.registry.loader import SHIPPED

if TYPE_CHECKING:
    from store.claims import Judged, Measured  # they import numpy

_NESTED = (Format.JSON, Format.JSONL)


def register(app: typer.Typer) -> None:
    app.command()(claims)
    app.command()(benchmark)


def claims(
    context: typer.Context,
    table: Annotated[
        Path | None, typer.Option("--benchmark", help="A table (name,developer,score) for the claims about one.")
    ] = None,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Published claims against the store: the claimed value, the measured ones, and a verdict."""
    from store.benchmark import load_benchmark
    from store.registry.claims_file import load_claims

    wanted = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    published = load_claims(state.settings.registry or SHIPPED)
    entries = None if table is None else load_benchmark(table)
    with state.asking(as_of) as (connection, basis):
        from store.claims import judge

        ecosystem = ecosystem_of(connection, basis, registry)
        judged = [judge(claim, ecosystem, basis, entries) for claim in published]
    nested = wanted.names_only or wanted.format in _NESTED
    items = [_item(one) for one in judged] if nested else [row for one in judged for row in _rows(one)]
    reasons = [f"{one.claim.id}: {one.verdict}: {one.reason}." for one in judged if one.reason]
    choices = {"benchmark": str(table) if table else None}
    give(answer(basis, items, choices=choices, notes=[*reasons, *standing_notes(basis)], key="id"), wanted)


def benchmark(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A table of models: name,developer,score.")],
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """How many models of a benchmark's table come from each country, by the registry's origins. Reads no database."""
    from store.benchmark import by_country, load_benchmark

    wanted = form(format, json=json, csv=csv, quiet=quiet, file=output)
    entries = load_benchmark(file)
    placed = by_country(entries, state_of(context).registry())
    items = [{"key": key, "models": models, "share": models / len(entries)} for key, models in placed.models.items()]
    notes = [f"{len(entries):,} models of {file}, each by its publisher or developer."]
    if placed.unplaced:
        notes.append(f"The registry has no origin for: {', '.join(placed.unplaced)}.")
    coverage = {"models": len(entries), "unplaced": list(placed.unplaced)}
    give(Answer(items, choices={"side": "publisher"}, coverage=coverage, notes=notes, key="key"), wanted)


def _item(judged: Judged) -> dict[str, Any]:
    claim = judged.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "claimed": claim.claimed,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "source": claim.source,
        "date": claim.date,
        "measured": [{"definition": one.definition.name, "value": _value(one)} for one in judged.measured],
    }


def _rows(judged: Judged) -> list[dict[str, Any]]:
    """One for each definition, short enough for a screen."""
    return [
        {
            "id": judged.claim.id,
            "claimed": judged.claim.claimed,
            "definition": one.definition.name,
            "value": _value(one),
            "verdict": judged.verdict,
        }
        for one in judged.measured
    ]


def _value(measured: Measured) -> int | float | None:
    """A whole number as such; a share between 0 and 1; None where nothing could be measured."""
    return None if measured.value is None else number(measured.value)
