"""`growth`, `diff`, `bursts`: how the lineage became what it is."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from jobs.cli.output import Format, give, utc, within
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
    go_to,
    standing_notes,
    state_of,
)
from store.errors import WrongChoice


def register(app: typer.Typer) -> None:
    app.command()(growth)
    app.command()(diff)
    app.command()(bursts)


def growth(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Families or model ids.")],
    by: Annotated[
        Literal["day", "week", "month", "crawl"],
        typer.Option("--by", help="By creation date, or by what crawls found."),
    ] = "month",
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """How many derivatives came in each day, week, month or crawl, and how many there were by then."""
    from store.growth import by_crawl, by_creation

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    with state.asking(as_of) as (connection, basis):
        if by == "crawl":
            wrong = [name for name in names if registry.find(name) is None]
            if wrong:
                raise WrongChoice(f"{wrong[0]!r} is no family: crawls keep the counts of families. Use --by month.")
            points = [point for name in names for point in by_crawl(connection, registry, name)]
        else:
            ecosystem = ecosystem_of(connection, basis, registry)
            points = [point for name in names for point in by_creation(ecosystem, name, by)]
    what = (
        "Each line is what a crawl counted when it was finished, by the rules of then."
        if by == "crawl"
        else "Derivatives that are there now, by when they were created: those that have gone are in no line."
    )
    items = [asdict(point) for point in points]
    give(answer(basis, items, choices={"by": by, "attribution": "any"}, notes=[what, *standing_notes(basis)]), chosen)


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A crawl's number, or a day (YYYY-MM-DD).")],
    after: Annotated[str, typer.Argument(metavar="B", help="A later crawl's number or day.")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")] = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """What two crawls differ in: models that are new, back or gone, have other bases, or another relation."""
    from store.differences import CHANGES, differences

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    with ExitStack() as stack:
        (earlier, then), (later, now) = (stack.enter_context(state.asking(crawl)) for crawl in (before, after))
        if then.crawl >= now.crawl:
            raise WrongChoice(f"A is crawl {then.crawl} and B crawl {now.crawl}: give the earlier one first.")
        go_to(earlier, then)
        go_to(later, now)
        found = sorted(differences(earlier, later, then.crawl), key=lambda one: (CHANGES.index(one.change), one.name))
    items = [asdict(one) for one in found]
    counted = Counter(one.change for one in found)
    shown, notes = within(items, limit, chosen)
    notes += [f"{', '.join(f'{counted[change]:,} {change}' for change in CHANGES)}."]
    notes += [f"From crawl {then.crawl} ({utc(then.finished_at)}) to crawl {now.crawl} ({utc(now.finished_at)})."]
    choices = {"from": then.crawl, "to": now.crawl, "counts": {change: counted[change] for change in CHANGES}}
    give(answer(now, shown, choices=choices, notes=notes), chosen)


def bursts(
    context: typer.Context,
    as_of: AsOfOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Days on which one base had a flood of new derivatives; --exclude-bursts of other commands leaves them out."""
    from store.bursts import DAYS_BEFORE, LEAST, TIMES
    from store.bursts import bursts as found_in

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    with state.asking(as_of) as (connection, basis):
        found = found_in(ecosystem_of(connection, basis, state.registry()))
        names = dict(
            connection.execute(
                "SELECT id, name FROM node WHERE id IN (SELECT value FROM json_each(?))",
                (str([burst.base for burst in found]),),
            )
        )
    items = [
        {"name": names[one.base], "day": (utc(one.day * 86_400) or "")[:10], "new": one.new, "usual": one.usual}
        for one in found
    ]
    rule = (
        f"A burst: at least {LEAST} new direct derivatives of one base in a day, and {TIMES} times the median of its "
        f"{DAYS_BEFORE} days before (usual, at least 1)."
    )
    give(answer(basis, items, choices={"least": LEAST, "times": TIMES}, notes=[rule, *standing_notes(basis)]), chosen)
