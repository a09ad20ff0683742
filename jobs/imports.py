"""From a dump's file into the database, as a crawl with the dump's own date."""

from __future__ import annotations

import gc
import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from crawler.apart import apart
from crawler.dumps.columns import LINEAGE
from crawler.dumps.reading import Dump
from crawler.errors import UnreadableDump
from crawler.records import Page
from jobs.pipelines import CutOff, store_pages
from jobs.progress import Progress, say
from jobs.settings import Settings
from jobs.version import PROGRAM
from store import crawls
from store.crawls import CrawlRow
from store.database import file_of, reading_beside, writing
from store.registry.loader import Registry, load_registry
from store.stand_ins import Identities, any_known


class WrongMoment(Exception):
    """A dump whose date is unknown, cannot be, or comes before what the database holds already."""


class NoLineage(Exception):
    """A dump that tells no base of any model, for a database that knows some."""


@dataclass(frozen=True)
class Imported:
    """The import's crawl; `is_new` is false where it was there already."""

    crawl: CrawlRow
    is_new: bool


def run_import(settings: Settings, path: Path, day: date | None) -> Imported:
    """The whole file, as of the end of the day, else of the newest moment in it; resumes one that was cut off.

    Raises `UnreadableDump`, `WrongMoment`, `NoLineage`.
    """
    registry = load_registry(settings.registry)
    dump = Dump(path)
    moment = _moment(dump, path, day)
    if dump.missing:
        say(f"The file has no {', '.join(dump.missing)}: nothing is known of these.")
    with writing(settings.db) as connection:
        question = json.dumps({"sha256": _sha256(path), "date": _iso(moment) if day is None else str(day)})
        before = crawls.imported(connection, question)
        if before:
            return Imported(before, is_new=False)
        _require_newest(connection, settings, moment)
        _require_lineage(connection, settings, dump, path)
        crawl = _begin(connection, path, question, moment)
        return Imported(_store(connection, crawl, dump, moment, registry), is_new=True)


def _moment(dump: Dump, path: Path, day: date | None) -> int:
    """As of when the dump is, in seconds since 1970."""
    now = int(time.time())
    newest = dump.newest(now)
    if day is None:
        if newest is None:
            raise WrongMoment(f"{path} tells no time of any model. Say of which day it is: --date YYYY-MM-DD.")
        say(f"As of {_iso(newest)}, the newest moment in {path.name}; --date YYYY-MM-DD says otherwise.")
        return newest
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if start.timestamp() > now:
        raise WrongMoment(f"--date {day} is in the future. Give the day on which {path.name} was made.")
    ended = int((start + timedelta(days=1)).timestamp()) - 1
    if newest is not None and newest > ended:
        raise WrongMoment(
            f"--date {day} cannot be: {path.name} tells of {_iso(newest)}. Give that day or a later one, or none."
        )
    return min(ended, now)


def _require_newest(connection: sqlite3.Connection, settings: Settings, moment: int) -> None:
    """Crawls are numbered in the order of what they tell of: else no earlier answer could be given again."""
    last = crawls.newest_answers(connection)
    if last is not None and moment < last:
        raise WrongMoment(
            f"{settings.db} holds answers as of {_iso(last)}, later than {_iso(moment)}: history is only added at its "
            "end. Import into a new file (--db NEW.db), the oldest dump first, and crawl into that one from then on."
        )


def _require_lineage(connection: sqlite3.Connection, settings: Settings, dump: Dump, path: Path) -> None:
    """Every reference that is known would end with such a dump."""
    if set(LINEAGE) <= set(dump.missing) and crawls.newest_answers(connection) is not None:
        raise NoLineage(
            f"{path} has none of {', '.join(LINEAGE)}, so it would end every reference that {settings.db} knows. "
            "Import it into a new file: --db NEW.db."
        )


def _begin(connection: sqlite3.Connection, path: Path, question: str, moment: int) -> CrawlRow:
    crawl = crawls.begin_or_resume(
        connection, "import", endpoint=path.name, question=question, now=moment, version=PROGRAM, fresh=False
    )
    if crawl.pages:
        say(f"Resuming crawl {crawl.id} after its page {crawl.pages:,} ({crawl.models:,} models stored).")
    return crawl


def _store(connection: sqlite3.Connection, crawl: CrawlRow, dump: Dump, moment: int, registry: Registry) -> CrawlRow:
    pages_ended = crawl.pages > 0 and crawl.next_url is None
    progress = Progress("import", expected=dump.rows, done=crawl.fetched)
    known = file_of(connection) if any_known(connection, crawl.id) else None
    listing = partial(_listed, path=dump.path, start=int(crawl.next_url or 0), known=known)
    try:
        with closing(apart(listing, _no_hub, on_wait=progress.waiting)) as pages:
            return store_pages(connection, crawl, () if pages_ended else pages, registry, progress, ended=moment)
    except CutOff as problem:
        if isinstance(problem.cause, UnreadableDump):  # the same file will not be better the next time
            crawls.given_up(connection, crawl.id, note=str(problem.cause), now=moment)
            raise problem.cause from problem
        raise


def _listed(_: None, *, path: Path, start: int, known: Path | None) -> Iterator[Page]:
    """The file's pages, in a process of its own; `known` is a database in which names may mean stored models."""
    gc.disable()  # rows by the million hold no cycles, and to look for some takes a fifth of the time
    with reading_beside(known) if known else nullcontext() as connection:
        yield from Dump(path).pages(start, Identities(connection).of)


def _no_hub(*, on_wait: Callable[[float, str], object]) -> AbstractContextManager[None]:  # noqa: ARG001  # never waits
    return nullcontext()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
