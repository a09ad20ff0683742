"""What every command is handed: the settings, read once; and the options that many commands share."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jobs.cli.output import Answer, Form, Format, give, utc
from jobs.settings import Chosen, Settings, read_settings
from store.database import reading, reading_together
from store.ledger import coverage
from store.registry.loader import Registry
from store.registry.remembered import place_of
from store.standing import Standing, standing

if TYPE_CHECKING:
    from store.ecosystem import Ecosystem  # numpy takes 0.2 s, which most questions do not need
    from store.resolution import Resolution

FormatOption = Annotated[Format, typer.Option("--format", help="How the answer is written.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Short for --format csv.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Names alone, one a line.")]
FileOption = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file, whole or not at all.")]
EndpointOption = Annotated[str | None, typer.Option("--endpoint", help="The Hub to read [env: HF_ENDPOINT].")]
TokenOption = Annotated[
    str | None,
    typer.Option("--token-from", help="A file with the Hub token, or `login` for the stored one. Else HF_TOKEN."),
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="As of an earlier crawl: its number, or a day (YYYY-MM-DD, UTC).")
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Begin again instead of resuming.")]


class State(NamedTuple):
    """The settings, and how to ask the store."""

    settings: Settings

    def at(self, endpoint: str | None) -> Settings:
        """The settings with another endpoint, where a command was given one."""
        if endpoint is None:
            return self.settings
        return self.settings._replace(chosen={**self.settings.chosen, "endpoint": Chosen(endpoint, "--endpoint")})

    def registry(self) -> Registry:
        return Registry(self.settings.registry, place=place_of(self.settings.db))

    @contextmanager
    def asking(self, as_of: str | None = None) -> Iterator[tuple[sqlite3.Connection, Standing]]:
        """A connection that cannot write, and what its answers rest on: the last finished crawl, or an earlier one.

        Of an earlier one the tables of every crawl can be read at once; for anything else see `ecosystem_of`.
        """
        with reading(self.settings.db) as connection:
            yield connection, standing(connection, as_of)

    @contextmanager
    def asking_together(self, number: int) -> Iterator[tuple[list[sqlite3.Connection], Standing]]:
        """Several such connections, each for a thread of its own, as of the last finished crawl."""
        with reading_together(self.settings.db, number) as connections:
            yield connections, standing(connections[0])


def is_past(connection: sqlite3.Connection, basis: Standing) -> bool:
    """Whether the answer is to be as of an earlier crawl than the last."""
    return basis.crawl != standing(connection).crawl


def ecosystem_of(connection: sqlite3.Connection, basis: Standing, registry: Registry) -> Ecosystem:
    """All models and their lineage in arrays, as of the crawl: for what no table knows. Seconds, on a whole Hub."""
    from store.ecosystem import Ecosystem

    return Ecosystem.of(resolution_of(connection, basis), registry)


def resolution_of(connection: sqlite3.Connection, basis: Standing) -> Resolution:
    """Every reference as of the crawl."""
    from store.kept import current, kept
    from store.resolution import resolve

    return go_to(connection, basis) or resolve(connection, current(connection, kept(connection)))


def go_to(connection: sqlite3.Connection, basis: Standing) -> Resolution | None:
    """Has the connection answer as of the crawl; None where it does already, since that is the last one."""
    if not is_past(connection, basis):
        return None
    from store.past import go_back

    return go_back(connection, basis.crawl)


def state_of(context: typer.Context) -> State:
    state: State = context.obj
    return state


def initial_state(db: Path | None, registry: Path | None) -> State:
    flags = {"db": str(db) if db else None, "registry": str(registry) if registry else None}
    return State(read_settings(flags, os.environ, Path()))


def form(
    format: Format,
    *,
    json: bool,
    csv: bool,
    quiet: bool,
    file: Path | None,
) -> Form:
    """The shared options as one thing. Two formats at once are a usage error."""
    asked = [Format.JSON] * json + [Format.CSV] * csv + [format] * (format is not Format.TABLE)
    if len(set(asked)) > 1:
        raise typer.BadParameter(f"{' and '.join(asked)} at once: choose one format.")
    return Form(asked[0] if asked else format, names_only=quiet, file=file)


def answer(
    basis: Standing, items: Sequence[dict[str, Any]], *, covered: dict[str, Any] | None = None, **more: Any
) -> Answer:
    """Items with the crawl behind them, and how much of the whole they rest on; `covered` says more of that."""
    return Answer(items, as_of=as_of(basis), coverage=coverage(basis) | (covered or {}), **more)


def as_of(basis: Standing) -> dict[str, Any]:
    return {"crawl": basis.crawl, "finished_at": utc(basis.finished_at), "complete": basis.complete}


def standing_notes(basis: Standing) -> list[str]:
    """What the answer rests on, and what it cannot see, as lines below a table."""
    ledger = basis.ledger
    notes = [
        f"As of {utc(basis.finished_at)}: {basis.basis}.",
        f"It knows {ledger['models']:,} models; {ledger['models_declaring']:,} declare a base. Of their references "
        f"{ledger['resolved']:,} resolve, {ledger['dangling']:,} dangle, {ledger['malformed']:,} are malformed.",
        f"It cannot see {basis.unseen}.",
    ]
    return [*notes, basis.warning] if basis.warning else notes


def completeness_notes(basis: Standing) -> list[str]:
    """How many of the children that the Hub counts are known; nothing where it was not asked."""
    if not basis.known:
        return []
    told, counted = sum(one.told for one in basis.known), sum(one.counted for one in basis.known)
    of = f"Of {told:,} direct derivatives that the Hub tells of {len(basis.known):,} tracked bases"
    return [f"{of}, {counted:,} are known."]


__all__ = [
    "AsOfOption", "CsvOption", "EndpointOption", "FileOption", "FormatOption", "FreshOption", "JsonOption",
    "QuietOption", "State", "TokenOption", "answer", "as_of", "completeness_notes", "coverage", "ecosystem_of",
    "form", "give", "go_to", "initial_state", "is_past", "resolution_of", "standing_notes", "state_of",
]  # fmt: skip
