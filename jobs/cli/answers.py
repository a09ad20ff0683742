"""Questions to the store: derivatives, tree, families, crawls. Reads tables; imports nothing that is slow."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.choosing import (
    AttributionOption,
    BurstsOption,
    KindOption,
    LeastOption,
    MetricOption,
    RelationOption,
    SinceOption,
    TaskOption,
    UntilOption,
    chosen,
    in_words,
    told,
)
from jobs.cli.output import Answer, Format, give, utc
from jobs.cli.state import (
    AsOfOption,
    CsvOption,
    FileOption,
    FormatOption,
    JsonOption,
    QuietOption,
    answer,
    completeness_notes,
    ecosystem_of,
    form,
    is_past,
    standing_notes,
    state_of,
)
from store.choices import Choices, Metric
from store.registry.loader import Registry
from store.standing import Standing

if TYPE_CHECKING:
    from store.derivatives import Derivatives

_ATTRIBUTION = {
    "any": "Each counts whole in every family that it descends from",
    "nearest": "Each counts in the family fewest steps above it, split where several are tied",
    "root": "Each is split among its distinct roots, and each share goes to the root's family",
}
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
    attribution: AttributionOption = "any",
    metric: MetricOption = "models",
    relation: RelationOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    min_downloads: LeastOption = None,
    task: TaskOption = None,
    publisher_kind: KindOption = None,
    exclude_bursts: BurstsOption = False,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """How many models derive from a family or a model: direct, indirect, total, by relation."""
    chosen_form = form(format, json=json, csv=csv, quiet=quiet, file=output)
    choices = chosen(
        attribution=attribution,
        relation=relation,
        since=since,
        until=until,
        min_downloads=min_downloads,
        task=task,
        publisher_kind=publisher_kind,
        exclude_bursts=exclude_bursts,
    )
    state = state_of(context)
    registry = state.registry()
    with state.asking(as_of) as (connection, basis):
        found = _counted(connection, basis, registry, names, choices, metric)
        beside = _beside(connection, basis, registry, names, choices) if metric == "models" else []
    items = [one._asdict() for one in found]
    shown = told(choices, "attribution", distance="total", metric=metric)
    give(answer(basis, items, choices=shown, notes=_derivative_notes(basis, shown, beside)), chosen_form)


def _counted(
    connection: sqlite3.Connection,
    basis: Standing,
    registry: Registry,
    names: Sequence[str],
    choices: Choices,
    metric: Metric,
) -> list[Derivatives]:
    """From the tables where they know all of it, else from the arrays."""
    from store.derivatives import derivatives as count

    if metric == "models" and not choices.filters:
        past = is_past(connection, basis)
        known = [
            count(connection, name, registry, basis, attribution=choices.attribution, is_past=past) for name in names
        ]
        if None not in known:
            return [one for one in known if one]
    from store.shares import derivatives_under

    ecosystem = ecosystem_of(connection, basis, registry)
    return [derivatives_under(ecosystem, name, choices, metric=metric) for name in names]


def _beside(
    connection: sqlite3.Connection, basis: Standing, registry: Registry, names: Sequence[str], choices: Choices
) -> list[str]:
    """What the first few families would have been under the other attributions."""
    from store.derivatives import other_definitions

    lines = []
    for name in names[:3] if not choices.filters else ():
        others = other_definitions(connection, name, registry, basis, choices.attribution)
        if others:
            lines.append(f"{name} by {' or by '.join(f'{word} {count:,.1f}' for word, count in others.items())}")
    return [f"Under the other attributions: {'; '.join(lines)}."] if lines else []


def families(
    context: typer.Context,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Every family of the registry, with its counts; --json adds its rules and sources."""
    chosen_form = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    items: list[dict[str, Any]] = []
    with state.asking(as_of) as (connection, basis):
        found = _counted(connection, basis, registry, list(registry.families), Choices(), "models")
        for family, counted in zip(registry.families.values(), found, strict=True):
            row = {"name": family.key, "title": family.title, "developer": family.developer, "open": family.open}
            row |= {field: getattr(counted, field) for field in ("official", "direct", "indirect", "total")}
            if chosen_form.format in (Format.JSON, Format.JSONL):
                rules = ("publishers", "include", "exclude", "tracked", "source", "checked", "note")
                row |= {field: getattr(family, field) for field in rules}
            items.append(row)
    give(answer(basis, items, choices={"attribution": "any"}, notes=standing_notes(basis)), chosen_form)


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

    chosen_form = form(format, json=json, csv=csv, quiet=quiet, file=output)
    with reading(state_of(context).settings.db) as connection:
        rows = past(connection)
    items = []
    for row in rows:
        item = {field: getattr(row, "id" if field == "crawl" else field) for field in _CRAWL_FIELDS}
        item |= {"started_at": utc(row.started_at), "finished_at": utc(row.finished_at)}
        if chosen_form.format in (Format.JSON, Format.JSONL):
            rest = ("fetched", "same", "repeated", "resumed", "endpoint", "question", "note")
            item |= {field: getattr(row, field) for field in rest}
        items.append(item)
    notes = [f"Crawl {row.id}: {row.note}." for row in rows if row.note]
    give(Answer(items, notes=notes, key="crawl"), chosen_form)


def _derivative_notes(basis: Standing, shown: dict[str, Any], beside: Sequence[str]) -> list[str]:
    """What a reader must know to print the figure, in a few lines."""
    return [
        "A derivative is a model that descends from the named one, or from any official model of the family, and",
        "is not official in it itself. It is filed under the relation that it declares itself.",
        f"{_ATTRIBUTION[shown['attribution']]} (attribution {shown['attribution']}).",
        *beside,
        in_words(shown),
        *standing_notes(basis),
        *completeness_notes(basis),
    ]
