"""`quality`: what became of every reference, with examples, and how complete the tracked bases are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from jobs.cli.output import Format, give
from jobs.cli.state import (
    AsOfOption,
    CsvOption,
    FileOption,
    FormatOption,
    JsonOption,
    QuietOption,
    answer,
    completeness_notes,
    form,
    resolution_of,
    standing_notes,
    state_of,
)
from store.exports.cells import printable
from store.recorded import completeness

UNMEASURED = "Completeness against the Hub's own counts was not measured for this crawl; `nightly` does."

_FIELDS = {"references_declared": "references"}
_MEANING = {
    "models": "present models",
    "models_declaring": "those that declare a base",
    "references": "bases declared, mentions counted",
    "repeats": "further mentions of the same base by one model",
    "resolved": "references that name a stored model",
    "edges": "distinct (model, base) pairs among them, without self-references",
    "dangling": "references to a name that no stored model bears",
    "ghosts": "such names",
    "malformed": "references that cannot be a model's name",
    "self_references": "models that name themselves",
    "cycles": "sets of models that descend from each other",
    "models_in_cycles": "models in them",
    "disagreements": "models whose tags, card and baseModels name different bases",
}


def register(app: typer.Typer) -> None:
    app.command()(quality)


def quality(
    context: typer.Context,
    examples: Annotated[int, typer.Option("--examples", min=0, help="Show so many of each kind.")] = 0,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """What became of every reference: resolved, dangling, malformed; cycles; and how complete tracked bases are."""
    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    shown: dict[str, list[str]] = {}
    state = state_of(context)
    with state.asking(as_of) as (connection, basis):
        known = completeness(connection, basis.crawl)
        if examples:
            from store.quality import examples as examples_of

            shown = examples_of(connection, resolution_of(connection, basis), examples)
    counts = {_FIELDS.get(item, item): count for item, count in basis.ledger.items()}
    told_of = completeness_notes(known) or [UNMEASURED]
    notes = [*_example_notes(shown), *told_of, *standing_notes(basis)]
    if chosen.format in (Format.JSON, Format.JSONL) and not quiet:
        told = [one._asdict() | {"ratio": one.ratio} for one in known]
        items: list[dict[str, Any]] = [counts | {"completeness": told} | ({"examples": shown} if examples else {})]
    else:
        items = [{"item": item, "count": count, "meaning": _MEANING[item]} for item, count in counts.items()]
    give(answer(basis, items, notes=notes, key="item"), chosen)


def _example_notes(shown: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        f"{item}:\n" + "\n".join(f"  {printable(text)}" for text in texts) for item, texts in shown.items() if texts
    ]
