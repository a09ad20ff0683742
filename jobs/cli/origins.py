"""`origins` and `origins lint`: where publishers are based, what should be mended, and who waits for a review."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer

from jobs.cli.output import Answer, Format, give
from jobs.cli.state import (
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
from store.choices import Choices
from store.registry.loader import Registry
from store.registry.origins import UNKNOWN

origins = typer.Typer(help="Where publishers are based, with sources.", invoke_without_command=True)

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many publishers that wait.")]


def register(app: typer.Typer) -> None:
    app.add_typer(origins, name="origins")


@origins.callback()
def listing(
    context: typer.Context,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Every reviewed publisher: country, kind, name, source and the day of the check."""
    if context.invoked_subcommand:
        return
    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    rows = state_of(context).registry().origins
    items = [{name: value for name, value in row._asdict().items() if name != "line"} for row in rows]
    known = sum(row.country != UNKNOWN for row in rows)
    notes = [f"{len(rows):,} publishers reviewed, {known:,} of a known place. Judgement calls: docs/origins.md."]
    give(Answer(items, notes=notes, key="publisher"), chosen)


@origins.command()
def lint(
    context: typer.Context,
    limit: LimitOption = 20,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """What is wrong in origins.csv, and the unreviewed publishers by the derivatives that wait on them."""
    from store.registry.origins import lint_origins

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    state = state_of(context)
    registry = state.registry()
    with state.asking() as (connection, basis):
        seen = {name for (name,) in connection.execute("SELECT name FROM publisher")}
        waiting = _waiting(ecosystem_of(connection, basis, registry), registry)
    problems = list(lint_origins(registry.origins, seen=seen))
    items: list[dict[str, Any]] = [
        {"publisher": one.publisher, "derivatives": round(one.derivatives, 2), "share": one.share}
        for one in waiting[:limit]
    ]
    whole = sum(one.share for one in waiting)
    notes = [
        f"{len(waiting):,} publishers that root derivatives are not reviewed: {whole:.1%} of them wait for that.",
        *(f"origins.csv, {problem}." for problem in problems),
        *standing_notes(basis),
    ]
    give(answer(basis, items, choices={"problems": problems}, notes=notes, key="publisher"), chosen)


class _Waiting(NamedTuple):
    publisher: str
    derivatives: float
    share: float


def _waiting(ecosystem: Any, registry: Registry) -> list[_Waiting]:
    """The publishers of roots that have no row, most derivatives first."""
    from store.rollups import roll_up, whole

    choices = Choices(population="derivatives")
    of = whole(ecosystem, choices)["models"]
    return [
        _Waiting(cell.keys[0], float(cell.counts["models"]), float(cell.counts["models"] / of))
        for cell in roll_up(ecosystem, ["publisher"], choices)
        if cell.keys[0] not in registry.origin_of and not cell.keys[0].startswith("(")
    ]
