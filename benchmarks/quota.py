"""How long a sweep of the whole Hub takes under its quotas, and whether it ever asks for more than they allow.

Client and replica share a clock that only waits and round trips move: an hour of it is over in seconds. Pages of one
row stand for the Hub's 3,250 pages of 1,000. The quota's own time is that of its steady rate, counted with the nine
tenths of each window that the client may use (promise P4).
"""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from benchmarks.ground import SEED, Ground
from benchmarks.measuring import Line, Measurement, Target
from crawler.endpoint import next_link
from crawler.hub import Hub
from crawler.limits import SPARED, read_quota
from crawler.replica.catalogue import Catalogue
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running

PAGES = 3_250
QUOTAS = (500, 1_000, 10_000)
WINDOW = 300
ALLOWED = 1.05
ROUND_TRIP = 0.22
"""Seconds a request; WIRE: 3,004 pages took 1,649 s, of which 996 s were waits."""
_QUESTION = [("sort", "createdAt"), ("limit", "1")]


class _Clock:
    """Seconds that pass only while somebody waits."""

    seconds = 0.0

    def read(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def measure(ground: Ground, pages: int = PAGES) -> list[Line]:
    """One round: nothing in it depends on the machine. Always of a whole Hub: a smaller one would fit into a window."""
    del ground
    catalogue = generate(pages, SEED)
    return [_line(catalogue, size) for size in QUOTAS]


def _line(catalogue: Catalogue, size: int) -> Line:
    ours, theirs = Measurement("sweep", "s"), Measurement("sequential requests until refused", "s")
    seconds, refused = _swept(catalogue, size)
    ours.add(seconds)
    their_seconds, their_refused = _asked_until_refused(catalogue, size)
    theirs.add(their_seconds)
    own_time = len(catalogue) / (size * (1 - SPARED)) * WINDOW
    target = Target(
        f"at most {ALLOWED} x {own_time:,.0f} s, never over the quota",
        -1 if refused else ALLOWED * own_time,
        at_any_size=True,
    )
    remark = f"injected clock, {ROUND_TRIP} s a request; {refused} requests over the quota, the peer's {their_refused}"
    return Line(f"quota: {len(catalogue):,} pages under {size:,}/{WINDOW}", ours, target, (theirs,), remark)


def _replica(catalogue: Catalogue, size: int, clock: _Clock) -> Replica:
    return Replica(catalogue, quota=f"{size}/{WINDOW}", clock=clock.read, keep_log=True)


def _refused(replica: Replica) -> int:
    return sum(1 for _, _, status in replica.log if status == 429)


def _swept(catalogue: Catalogue, size: int) -> tuple[float, int]:
    """The seconds that our client takes for all pages, and how often it was refused."""
    clock = _Clock()
    replica = _replica(catalogue, size, clock)
    with running(replica) as url, Hub(url, clock=clock.read, sleep=clock.wait) as hub:
        for _ in hub.pages(hub.list_url(_QUESTION)):
            clock.wait(ROUND_TRIP)
    return clock.seconds, _refused(replica)


def _asked_until_refused(catalogue: Catalogue, size: int) -> tuple[float, int]:
    """The same for one that goes on until it is refused, and then waits for as long as it is told."""
    clock = _Clock()
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
    return clock.seconds, _refused(replica)
