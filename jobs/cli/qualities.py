"""`quality`: what became of every reference, with examples, and how complete the tracked bases are."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from jobs.cli.output import Answer, Form, Format, give, within
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
from store.ledger import MEANINGS, counts
from store.quarantine import reasons, rows
from store.standing import Standing

UNMEASURED = "Completeness against the Hub's own counts was not measured for this crawl; `nightly` does."


def register(app: typer.Typer) -> None:
    app.command()(quality)


def quality(
    context: typer.Context,
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Rows that could not be stored, by reason; all of them with --json.")
    ] = False,
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
        if quarantine:
            give(_quarantine(connection, basis, chosen), chosen)
            return
        if examples:
            from store.quality import examples as examples_of

            shown = examples_of(connection, resolution_of(connection, basis), examples)
    told_of = completeness_notes(basis) or [UNMEASURED]
    notes = [*_example_notes(shown), *told_of, *standing_notes(basis)]
    if chosen.format in (Format.JSON, Format.JSONL) and not quiet:
        told = [one._asdict() | {"ratio": one.ratio} for one in basis.known]
        items: list[dict[str, Any]] = [
            counts(basis) | {"completeness": told} | ({"examples": shown} if examples else {})
        ]
    else:
        items = [{"item": item, "count": count, "meaning": MEANINGS[item]} for item, count in counts(basis).items()]
    give(answer(basis, items, notes=notes, key="item"), chosen)


def _quarantine(connection: sqlite3.Connection, basis: Standing, form: Form) -> Answer:
    found = reasons(connection, basis)
    now, before = sum(one.rows for one in found), sum(one.earlier for one in found)
    notes = [
        f"{now:,} rows since the last complete sweep began, {before:,} of earlier crawls. Every sweep reads such rows "
        "anew: one that can be read by then is a model, and what was noted of it stays, as of an earlier crawl.",
        *standing_notes(basis),
    ]
    if form.format in (Format.JSON, Format.JSONL) and not form.names_only:
        return answer(basis, [row._asdict() for row in rows(connection, basis)], notes=notes, key="reason")
    items, left_out = within([one._asdict() for one in found], None, form)
    return answer(basis, items, notes=left_out + notes, key="reason")


def _example_notes(shown: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        f"{item}:\n" + "\n".join(f"  {printable(text)}" for text in texts) for item, texts in shown.items() if texts
    ]
