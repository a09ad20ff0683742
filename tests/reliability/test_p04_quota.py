"""P4: never above nine tenths of a quota, no request too soon after a 429, and a bad night still ends.

The clock is one that only waiting moves: hours are over in seconds.
"""

from __future__ import annotations

import random
import re

import pytest
from starlette.requests import Request
from starlette.responses import Response

from crawler.replica.catalogue import Catalogue
from crawler.replica.clock import Clock
from crawler.replica.distance import FarHub
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from crawler.sweep import by_creation
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled

HUBS = scaled(4, 60)
NIGHTS = scaled(1, 5)
PAGES = scaled(150, 3250)
ROWS = 5
ROUND_TRIP = 0.3
MOMENT = 0.001
FORMS = ("429", "429-html", "429-seconds", "429-no-t", "429-huge-t", "429-negative-t")
LONGEST_WINDOW = 300


class Timed(Replica):
    """Keeps when it was asked, what it answered, and for how long that answer forbids to ask."""

    def __init__(self, catalogue: Catalogue, clock: Clock, *, quota: str, faults: str, seed: int) -> None:
        super().__init__(catalogue, quota=quota, faults=faults, seed=seed, clock=clock.read)
        self._now = clock.read
        self.asked: list[tuple[float, int, float]] = []

    def _answer(self, request: Request) -> Response:
        at = self._now()
        answer = super()._answer(request)
        self.asked.append((at, answer.status_code, forbidden(answer)))
        return answer


def forbidden(answer: Response) -> float:
    """Seconds for which a 429 forbids to ask: t + 1 where nothing is left, or as `Retry-After` says."""
    if answer.status_code != 429:
        return 0.0
    if "Retry-After" in answer.headers:
        return float(answer.headers["Retry-After"])
    left = re.search(r"r=(\d+)(?:;t=(-?\d+))?", answer.headers["RateLimit"])
    if left is None or int(left[1]):
        return 0.0
    told = LONGEST_WINDOW if left[2] is None else int(left[2])
    return min(max(told, 0), LONGEST_WINDOW) + 1


def swept(replica: Replica, clock: Clock, *, seed: int) -> int:
    """How many models a sweep lists."""
    with running(replica) as url, FarHub(url, clock=clock, round_trip=ROUND_TRIP, rng=random.Random(seed)) as hub:
        pages = by_creation(hub, hub.list_url([("sort", "createdAt"), ("limit", str(ROWS))]))
        return sum(len(page.models) for page in pages)


def asked_too_soon(hub: Timed) -> list[tuple[float, float]]:
    """(seconds that had to pass, seconds that passed) where it was too few.

    What other chains had asked before the refusal had come to them is no matter.
    """
    refusals = [(at, must) for at, _, must in hub.asked if must]
    gaps = [
        (must, round(then - at, 3))
        for at, must in refusals
        for then, _, _ in hub.asked
        if then > at + ROUND_TRIP + MOMENT
    ]
    return [(must, gap) for must, gap in gaps if gap < must]


@pytest.mark.parametrize("faults", ["", "503@0.05,429-left@0.03"])
def test_no_window_sees_more_than_nine_tenths_of_its_quota(faults: str, tried: Tried) -> None:
    draw = random.Random(SEED)
    over = []
    for seed in range(SEED, SEED + HUBS):
        clock, size = Clock(), draw.choice((20, 30, 100, 500, 5000))
        models = ROWS * draw.randint(30, 120) + 1
        hub = Timed(generate(models, seed), clock, quota=f"{size}/300", faults=faults, seed=seed)
        listed = swept(hub, clock, seed=seed)
        if hub.most_used > size * 0.9 or listed != models:
            over.append((seed, size, hub.most_used, listed, models))
    assert over == []
    tried(f"sweeps under quotas of 20 to 5,000 requests{', with faults' if faults else ''}", HUBS, "never above 90 %")


@pytest.mark.parametrize("form", FORMS)
def test_after_a_429_no_request_comes_before_its_time(form: str, tried: Tried) -> None:
    clock = Clock()
    hub = Timed(generate(200, SEED), clock, quota="5000/300", faults=f"{form}@0.2", seed=SEED)
    swept(hub, clock, seed=SEED)
    refused = sum(status == 429 for _, status, _ in hub.asked)
    assert refused
    assert asked_too_soon(hub) == []
    tried(f"refusals of the form `{form}`", refused, "no request before t + 1 s, or what `Retry-After` says")


def test_a_night_of_a_tenth_429_and_5xx_ends(tried: Tried) -> None:
    ended = []
    for seed in range(SEED, SEED + NIGHTS):
        clock, models = Clock(), PAGES * ROWS
        faults = "429@0.03,429-left@0.02,500@0.01,502@0.01,503@0.02,504@0.01"
        hub = Timed(generate(models, seed), clock, quota="500/300", faults=faults, seed=seed)
        ended.append((swept(hub, clock, seed=seed), hub.most_used <= 450, asked_too_soon(hub)))
    assert ended == [(PAGES * ROWS, True, [])] * NIGHTS
    tried(
        f"nights of {PAGES:,} pages with a tenth 429 and 5xx",
        NIGHTS,
        "all ended with every model",
    )
