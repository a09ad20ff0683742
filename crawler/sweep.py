"""The whole Hub, newest first, resumable at any page. It asks and yields; it stores nothing."""

from __future__ import annotations

from collections.abc import Generator

from crawler.expand import EXPAND as EXPAND
from crawler.hub import Hub
from crawler.known import NOTHING, KnownRows
from crawler.records import Page

PAGE_SIZE = "1000"  # WIRE: the largest that a Hub gives


def listing(*, sort: str | None = None, base: str | None = None, publisher: str | None = None) -> list[tuple[str, str]]:
    """A listing's parameters: in some order, of one model's derivatives or of one publisher; all fields we read."""
    chosen = [
        ("sort", sort),
        ("filter", base and f"base_model:{base}"),
        ("author", publisher),
        ("limit", PAGE_SIZE),
    ]
    return [(name, value) for name, value in chosen if value] + [("expand", word) for word in EXPAND]


def sweep(hub: Hub, *, start: str | None = None, known: KnownRows = NOTHING) -> Generator[Page]:
    """Every model, by creation, newest first: a key that does not move, so nothing is skipped or repeated.

    `start` is a page's stored `next_url` to go on at; `ForeignLink` where it is not of this endpoint. Of rows
    that are `known` by their text the pages hold the numbers alone.
    """
    return hub.pages(start or hub.list_url(listing(sort="createdAt")), known=known)
