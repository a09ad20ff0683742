"""The whole Hub, newest first, resumable at any page. It asks and yields; it stores nothing.

One page leads to the next. Where a quota allows more than that takes up, pages are fetched ahead (`crawler.ahead`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Sequence
from statistics import median

import msgspec

from crawler.ahead import below
from crawler.errors import Astray, BadRequest, NotFound
from crawler.expand import EXPAND as EXPAND
from crawler.hub import Hub, Listed
from crawler.known import KnownRows
from crawler.limits import Quota, least_interval
from crawler.records import Page
from crawler.seams import Plan, point_of

PAGE_SIZE = "1000"  # WIRE: the largest that a Hub gives
MEASURED = 8  # pages that tell how long one takes
SHORTEST_ROUND_TRIP = 0.05  # seconds; of a shorter one most is this machine's own work, which threads do not share out
HEADROOM = 1.15  # chains, as a share of what is useful: pieces do not end at a page's end
MOST_CHAINS = 8
FORGOTTEN = "the Hub does not know any more where this sweep was: it is read from the top, and what is stored is kept"


def listing(*, sort: str | None = None, base: str | None = None, publisher: str | None = None) -> list[tuple[str, str]]:
    """A listing's parameters: in some order, of one model's derivatives or of one publisher; all fields we read."""
    chosen = [
        ("sort", sort),
        ("filter", base and f"base_model:{base}"),
        ("author", publisher),
        ("limit", PAGE_SIZE),
    ]
    return [(name, value) for name, value in chosen if value] + [("expand", word) for word in EXPAND]


def sweep(
    hub: Hub, *, start: str | None = None, known: KnownRows | None = None, seams: Sequence[str] = ()
) -> Generator[Page]:
    """Every model, by creation, newest first: a key that does not move, so nothing is skipped or repeated.

    `start` is a page's stored `next_url` to go on at; `ForeignLink` where it is not of this endpoint. Of rows
    that are `known` by their text the pages hold the numbers alone, and the others unread (see `Page`). `seams` are
    `_id`s where the list may be cut for fetching ahead, each less than a page from the next; where there are none they
    are guessed.
    """
    top = hub.list_url(listing(sort="createdAt"))
    pages = by_creation(hub, start or top, known=known, seams=seams)
    return _resumed(hub, pages, by_creation(hub, top, known=known, seams=seams)) if start else pages


def _resumed(hub: Hub, pages: Generator[Page], anew: Generator[Page]) -> Generator[Page]:
    """The pages of a stored address; all of them anew where the server does not know its own cursor any more.

    To have nothing more below it is possible, but hardly ever happens, and a server that has forgotten says so too.
    """
    asked, is_first = hub.requests, True
    try:
        for page in pages:
            if is_first and not (page.next_url or page.rows):
                break
            yield page
            asked, is_first = hub.requests, False
        else:
            return
    except Astray:
        pass
    except (BadRequest, NotFound):
        if not is_first:
            raise
    hub.tell(0.0, FORGOTTEN)
    in_vain = hub.requests - asked
    for page in anew:
        yield msgspec.structs.replace(page, requests=page.requests + in_vain)
        in_vain = 0


def by_creation(hub: Hub, url: str, *, known: KnownRows | None = None, seams: Sequence[str] = ()) -> Generator[Page]:
    """The same for any listing in order of creation."""
    return _ahead_where_useful(hub, hub.chain(url, known=known), known, Plan(seams))


def _ahead_where_useful(hub: Hub, chain: Generator[Listed], known: KnownRows | None, plan: Plan) -> Generator[Page]:
    times = Times()
    point: str | None = None
    for listed in chain:
        began = hub.clock()
        yield listed.page
        times.add(listed.round_trip, listed.reading + hub.clock() - began)
        before, point = point, point_of(listed.page.next_url or "")
        if before and point and point < before:
            plan.learn(before, point)
        chains = times.useful_chains(hub.quota) if point else 1
        if listed.page.next_url and chains > 1:
            break
    else:
        return
    yield from below(hub, listed.page.next_url, chains, plan, known=known)


class Times:
    """What the last pages took, in seconds: the round trip, and the work on it (reading and storing)."""

    def __init__(self) -> None:
        self._round_trips: deque[float] = deque(maxlen=MEASURED)
        self._work: deque[float] = deque(maxlen=MEASURED)

    def add(self, round_trip: float, work: float) -> None:
        self._round_trips.append(round_trip)
        self._work.append(work)

    def useful_chains(self, quota: Quota | None) -> int:
        """How many round trips have to be under way at once, so that work or the quota is all that one waits for.

        1 where the server tells no quota: nothing says then that it would bear more.
        """
        if quota is None or len(self._round_trips) < MEASURED:
            return 1
        round_trip = median(self._round_trips)
        if round_trip < SHORTEST_ROUND_TRIP:
            return 1
        least = max(median(self._work), least_interval(quota))
        return min(math.ceil(HEADROOM * round_trip / least), MOST_CHAINS)
