"""Where a listing has been, so that one that leads back is told and not followed for ever. It asks nothing.

A server that answers two cursors with one page skips what the other one stood for; one that leads round in a ring,
under addresses that always differ, would be read until the disk is full.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from crawler.parse import Contents
from crawler.seams import identity_of, point_of

AGAIN = 20
"""Pages that open and close with the rows of an earlier one. In a list whose order moves one may by chance."""


class Trail:
    """One listing's addresses, and the first and last rows of its pages."""

    def __init__(self) -> None:
        self._urls: set[str] = set()
        self._pages: set[Hashable] = set()
        self._again = 0
        self.fullest = 0  # rows of a page

    def add(self, url: str, contents: Contents) -> None:
        """A page that is handed on."""
        page = _ends_of(contents)
        self._again += page in self._pages
        self._urls.add(url)
        self.fullest = max(self.fullest, contents.rows)
        if page:
            self._pages.add(page)

    def is_astray(self, url: str, contents: Contents) -> bool:
        """Whether a page is not what its address asks for: an earlier one, or not a row of it below the cursor.

        By creation, below an `_id`, no row comes twice (WIRE); elsewhere it takes several such pages.
        """
        again = _ends_of(contents) in self._pages
        point = point_of(url)
        if point is None:
            return again and self._again + 1 >= AGAIN
        return again or (not contents.unchanged and _has_none_below(point, contents))

    def leads_back(self, here: str, link: str) -> bool:
        """Whether a next link is an address that was asked already, or a cursor that does not go down."""
        point, following = point_of(here), point_of(link)
        return link in self._urls or bool(point and following and following >= point)


def _has_none_below(point: str, contents: Contents) -> bool:
    """Whether there are rows, and none that lies below; the last does as a rule, so hardly any is looked at."""
    hub_ids = _identities(reversed(contents.models.hub_ids), reversed(contents.unread.texts))
    last = next(hub_ids, None)
    return last is not None and last >= point and all(hub_id >= point for hub_id in hub_ids)


def _ends_of(contents: Contents) -> Hashable:
    """What tells a page from others; None where it has no row that can."""
    hub_ids, texts, unchanged = contents.models.hub_ids, contents.unread.texts, contents.unchanged
    told = (*_identities(hub_ids[:1], texts[:1]), *_identities(hub_ids[-1:], texts[-1:]))
    ends = told, (unchanged[0], unchanged[-1]) if unchanged else ()
    return ends if any(ends) else None


def _identities(hub_ids: Iterable[bytes], texts: Iterable[bytes]) -> Iterator[str]:
    """Of models, and of rows that are still to be read; one of both there are none of."""
    yield from (hub_id.hex() for hub_id in hub_ids)
    yield from (hub_id for text in texts if (hub_id := identity_of(text)))
