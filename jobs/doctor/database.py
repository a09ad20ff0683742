"""Checks of the database: sound, private, and of last night."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jobs.doctor.check import Check
from store import crawls
from store.database import reading
from store.errors import NoDatabase, StoreError

OLD_AFTER_DAYS = 2


def soundness(db: Path) -> Iterator[Check]:
    """Whether every page of the file is in order, and who may read it."""
    try:
        with reading(db) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except NoDatabase as error:
        yield Check("database", "warning", f"none at {db}", str(error))
        return
    except (StoreError, sqlite3.Error) as error:
        found = str(error)
    if found == "ok":
        yield Check("database", "ok", f"{db}: sound")
    else:
        yield Check("database", "problem", f"{db}: {found}", f"modelroots --db {db} restore BACKUP --force")
    yield _privacy(db)


def _privacy(db: Path) -> Check:
    mode = stat.S_IMODE(db.stat().st_mode)
    if mode & 0o077:
        return Check("private", "warning", f"others may read {db} (mode {mode:o})", f"chmod 600 {db}")
    return Check("private", "ok", f"{db} is its owner's alone")


def timeliness(db: Path, cron: str, now: float) -> Iterator[Check]:
    """How old the last complete sweep is, and whether a night was missed since. `now` in seconds since 1970."""
    try:
        with reading(db) as connection:
            last = crawls.last_complete_sweep(connection)
    except (StoreError, sqlite3.Error):
        last = None  # which `soundness` has told
    yield _age(last, now)
    yield _schedule(last, cron, now)


def _age(last: crawls.CrawlRow | None, now: float) -> Check:
    if last is None or last.finished_at is None:
        return Check("last sweep", "warning", "no sweep is complete yet", "modelroots crawl sweep")
    days = (now - last.finished_at) / 86400
    finding = f"crawl {last.id}, {days:.1f} days ago, {last.models:,} models"
    late = days > OLD_AFTER_DAYS
    return Check("last sweep", "warning" if late else "ok", finding, "modelroots nightly" if late else "")


def _schedule(last: crawls.CrawlRow | None, cron: str, now: float) -> Check:
    from jobs.schedule import is_due, trigger  # APScheduler

    moment = datetime.fromtimestamp(now, UTC)
    try:
        following = trigger(cron).get_next_fire_time(None, moment)
    except ValueError as problem:
        advice = "Five fields are needed, as in '30 2 * * *' (MODELROOTS_CRON, or cron in modelroots.toml)."
        return Check("schedule", "problem", f"{cron!r}: {problem}", advice)
    finding = f"{cron} UTC, next at {following:%Y-%m-%d %H:%M} UTC" if following else f"{cron} UTC, which never comes"
    if last and is_due(cron, datetime.fromtimestamp(last.started_at, UTC), moment):
        advice = "Is `modelroots schedule`, cron or the timer running? Set MODELROOTS_CRON to when it does."
        return Check("schedule", "warning", f"{finding}; since crawl {last.id} a run was missed", advice)
    return Check("schedule", "ok" if following else "warning", finding)
