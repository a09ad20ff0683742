"""What was created or edited since a mark: two listings, newest first. It asks and yields; it stores nothing.

Its pages are not resumable: the second listing's key moves while it is read. Begin again; repeats are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from crawler.errors import Malformed
from crawler.hub import Hub
from crawler.records import Models, Page
from crawler.sweep import listing

OVERLAP = 48 * 3600  # seconds; DESIGN: lists settle late, and clocks differ
UNDATED_PAGES = 3  # in a row: then nothing tells where to stop
BEHIND = 3  # last rows of a page that are older than the mark: one alone may bear a wrong date


def changes(hub: Hub, *, since: int, overlap: int = OVERLAP) -> Generator[Page]:
    """Models created, then models edited, after `since` (seconds since 1970) less the overlap.

    A page that reaches well behind the mark is the last of its listing, and yielded whole.
    """
    mark = since - overlap
    yield from _until(hub, "createdAt", lambda models: models.created_at, mark)
    yield from _until(hub, "lastModified", lambda models: models.modified_at, mark)


def _until(hub: Hub, sort: str, times_of: Callable[[Models], list[int | None]], mark: int) -> Generator[Page]:
    """A listing's pages to the first whose last few dated rows are older than the mark.

    Rows without a time neither stop it nor keep it going: where whole pages have none, it fails by name.
    """
    undated = 0
    for page in hub.pages(hub.list_url(listing(sort=sort))):
        yield page
        times = [time for time in times_of(page.models) if time is not None]
        if times and max(times[-BEHIND:]) < mark:
            return
        undated = 0 if times or not page.models else undated + 1
        if undated >= UNDATED_PAGES:
            raise Malformed(f"sort={sort}: {undated} pages without a single time; sweep instead")
