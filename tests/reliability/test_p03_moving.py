"""P3: models come, go and change while the list is paged, and none that was there throughout is missed.

`make test` pages small Hubs a few times; `make soak` hundreds, some of 10,000 models.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from crawler.replica.catalogue import Catalogue
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from tests.reliability.conftest import Tried
from tests.reliability.crawling import Crawler, Left, quick
from tests.reliability.soak import SEED, scaled

SEEDS = scaled(5, 300)
LARGE = scaled(0, 4)
MODELS = 350
CHANGES = "create@0.6,rename@0.5,edit@0.9,delete@0.5,hide@0.5,show@0.4"
FAULTS = "503@0.03,cut@0.03,short@0.03"


class Watched(Replica):
    """Keeps which models were listed at every moment of the crawl."""

    def __init__(self, catalogue: Catalogue, *, seed: int) -> None:
        super().__init__(catalogue, quota=None, changes=CHANGES, faults=FAULTS, seed=seed)
        self.throughout = ids_of(catalogue)
        self.ever = set(self.throughout)
        self._last = catalogue

    def look(self) -> None:
        if self.catalogue is not self._last:
            self._last, now = self.catalogue, ids_of(self.catalogue)
            self.throughout &= now
            self.ever |= now

    def _answer(self, request: Request) -> Response:
        answer = super()._answer(request)
        self.look()
        return answer


def ids_of(catalogue: Catalogue) -> set[str]:
    return {json.loads(bytes(text))["_id"] for text in catalogue.texts()}


@dataclass(frozen=True)
class Paged:
    """What a sweep over a Hub that changes has stored, and which models had to and could be in it."""

    left: Left
    throughout: set[str]
    ever: set[str]
    listed: set[str]


def paged(crawler: Crawler, seed: int, *, models: int, like: Path | None = None) -> Paged:
    """Odd seeds along several chains, even ones along one."""
    hub = Watched(generate(models, seed), seed=seed)
    database = crawler.database(like=like)
    with running(hub) as url, quick(ahead=seed % 2 == 1, deadline=60):
        left = crawler.sweep(database, url)
    present = {hub_id for hub_id, _ in left.names}
    missing = {row[0] for row in left.counters if row[5] is not None}
    return Paged(left, hub.throughout, hub.ever, present - missing)


@pytest.fixture(scope="module")
def crawler(tmp_path_factory: pytest.TempPathFactory) -> Crawler:
    return Crawler(tmp_path_factory.mktemp("moving"))


@pytest.mark.parametrize(("models", "seeds"), [(MODELS, SEEDS), *([(10_000, LARGE)] if LARGE else [])])
def test_none_that_was_there_throughout_is_missed(crawler: Crawler, models: int, seeds: int, tried: Tried) -> None:
    missed, made_up, moved = {}, {}, 0
    for seed in range(SEED, SEED + seeds):
        run = paged(crawler, seed, models=models)
        moved += len(run.ever - run.throughout)
        if not run.left.is_complete or run.left.ledger["quarantined"] or not run.throughout <= run.listed:
            missed[seed] = sorted(run.throughout - run.listed)[:3]
        if not run.listed <= run.ever or not run.left.adds_up:
            made_up[seed] = sorted(run.listed - run.ever)[:3]
    assert (missed, made_up) == ({}, {})
    tried(f"lists of {models:,} models paged while rows change", seeds, f"{moved:,} came or went, none else was missed")


def test_a_model_that_was_there_throughout_is_never_missing_from_a_later_sweep(crawler: Crawler, tried: Tried) -> None:
    wrong = {}
    for seed in range(SEED, SEED + SEEDS):
        stored = crawler.database("stored")
        with running(Replica(generate(MODELS, seed), quota=None)) as url, quick():
            crawler.sweep(stored, url)
        run = paged(crawler, seed, models=MODELS, like=stored)
        if not run.left.is_complete or run.left.ledger["quarantined"] or not run.throughout <= run.listed:
            wrong[seed] = sorted(run.throughout - run.listed)[:3]
    assert wrong == {}
    tried("a second sweep while rows change", SEEDS, "nothing that was there throughout became missing")
