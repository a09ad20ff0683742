"""`rollup`: models by country, family, month and the like, under every definition."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from jobs.cli.choosing import (
    AttributionOption,
    BurstsOption,
    ByOption,
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
from jobs.cli.output import Format, give, within
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
from store.choices import Choices, Population, Side
from store.derivatives import number
from store.recorded import recorded_rollup, recorded_whole
from store.registry.loader import Registry
from store.registry.origins import UNKNOWN, UNREVIEWED
from store.standing import Standing

Counts = Mapping[str, Any]


def register(app: typer.Typer) -> None:
    app.command()(rollup)


def rollup(
    context: typer.Context,
    by: ByOption,
    side: Annotated[
        Side, typer.Option("--side", help="Whose country or name: the models' roots', or their own publisher's.")
    ] = "origin",
    attribution: AttributionOption = "any",
    population: Annotated[
        Population, typer.Option("--population", help="All models, those that declare a base, or the others.")
    ] = "all",
    metric: MetricOption = "models",
    relation: RelationOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    min_downloads: LeastOption = None,
    task: TaskOption = None,
    publisher_kind: KindOption = None,
    exclude_bursts: BurstsOption = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")] = None,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """How many models there are by country, family, month and so on, and which share of the whole."""
    names = list(dict.fromkeys(by))
    if len(names) > 2:
        raise typer.BadParameter("--by can be given twice at most.")
    wanted = form(format, json=json, csv=csv, quiet=quiet, file=output)
    choices = chosen(
        side=side,
        attribution=attribution,
        population=population,
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
        counted, whole = _counted(connection, basis, registry, names, choices)
    items = _items(counted, whole, metric)
    shown = told(choices, *_telling(names), "population", metric=metric, share_of=names[1] if names[1:] else "all")
    within_limit, left_out = within(items, limit, wanted)
    notes = [*left_out, *_coverage_notes(names, counted, whole), in_words(shown), *standing_notes(basis)]
    covered = {"whole": {name: number(value) for name, value in whole[()].items()}}
    give(answer(basis, within_limit, covered=covered, choices=shown, notes=notes, key="key"), wanted)


def _counted(
    connection: sqlite3.Connection, basis: Standing, registry: Registry, by: Sequence[str], choices: Choices
) -> tuple[dict[tuple[str, ...], Counts], dict[tuple[str, ...], Counts]]:
    """What is counted under each key or pair, and the wholes: under () that of all, under (second,) that of each."""
    if len(by) == 1 and (known := recorded_rollup(connection, basis, registry, by[0], choices)) is not None:
        whole = recorded_whole(connection, basis, choices.population)
        return {(key,): counts for key, counts in known.items()}, {(): whole}
    from store.rollups import roll_up
    from store.rollups import whole as whole_of

    ecosystem = ecosystem_of(connection, basis, registry)
    wholes: dict[tuple[str, ...], Counts] = {(): whole_of(ecosystem, choices)}
    if len(by) == 2:
        wholes |= {cell.keys: cell.counts for cell in roll_up(ecosystem, by[1:], choices)}
    return {cell.keys: cell.counts for cell in roll_up(ecosystem, by, choices)}, wholes


def _items(
    counted: Mapping[tuple[str, ...], Counts], whole: Mapping[tuple[str, ...], Counts], metric: str
) -> list[dict[str, Any]]:
    """Largest first; of a cross table the second key in order, and the share is that of the second key's whole."""
    items = []
    for keys, counts in counted.items():
        of = whole[keys[1:]][metric]
        item: dict[str, Any] = {"key": keys[0]} | ({"second": keys[1]} if keys[1:] else {})
        item |= {"models": number(counts["models"])}
        item |= {metric: number(counts[metric]), "share": float(counts[metric] / of) if of else 0.0}
        items.append(item)
    return sorted(items, key=lambda item: (item.get("second", ""), -item[metric], item["key"]))


def _telling(names: Sequence[str]) -> list[str]:
    """The choices that bear on these dimensions."""
    by_place = ["side"] if {"country", "region", "publisher"} & set(names) else []
    return by_place + (["attribution"] if "family" in names else [])


def _coverage_notes(names: Sequence[str], counted: Mapping[tuple[str, ...], Counts], whole: Any) -> list[str]:
    """How much of the whole the countries rest on. Not where models count whole in several families."""
    if names[0] not in ("country", "region") or "family" in names or not whole[()]["models"]:
        return []
    missing = {
        word: float(sum(counts["models"] for keys, counts in counted.items() if keys[0] == word) / whole[()]["models"])
        for word in (UNREVIEWED, UNKNOWN)
    }
    return [
        f"Coverage: {1 - sum(missing.values()):.1%} of the models have a known place; {missing[UNKNOWN]:.1%} are of "
        f"reviewed publishers of no known place or have no root, {missing[UNREVIEWED]:.1%} of publishers not reviewed."
    ]
