"""Breadth first from chosen bases, along `filter=base_model:...`. It asks and yields; it stores nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable

from crawler.errors import CrawlError, ForeignLink, NotFound, ServerFault
from crawler.hub import Hub
from crawler.records import BaseDetail, Page
from crawler.sweep import PAGE_SIZE, listing

FAILURES_IN_A_ROW = 3  # lists that fail one after the other mean the server, not the lists

Listed = Callable[[str], list[str] | None]


def look_up(hub: Hub, names: Iterable[str]) -> list[BaseDetail]:
    """The bases' own records, in order; a name that cannot be read raises `NotFound` or `Unauthorized`."""
    return [hub.detail(name) for name in names]


def of_publisher(hub: Hub, publisher: str) -> Generator[Page]:
    """All models of one publisher."""
    return hub.pages(hub.list_url(listing(publisher=publisher)))


def expected_requests(details: Iterable[BaseDetail], depth: int | None = None) -> int:
    """The least number of requests that a walk takes: the derivatives of derivatives are not known beforehand.

    One for each 1,000 children of a base, and at a depth beyond 1 one for every child's own list.
    """
    total = 0
    for detail in details:
        children = sum((detail.children or {}).values())
        total += max(1, -(-children // int(PAGE_SIZE)))
        total += children if depth != 1 else 0
    return total


def walk(hub: Hub, bases: Iterable[str], *, depth: int | None = None, listed: Listed | None = None) -> Generator[Page]:
    """Pages of derivatives, each with its `base`: direct ones first, then theirs, to a depth or to the end.

    Each model's list is asked once, so cycles end. `listed` answers with the children's names where an earlier run
    has stored a base's whole list: that is not asked again. A list that the server cannot give (`NotFound`,
    `ServerFault`) is set aside, the others are read, and its error is raised at the end: a walk that ends without
    one is complete. A token that is not accepted, no network, or three lists failing in a row end it at once.
    """
    seen: set[str] = set()
    queue = deque((base, 1) for base in bases)
    set_aside: list[CrawlError] = []
    in_a_row = 0
    while queue:
        base, level = queue.popleft()
        if base in seen or (depth is not None and level > depth):
            continue
        seen.add(base)
        children = listed(base) if listed else None
        if children is None:
            children = []
            try:
                yield from _noting(_derivatives(hub, base), children)
                in_a_row = 0
            except (NotFound, ServerFault) as problem:
                set_aside.append(problem)
                in_a_row += 1
                if in_a_row >= FAILURES_IN_A_ROW:
                    raise
        queue.extend((child, level + 1) for child in children)
    if set_aside:
        raise set_aside[0]


def _noting(pages: Iterable[Page], names: list[str]) -> Generator[Page]:
    """The same pages, the names on them noted before each is handed on."""
    for page in pages:
        names.extend(page.models.repo_ids)
        yield page


def _derivatives(hub: Hub, base: str) -> Generator[Page]:
    """The list of one model's derivatives, begun again once where it breaks in the middle.

    Its cursor holds a token that the server may forget (WIRE), so only the beginning is sure. Repeats do no harm.
    """
    url = hub.list_url(listing(base=base))
    begun = False
    try:
        for page in hub.pages(url, base=base):
            begun = True
            yield page
    except ForeignLink:
        raise
    except CrawlError:
        if not begun:
            raise
        yield from hub.pages(url, base=base)
