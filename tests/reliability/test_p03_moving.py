"""P3: models come, go and change while the list is paged, and none that was there throughout is missed.

`make test` pages a few small Hubs; `make soak` 1,000 times one of 10,000 models, and small ones a hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from crawler.replica.catalogue import Catalogue
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from tests.reliability.conftest import Tried
from tests.reliability.crawling import Crawler, Left, quick
from tests.reliability.soak import SEED, SOAK, scaled, seeds

SMALL = seeds(scaled(5, 100))
MODELS = 350
LARGE = seeds(1000) if SOAK else []
LARGE_MODELS = 10_000
ROWS_A_PAGE = {MODELS: 50, LARGE_MODELS: 200}
HUBS = 20
"""Generated Hubs: seeds beyond so many page one of these again, while other rows change at other moments."""
CHANGES = "create@0.6,rename@0.5,edit@0.9,delete@0.5,hide@0.5,show@0.4"
FAULTS = "503@0.03,cut@0.03,short@0.03"


@cache
def hub_of(models: int, seed: int) -> Catalogue:
    return generate(models, seed)


class Watched(Replica):
    """Keeps which models were listed at every moment of the crawl."""

    def __init__(self, catalogue: Catalogue, *, seed: int) -> None:
        super().__init__(catalogue, quota=None, changes=CHANGES, faults=FAULTS, seed=seed)
        self.throughout = set(catalogue.hub_ids())
        self.ever = set(self.throughout)

    def _answer(self, request: Request) -> Response:
        answer = super()._answer(request)
        now = self.catalogue.hub_ids()
        self.throughout.intersection_update(now)
        self.ever.update(now)
        return answer


@dataclass(frozen=True)
class Paged:
    """What a sweep over a Hub that changes has stored, and which models had to and could be in it."""

    left: Left
    throughout: set[str]
    ever: set[str]
    listed: set[str]


def paged(crawler: Crawler, seed: int, *, models: int, like: Path | None = None) -> Paged:
    """Odd seeds along several chains, even ones along one."""
    hub = Watched(hub_of(models, SEED + seed % HUBS), seed=seed)
    database = crawler.database(like=like)
    with running(hub) as url, quick(ahead=seed % 2 == 1, deadline=60, rows=ROWS_A_PAGE[models]):
        left = crawler.sweep(database, url)
    present = {hub_id for hub_id, _ in left.names}
    missing = {row[0] for row in left.counters if row[5] is not None}
    return Paged(left, hub.throughout, hub.ever, present - missing)


@pytest.fixture(scope="module")
def crawler(tmp_path_factory: pytest.TempPathFactory) -> Crawler:
    return Crawler(tmp_path_factory.mktemp("moving"))


@pytest.mark.parametrize(
    ("models", "some"), [(MODELS, some) for some in SMALL] + [(LARGE_MODELS, some) for some in LARGE], ids=str
)
def test_none_that_was_there_throughout_is_missed(crawler: Crawler, models: int, some: range, tried: Tried) -> None:
    missed, made_up, moved = {}, {}, 0
    for seed in some:
        run = paged(crawler, seed, models=models)
        moved += len(run.ever - run.throughout)
        if not run.left.is_complete or run.left.ledger["quarantined"] or not run.throughout <= run.listed:
            missed[seed] = sorted(run.throughout - run.listed)[:3]
        if not run.listed <= run.ever or not run.left.adds_up:
            made_up[seed] = sorted(run.listed - run.ever)[:3]
    assert (missed, made_up) == ({}, {})
    tried(f"lists of {models:,} models paged while rows change", len(some), "none that was there throughout is missed")
    tried(
        f"models that came or went while lists of {models:,} were paged", moved, "none is listed that never was there"
    )


@pytest.mark.parametrize("some", SMALL, ids=str)
def test_a_model_that_was_there_throughout_is_never_missing_from_a_later_sweep(
    crawler: Crawler, some: range, tried: Tried
) -> None:
    wrong = {}
    for seed in some:
        stored = crawler.database("stored")
        with running(Replica(hub_of(MODELS, SEED + seed % HUBS), quota=None)) as url, quick():
            crawler.sweep(stored, url)
        run = paged(crawler, seed, models=MODELS, like=stored)
        if not run.left.is_complete or run.left.ledger["quarantined"] or not run.throughout <= run.listed:
            wrong[seed] = sorted(run.throughout - run.listed)[:3]
    assert wrong == {}
    tried("a second sweep while rows change", len(some), "nothing that was there throughout became missing")
