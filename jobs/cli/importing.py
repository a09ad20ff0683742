"""`import`: a dump of the hub-stats form into the database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.crawling import FIRST_QUESTION, summary
from jobs.cli.errors import PARTIAL, Refused
from jobs.cli.output import utc
from jobs.cli.state import state_of


def register(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Parquet file, one row a model.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The day (UTC) it tells of; else its newest moment."),
    ] = None,
) -> None:
    """A dump of the Hub as a crawl with its own date: history from the first day on. Only the column `id` is needed."""
    settings = state_of(context).settings
    from crawler.errors import UnreadableDump
    from jobs.imports import NoLineage, WrongMoment, run_import
    from jobs.progress import say

    try:
        imported = run_import(settings, file, _day(day))
    except (NoLineage, UnreadableDump, WrongMoment) as problem:
        raise Refused(str(problem)) from problem
    row = imported.crawl
    if not imported.is_new:
        say(f"This file is there already, as of {utc(row.finished_at)}: crawl {row.id}, a {row.state} import.")
        return
    say(
        f"Crawl {row.id}, a {row.state} import of {row.endpoint} as of {utc(row.finished_at)}: "
        f"{row.models:,} models, {row.pages:,} pages."
    )
    for line in summary(row)[1:]:
        say(line)
    if row.state == "partial":
        raise Refused(f"crawl {row.id} is partial, kept and not published: {row.note}.", PARTIAL)
    say(f"Next: modelroots --db {settings.db} derivatives {' '.join(FIRST_QUESTION)}")


def _day(moment: datetime | None) -> date | None:
    return moment and moment.replace(tzinfo=UTC).date()
