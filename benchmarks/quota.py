"""How long a sweep of the whole Hub takes under its quotas, and whether it ever asks for more than they allow.

Client and replica share a clock that only waits and round trips move: an hour of it is over in seconds. Pages of ten
rows stand for the Hub's 3,250 pages of 1,000. The quota's own time is that of its steady rate, counted with the nine
tenths of each window that the client may use (promise P4). Nothing is stored beforehand: where the client cuts the
list in pieces, it guesses.
"""

from __future__ import annotations

import math
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from benchmarks.ground import SEED, Ground
from benchmarks.measuring import FULL, Line, Measurement, Target
from crawler.endpoint import next_link
from crawler.limits import SPARED, read_quota
from crawler.replica.catalogue import Catalogue
from crawler.replica.clock import Clock
from crawler.replica.distance import FarHub
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from crawler.sweep import by_creation

PAGES = 3_250
FEWER = 1_250
"""Beside a smaller Hub: still more than the first two quotas have room for in a window."""

QUOTAS = (500, 1_000, 10_000)
WINDOW = 300
ALLOWED = 1.05
ROUND_TRIP = 0.22
"""Seconds a request; WIRE: 3,004 pages took 1,649 s, of which 996 s were waits."""
ROWS = 10
_QUESTION = [("sort", "createdAt"), ("limit", str(ROWS))]


def measure(ground: Ground, pages: int | None = None) -> list[Line]:
    """One round: nothing in it depends on the machine."""
    pages = pages or (PAGES if ground.models >= FULL else FEWER)
    catalogue = generate(pages * ROWS, SEED)
    return [_line(catalogue, size) for size in QUOTAS]


def _line(catalogue: Catalogue, size: int) -> Line:
    ours, theirs = Measurement("sweep", "s"), Measurement("sequential requests until refused", "s")
    seconds, replica = _swept(catalogue, size)
    ours.add(seconds)
    their_seconds, their_replica = _asked_until_refused(catalogue, size)
    theirs.add(their_seconds)
    pages, used = math.ceil(len(catalogue) / ROWS), replica.most_used / size
    own_time = pages / (size * (1 - SPARED)) * WINDOW
    target = Target(
        f"at most {ALLOWED} x {own_time:,.0f} s, never over 90 % of the quota",
        -1 if used > 1 - SPARED else ALLOWED * own_time,
        at_any_size=True,
    )
    remark = (
        f"injected clock, {ROUND_TRIP} s a request; {replica.requests:,} requests, at most {used:.1%} of the quota in "
        f"a window, {_refused(replica)} over it, the peer's {_refused(their_replica)}"
    )
    return Line(f"quota: {pages:,} pages under {size:,}/{WINDOW}", ours, target, (theirs,), remark)


def _replica(catalogue: Catalogue, size: int, clock: Clock) -> Replica:
    return Replica(catalogue, quota=f"{size}/{WINDOW}", clock=clock.read, keep_log=True)


def _refused(replica: Replica) -> int:
    return sum(1 for _, _, status in replica.log if status == 429)


def _swept(catalogue: Catalogue, size: int) -> tuple[float, Replica]:
    """The seconds that our client takes for all pages, and the replica that it asked."""
    clock = Clock()
    replica = _replica(catalogue, size, clock)
    with running(replica) as url, FarHub(url, clock=clock, round_trip=ROUND_TRIP) as hub:
        for _ in by_creation(hub, hub.list_url(_QUESTION)):
            pass
    return clock.read(), replica


def _asked_until_refused(catalogue: Catalogue, size: int) -> tuple[float, Replica]:
    """The same for one that goes on until it is refused, and then waits for as long as it is told."""
    clock = Clock()
    replica = _replica(catalogue, size, clock)
    with running(replica) as url, closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        following: str | None = f"{url}/api/models?{urlencode(_QUESTION)}"
        while following:
            connection.request("GET", following.removeprefix(url))
            answer = connection.getresponse()
            answer.read()
            clock.wait(ROUND_TRIP)
            quota = read_quota(dict(answer.headers.items()))
            if answer.status == 429 and quota:
                clock.wait(quota.reset_in + 1)
            else:
                following = next_link(url, answer.headers.get("Link", ""))
    return clock.read(), replica
