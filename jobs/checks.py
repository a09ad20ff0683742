"""What `doctor` looks at: each check is a function that says `ok`, `warning` or `problem`, and why."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from jobs.settings import Settings
from store import crawls
from store.database import reading
from store.errors import NoDatabase, StoreError
from store.registry.loader import lint, load_registry

State = Literal["ok", "warning", "problem"]

WAL_FIXED = (3, 51, 3)
OLD_AFTER_DAYS = 2
BYTES_A_SWEEP = 2 * 2**30
"""Room for a first sweep of the whole Hub with its write-ahead log."""


@dataclass(frozen=True)
class Check:
    """One finding. `advice` is what to do about it, empty where it is ok."""

    name: str
    state: State
    finding: str
    advice: str = ""


def examine(settings: Settings, token: str | None, *, offline: bool) -> Iterator[Check]:
    """All checks, from the machine outwards to the Hub."""
    yield _python()
    yield _sqlite()
    yield from _database(settings)
    yield _space(settings)
    yield _registry(settings)
    if not offline:
        yield _hub(settings, token)


def _python() -> Check:
    return Check("python", "ok", sys.version.split()[0])


def _sqlite() -> Check:
    finding = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info >= WAL_FIXED:
        return Check("sqlite", "ok", finding)
    return Check(
        "sqlite",
        "ok",
        f"{finding}, which has the WAL-reset bug of 3.7.0 to 3.51.2; "
        "it needs two writers at once, and the lock beside the database allows one",
    )


def _database(settings: Settings) -> Iterator[Check]:
    try:
        with reading(settings.db) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            last = crawls.last_complete_sweep(connection)
    except NoDatabase as error:
        yield Check("database", "warning", f"none at {settings.db}", str(error))
        return
    except (StoreError, sqlite3.Error) as error:
        yield Check("database", "problem", str(error), "Restore a backup, or move the file away and crawl again.")
        return
    if found != "ok":
        yield Check("database", "problem", f"{settings.db}: {found}", "Restore a backup, or crawl into a new file.")
        return
    yield Check("database", "ok", f"{settings.db}: sound")
    yield _age(last)


def _age(last: crawls.CrawlRow | None) -> Check:
    if last is None or last.finished_at is None:
        return Check("last sweep", "warning", "no sweep is complete yet", "modelroots crawl sweep")
    days = (time.time() - last.finished_at) / 86400
    finding = f"crawl {last.id}, {days:.1f} days ago, {last.models:,} models"
    late = days > OLD_AFTER_DAYS
    return Check("last sweep", "warning" if late else "ok", finding, "modelroots nightly" if late else "")


def _space(settings: Settings) -> Check:
    folder = settings.db.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= BYTES_A_SWEEP
    advice = "" if enough else f"A sweep of the whole Hub may need {BYTES_A_SWEEP / 2**30:.0f} GiB."
    return Check("free space", "ok" if enough else "warning", f"{free / 2**30:,.1f} GiB in {folder}", advice)


def _registry(settings: Settings) -> Check:
    try:
        registry = load_registry(settings.registry)
    except StoreError as error:
        return Check("registry", "problem", str(error), "Mend the file, or leave --registry out.")
    wants = lint(registry)
    if wants:
        return Check("registry", "warning", f"{len(wants)} remarks, first: {wants[0]}", "modelroots families --json")
    return Check("registry", "ok", f"{len(registry.families)} families")


def _hub(settings: Settings, token: str | None) -> Check:
    from crawler.errors import CrawlError
    from crawler.hub import Hub

    try:
        with Hub(settings.endpoint, token=token) as hub:
            hub.get(hub.list_url([("limit", "1"), ("sort", "createdAt"), ("expand", "createdAt")]))
            quota = hub.quota
    except (CrawlError, ValueError) as error:
        return Check("hub", "problem", str(error), "Check --endpoint and HF_TOKEN; --offline leaves this out.")
    told = f"{quota.remaining:,} of {quota.limit:,} requests left" if quota else "it tells no quota"
    return Check("hub", "ok", f"{settings.endpoint}: {told}; {'with a token' if token else 'no token'}")
