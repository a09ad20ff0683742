"""Where a sweep by creation can be cut in pieces: cursors made up from `_id`s, and whether a piece fits its neighbour.

Pure. An `_id` opens with its model's creation, so any 24 hex digits are a point in time (WIRE, "Pages").
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from statistics import median
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from crawler.rows import split_rows

PAGES_A_PIECE = 6
"""Of a piece whose end is guessed. Half a page of each is asked for twice, and a piece is held while those before it
are on their way: longer ones spare requests and need more memory."""
LATELY = 9
"""Pages whose width tells how wide the next ones will be: some three days of the Hub's newest."""
ABOVE_ALL = "g"
"""Sorts behind every `_id`."""
_HUB_ID = re.compile(r"[0-9a-f]{24}")


# Cursors


def point_of(url: str) -> str | None:
    """The `_id` that a listing's address goes on below; None where its cursor says something else, or is none."""
    try:
        cursor = parse_qs(urlsplit(url).query)["cursor"][0]
        condition = json.loads(base64.b64decode(cursor, validate=True))
        hub_id = condition["_id"]["$lt"].lower()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return hub_id if list(condition) == ["_id"] and _HUB_ID.fullmatch(hub_id) else None


def made_up(url: str, hub_id: str) -> str:
    """The same listing, going on below this `_id`."""
    condition = json.dumps({"_id": {"$lt": hub_id}}, separators=(",", ":"))
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "cursor"]
    query = urlencode([*kept, ("cursor", base64.b64encode(condition.encode()).decode())])
    return urlunsplit(parts._replace(query=query))


# Rows


class _Identity(msgspec.Struct, gc=False):
    hub_id: str = msgspec.field(name="_id")


_identities = msgspec.json.Decoder(list[_Identity])
_identity = msgspec.json.Decoder(_Identity)


def identities(body: bytes) -> list[str]:
    """The `_id`s of a page's rows, in its order; rows without a sound one are left out. Raises `Malformed`."""
    try:
        found = [row.hub_id.lower() for row in _identities.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [hub_id for row in split_rows(body) if (hub_id := identity_of(row))]
    return [hub_id for hub_id in found if _HUB_ID.fullmatch(hub_id)]


def identity_of(row: bytes) -> str | None:
    """A row's `_id`; None where it has no sound one."""
    try:
        hub_id = _identity.decode(row).hub_id.lower()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return hub_id if _HUB_ID.fullmatch(hub_id) else None


def is_below(hub_ids: Iterable[str], point: str) -> bool:
    """Whether a page is what a listing that goes on below this `_id` may hold."""
    return all(hub_id < point for hub_id in hub_ids)


def agree(own: Sequence[str], found: Sequence[str]) -> bool:
    """Whether what a chain has below a seam (`own`) is how the piece below it begins (`found`).

    Both are a page's `_id`s, highest first. Some may have been deleted or made public between the two answers.
    """
    if not own or not found:
        return False
    lowest = max(own[-1], found[-1])
    here, there = ({hub_id for hub_id in page if hub_id >= lowest} for page in (own, found))
    return bool(here & there) and len(here ^ there) <= 3 + len(here) // 10


# Pieces


class Plan:
    """Where the next piece ends: at a stored seam, or where the width of the latest pages lets expect it.

    `stored` are `_id`s, each less than a page from the next, as far as anything is stored.
    """

    def __init__(self, stored: Iterable[str] = ()) -> None:
        self._stored = sorted(stored)
        self._widths: deque[int] = deque(maxlen=LATELY)
        self._reached = ABOVE_ALL

    def learn(self, highest: str, lowest: str) -> None:
        """A page whose rows lie between these two."""
        self._widths.append(max(int(highest, 16) - int(lowest, 16), 1))
        self._reached = min(self._reached, lowest)

    def end_of(self, point: str) -> str | None:
        """The `_id` at which a piece that begins below `point` ends; None where nothing lies lower.

        Where a page has been met that reaches below the point, as over a time in which nothing was created, the
        piece goes on from that page's end.
        """
        point = min(point, self._reached)
        guess = self._guessed_below(point)
        place = bisect_left(self._stored, point)
        stored = self._stored[place - 1] if place else None
        return stored if stored and (guess is None or stored >= guess) else guess

    def _guessed_below(self, point: str) -> str | None:
        if not self._widths:
            return None
        lowest = int(point, 16) - int(median(self._widths)) * PAGES_A_PIECE
        return f"{lowest:024x}" if lowest > 0 else None
