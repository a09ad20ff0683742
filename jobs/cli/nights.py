"""`nightly` and `schedule`: the whole job once, or every night; `renames`: one step of it by itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from jobs.cli.crawling import ready, summary
from jobs.cli.errors import PARTIAL, USAGE, Refused, report
from jobs.cli.output import Answer, Form, Format, give
from jobs.cli.state import EndpointOption, JsonOption, TokenOption
from jobs.settings import Settings, read_token


def register(app: typer.Typer) -> None:
    app.command()(nightly)
    app.command()(renames)
    app.command()(schedule)


AcceptOption = Annotated[
    bool,
    typer.Option("--accept", help="Make the snapshot even if tracked bases have fewer derivatives than the Hub says."),
]


LookupsOption = Annotated[
    int | None,
    typer.Option("--lookups", min=0, help="Ask what became of so many names that dangle; 100 if nothing is said."),
]


def nightly(
    context: typer.Context,
    accept: AcceptOption = False,
    lookups: LookupsOption = None,
    endpoint: EndpointOption = None,
    token_from: TokenOption = None,
) -> None:
    """The whole job: sweep, count, look renames up, snapshot, summary."""
    settings, token = ready(context, endpoint, token_from)
    run_night(settings, token, accept=accept, lookups=lookups)


def renames(
    context: typer.Context,
    lookups: LookupsOption = None,
    json: JsonOption = False,
    endpoint: EndpointOption = None,
    token_from: TokenOption = None,
) -> None:
    """Asks the Hub what became of names that dangle, those with the most derivatives first; nightly does so too."""
    settings, token = ready(context, endpoint, token_from)
    from jobs.pipelines import run_renames
    from jobs.renames import A_NIGHT
    from store.database import writing

    with writing(settings.db) as connection:
        most = A_NIGHT if lookups is None else lookups
        items = [found._asdict() for found in run_renames(connection, settings, token, most=most)]
    notes = [
        "Each that is known resolves from the next crawl on; whoever leads nowhere is asked for again after 30 days."
    ]
    give(Answer(items, notes=notes if items else ()), Form(Format.JSON if json else Format.TABLE))


def run_night(settings: Settings, token: str | None, *, accept: bool = False, lookups: int | None = None) -> None:
    """One night, and what it says: the summary on stderr, the snapshot's path on stdout."""
    from jobs.pipelines import nightly as run
    from jobs.progress import say

    night = run(settings, token, accept=accept, **({} if lookups is None else {"lookups": lookups}))
    for line in summary(night.crawl):
        say(line)
    if night.snapshot is None and night.short:
        told = ", ".join(map(str, night.short))
        raise Refused(
            f"crawl {night.crawl.id} knows fewer derivatives than the Hub tells of: {told}. It is kept, without a "
            "snapshot. `modelroots quality` shows all; `modelroots nightly --accept` makes one all the same.",
            PARTIAL,
        )
    if night.snapshot is None:
        raise Refused(f"crawl {night.crawl.id} is partial, so there is no snapshot: {night.crawl.note}.", PARTIAL)
    for place in night.snapshot.removed:
        say(f"Removed by retention: {place}")
    say("Snapshot:")
    print(night.snapshot.place)


def schedule(
    context: typer.Context,
    cron: Annotated[str | None, typer.Option("--cron", help="When to run, five fields, UTC.")] = None,
    accept: AcceptOption = False,
    endpoint: EndpointOption = None,
    token_from: TokenOption = None,
) -> None:
    """The daemon: runs the nightly job at its time, and once at the start where one was missed."""
    from jobs.progress import say
    from jobs.schedule import is_due, keep_running, trigger

    settings, _ = ready(context, endpoint, token_from)
    wanted = cron or settings.cron
    try:
        next_time = trigger(wanted).get_next_fire_time(None, datetime.now(UTC))
    except ValueError as problem:
        raise Refused(f"--cron {wanted!r}: {problem}. Five fields are needed, as in '30 2 * * *'.", USAGE) from problem
    due = is_due(wanted, _last_sweep(settings), datetime.now(UTC))
    say(f"Scheduled: {wanted} UTC, next at {next_time:%Y-%m-%d %H:%M} UTC{', and once now to catch up' * due}.")

    def job() -> None:
        """A night that fails is told, and the next one is tried."""
        try:
            run_night(settings, read_token(os.environ, token_from), accept=accept)
        except Exception as error:  # noqa: BLE001  # the job's boundary: the daemon goes on
            say(f"The night ended with exit code {report(error)}; the next one is tried at its time.")

    keep_running(wanted, job, run_at_once=due)


def _last_sweep(settings: Settings) -> datetime | None:
    """When the last complete sweep began; None where there is none."""
    from store.crawls import last_complete_sweep
    from store.database import reading
    from store.errors import StoreError

    try:
        with reading(settings.db) as connection:
            last = last_complete_sweep(connection)
    except StoreError:
        return None
    return datetime.fromtimestamp(last.started_at, UTC) if last else None
