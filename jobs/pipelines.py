"""The nightly job and its steps, each readable as the data's way: Hub -> pages -> rows -> answers -> snapshot."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain

from crawler.apart import apart, collecting_seldom
from crawler.changes import changes
from crawler.errors import CrawlError
from crawler.hub import Hub
from crawler.known import KnownRows
from crawler.records import Page
from crawler.sweep import sweep
from crawler.walk import walk
from jobs.bases import cost, find_bases
from jobs.completeness import measure
from jobs.progress import Progress, say
from jobs.renames import A_NIGHT, Found, look_up
from jobs.settings import Settings
from jobs.snapshots import Outcome, make_in, retention
from jobs.version import PROGRAM
from store import crawls
from store.completeness import Known
from store.computation import compute
from store.crawls import CrawlRow
from store.database import transaction, writing
from store.kept import Kept, taking
from store.known import fingerprints
from store.registry.loader import Registry, load_registry
from store.seams import seams
from store.standing import standing
from store.writer import PageWriter

HELD = 8
"""Pages of `changes` that are fetched, and not written yet, while the last ones are committed: about 1 MB each. It
begins again where it is cut off, so they are lost to nobody.
"""
NOTHING = "Nothing to start from: no sweep is complete in {}. Run `modelroots crawl sweep` first."


class NothingToStartFrom(Exception):
    """`changes` needs a finished crawl to go on from."""


class CutOff(Exception):
    """A crawl that the Hub's answers ended; `crawl` is its row. What it stored is kept, and it can be resumed."""

    def __init__(self, crawl: CrawlRow, cause: CrawlError) -> None:
        kept = f" Its {crawl.pages:,} pages are stored: the same command goes on from there." if crawl.pages else ""
        text = str(cause)
        super().__init__(f"{text if text.endswith(('.', '?')) else text + '.'}{kept}")
        self.crawl = crawl
        self.cause = cause


@dataclass(frozen=True)
class Night:
    """What a nightly run made; `snapshot` is None where the sweep was partial, or tracked bases fell short."""

    crawl: CrawlRow
    snapshot: Outcome | None
    short: list[Known]


def nightly(settings: Settings, token: str | None, *, accept: bool = False, lookups: int = A_NIGHT) -> Night:
    """The whole job: sweep, compute, compare with the Hub's own counts, look renames up, snapshot.

    A run that knows too few of what the Hub tells of is kept, and published only if it is accepted (METHOD, section 4).
    What it could not do it raises; what it did is kept.
    """
    retention(settings)  # what is wrong there is told now, not after hours of a crawl
    crawl = run_sweep(settings, token, fresh=False)
    with writing(settings.db) as connection:
        _compare_with_the_hub(connection, crawl.id, settings, token)
        _look_renames_up(connection, settings, token, lookups)
        basis = standing(connection)
        published = basis.whole and (accept or not basis.short)
        made = make_in(connection, settings, accept=accept) if published else None
    return Night(crawl, made, basis.short)


def _compare_with_the_hub(connection: sqlite3.Connection, crawl_id: int, settings: Settings, token: str | None) -> None:
    """A Hub that fails now leaves the night without its completeness, and nothing else is lost."""
    try:
        with _hub(settings, token, Progress("completeness", expected=None)) as hub:
            measure(connection, crawl_id, hub, load_registry(settings.registry))
    except CrawlError as problem:
        say(f"Completeness was not measured: {problem}")


def _look_renames_up(connection: sqlite3.Connection, settings: Settings, token: str | None, most: int) -> None:
    """A Hub that fails now leaves the rest to the next night."""
    found: list[Found] = []
    try:
        found.extend(run_renames(connection, settings, token, most=most))
    except CrawlError as problem:
        say(f"Renames were not looked up: {problem}")
    if found:
        renamed = sum(one.now is not None for one in found)
        say(f"Of {len(found):,} names that dangle {renamed:,} lead to a model, from the next crawl on.")


def run_renames(connection: sqlite3.Connection, settings: Settings, token: str | None, *, most: int) -> Iterator[Found]:
    """What the Hub says of names that dangle as of the last crawl; each is stored before it is told."""
    with _hub(settings, token, Progress("renames", expected=None)) as hub:
        yield from look_up(connection, standing(connection).crawl, hub, most, now=int(time.time()))


def run_sweep(settings: Settings, token: str | None, *, fresh: bool) -> CrawlRow:
    """The whole Hub, newest first; resumes a sweep of the same endpoint that was cut off."""
    registry = load_registry(settings.registry)
    with writing(settings.db) as connection:
        crawl = _begin(connection, "sweep", settings, {}, fresh=fresh)
        before = crawls.last_complete_picture(connection)
        progress = Progress("sweep", expected=before.models if before else None, done=crawl.fetched)
        listing_ended = crawl.pages > 0 and crawl.next_url is None
        hub = partial(Hub, settings.endpoint, token=token)
        known = KnownRows(*fingerprints(connection))
        listing = partial(sweep, start=crawl.next_url, known=known, seams=seams(connection))
        with closing(apart(listing, hub, on_wait=progress.waiting)) as pages:
            return store_pages(connection, crawl, () if listing_ended else pages, registry, progress)


