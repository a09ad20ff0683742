"""`backup` and `restore`: a copy of the whole database, and such a copy in its place again."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.output import Answer, Form, Format, give, utc
from jobs.cli.state import JsonOption, state_of

if TYPE_CHECKING:
    from store.backups import Contents


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="To be made; else one named after the time, beside the database.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Copies the database as it is now, whole or not at all, while a crawl may be writing; checks the copy."""
    from store.backups import back_up

    path = state_of(context).settings.db
    to = file or path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{path.suffix}")
    _tell(back_up(path, to, force=force, on_step=_Steps("backup")), json=json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="That `backup` made.")],
    force: Annotated[bool, typer.Option("--force", help="Though the database holds something.")] = False,
    json: JsonOption = False,
) -> None:
    """Puts a copy of a backup in the place of the database, once it is whole and checked."""
    from store.backups import restore as put_back

    _tell(put_back(file, state_of(context).settings.db, force=force, on_step=_Steps("restore")), json=json)


def _tell(found: Contents, *, json: bool) -> None:
    item = found._asdict() | {"path": str(found.path), "finished_at": utc(found.finished_at)}
    give(Answer([item], key="path"), Form(Format.JSON if json else Format.TABLE))


class _Steps:
    """How far a copy is, on a terminal, twice a second."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, time.monotonic()

    def __call__(self, left: int, pages: int) -> None:
        if not sys.stderr.isatty() or (time.monotonic() - self._last < 0.5 and left):
            return
        self._last = time.monotonic()
        sys.stderr.write(f"\r{self._what}: {1 - left / max(pages, 1):4.0%}" + "\n" * (not left))
