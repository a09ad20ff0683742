"""`crawl sweep|walk|changes`: from a Hub into the database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from jobs.cli.errors import PARTIAL, USAGE, Refused
from jobs.cli.state import EndpointOption, FreshOption, TokenOption, state_of
from jobs.settings import Settings, read_token
from store.crawls import CrawlRow

FIRST_QUESTION = ("qwen", "deepseek", "kimi")

crawl = typer.Typer(help="Read a Hub into the database; a crawl that was cut off resumes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(crawl, name="crawl")


@crawl.command()
def sweep(
    context: typer.Context,
    endpoint: EndpointOption = None,
    fresh: FreshOption = False,
    token_from: TokenOption = None,
) -> None:
    """The whole Hub, newest first: about one request for 1,000 models."""
    settings, token = ready(context, endpoint, token_from)
    from jobs.pipelines import run_sweep

    conclude(run_sweep(settings, token, fresh=fresh), settings, FIRST_QUESTION)


@crawl.command()
def walk(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Families or model ids.")],
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="At most so many steps down.")] = None,
    endpoint: EndpointOption = None,
    fresh: FreshOption = False,
    token_from: TokenOption = None,
) -> None:
    """What derives from some bases, breadth first: one request or more for every model that is reached."""
    settings, token = ready(context, endpoint, token_from)
    from jobs.pipelines import run_walk

    conclude(run_walk(settings, token, names, depth=depth, fresh=fresh), settings, names)


@crawl.command()
def changes(
    context: typer.Context,
    endpoint: EndpointOption = None,
    fresh: FreshOption = False,
    token_from: TokenOption = None,
) -> None:
    """What was created or edited since the last finished crawl, with 48 hours of overlap."""
    settings, token = ready(context, endpoint, token_from)
    from jobs.pipelines import NothingToStartFrom, run_changes

    try:
        conclude(run_changes(settings, token, fresh=fresh), settings, FIRST_QUESTION)
    except NothingToStartFrom as problem:
        raise Refused(str(problem)) from problem


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE says that no Hub may be asked."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def ready(context: typer.Context, endpoint: str | None, token_from: str | None) -> tuple[Settings, str | None]:
    """The settings and the token of a command that asks a Hub.

    A wrong address is a usage error, and so is a token that must not be sent there.
    """
    from crawler.endpoint import Endpoint
    from crawler.hub import Hub

    if is_offline():
        raise Refused("HF_HUB_OFFLINE is set, so no Hub is asked. Unset it to crawl.", USAGE)
    settings = state_of(context).at(endpoint)
    try:
        Endpoint.parse(settings.endpoint)
    except ValueError as problem:
        origin = settings.chosen["endpoint"].origin
        raise Refused(f"{origin}: {problem}.", USAGE) from problem
    token = read_token(os.environ, token_from)
    try:
        Hub(settings.endpoint, token=token).close()
    except ValueError as problem:
        raise Refused(f"{token_from or 'HF_TOKEN'}: {problem}.", USAGE) from problem
    return settings, token


def conclude(row: CrawlRow, settings: Settings, ask_next: Sequence[str]) -> None:
    """The summary, whose sum the reader can check, and what to ask next; a partial crawl exits with its own code."""
    from jobs.progress import say

    for line in summary(row):
        say(line)
    if row.state == "partial":
        raise Refused(f"crawl {row.id} is partial, kept and not published: {row.note}.", PARTIAL)
    say(f"Next: modelroots --db {settings.db} derivatives {' '.join(ask_next)}")


def summary(row: CrawlRow) -> list[str]:
    """fetched = new + changed + same + repeated + quarantined, and what was not listed any more."""
    seconds = (row.finished_at or row.started_at) - row.started_at
    return [
        f"Crawl {row.id}, a {row.state} {row.kind} of {row.endpoint}: "
        f"{row.models:,} models, {row.pages:,} pages, {row.requests:,} requests, {seconds:,} s.",
        f"{row.fetched:,} rows fetched = {row.new:,} new + {row.changed:,} changed + {row.same:,} same "
        f"+ {row.repeated:,} repeated + {row.quarantined:,} quarantined.",
        f"{row.missing:,} missing, {row.gone:,} gone, {row.back:,} back.",
    ]