def run_changes(settings: Settings, token: str | None, *, fresh: bool) -> CrawlRow:
    """What was created or edited since the last finished crawl that saw the whole Hub began.

    Raises `NothingToStartFrom` where there is none.
    """
    registry = load_registry(settings.registry)
    with writing(settings.db) as connection:
        since = crawls.mark(connection)
        if since is None:
            raise NothingToStartFrom(NOTHING.format(settings.db))
        crawl = _begin(connection, "changes", settings, {"since": since}, fresh=fresh)
        progress = Progress("changes", expected=None)
        with _hub(settings, token, progress) as hub, taking(connection) as take:
            return store_pages(connection, crawl, changes(hub, since=since), registry, progress, take=take, held=HELD)


def run_walk(settings: Settings, token: str | None, names: list[str], *, depth: int | None, fresh: bool) -> CrawlRow:
    """What derives from the named families or models, breadth first; says beforehand what it will cost.

    A walk that was cut off asks for no list again that is stored whole.
    """
    registry = load_registry(settings.registry)
    with writing(settings.db) as connection:
        progress = Progress("walk", expected=None)
        with _hub(settings, token, progress) as hub:
            own = [found for name in names for found in find_bases(hub, name, registry)]
            bases = list(dict.fromkeys(base for found in own for base in found.names))
            say(cost(connection, own, bases, depth, settings.endpoint))
            crawl = _begin(connection, "walk", settings, {"bases": names, "depth": depth}, fresh=fresh)
            listed = partial(crawls.base_listed, connection, crawl.id)
            first = () if crawl.pages else (found.page for found in own if found.page.requests)
            pages = chain(first, walk(hub, bases, depth=depth, listed=listed))
            return store_pages(connection, crawl, pages, registry, progress)


def _begin(
    connection: sqlite3.Connection, kind: str, settings: Settings, question: dict[str, object], *, fresh: bool
) -> CrawlRow:
    crawl = crawls.begin_or_resume(
        connection,
        kind,
        endpoint=settings.endpoint,
        question=json.dumps(question),
        now=int(time.time()),
        version=PROGRAM,
        fresh=fresh,
    )
    if crawl.pages:
        say(f"Resuming crawl {crawl.id} after its page {crawl.pages:,} ({crawl.models:,} models stored).")
    return crawl


def store_pages(
    connection: sqlite3.Connection,
    crawl: CrawlRow,
    pages: Iterable[Page],
    registry: Registry,
    progress: Progress,
    *,
    ended: int | None = None,
    take: Callable[[], Kept | None] | None = None,
    held: int = 0,
) -> CrawlRow:
    """Page after page into the database; then, in one transaction, the end of the crawl and its answers.

    `ended` is as of when they are where that is not now; `take` gives what the last computation kept, where it
    is had already; `held` is how many pages may be fetched while the ones before them are committed, and are lost with
    them if the program is killed: none of a crawl that goes on where it was.
    """
    try:
        with closing(progress), collecting_seldom(), PageWriter(connection, crawl.id, beside=held > 0) as writer:
            for page in _meanwhile(pages, writer, held):
                progress.advance(writer.write(page), page.requests_left)
        with transaction(connection):
            writer.index_names()
            now = int(time.time()) if ended is None else ended
            finished = crawls.finish(connection, crawl.id, writer.listed, now=now)
            compute(connection, crawl.id, registry, now=now, take=take)
            crawls.forget_pages(connection)
    except CrawlError as problem:
        row = crawls.stopped(connection, crawl.id, note=str(problem), now=int(time.time()))
        raise CutOff(row, problem) from problem
    except KeyboardInterrupt:
        row = crawls.stopped(connection, crawl.id, note="interrupted", now=int(time.time()))
        say(f"\nInterrupted. {row.pages:,} pages are stored; the same command goes on from there.")
        raise
    return finished


def _meanwhile(pages: Iterable[Page], writer: PageWriter, most: int) -> Iterator[Page]:
    """The pages in their order; while the writer commits, so many more are fetched. What has come is not lost where an
    error ends them.
    """
    held: deque[Page] = deque()
    try:
        for page in pages:
            held.append(page)
            while held and (len(held) > most or not writer.is_committing):
                yield held.popleft()
    except (CrawlError, KeyboardInterrupt):
        yield from held
        raise
    yield from held


def _hub(settings: Settings, token: str | None, progress: Progress) -> Hub:
    return Hub(settings.endpoint, token=token, on_wait=progress.waiting)
