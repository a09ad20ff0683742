"""P2: a fault at any request leaves the same content, or a crawl that did not end well; never a silent loss.

Every kind that the replica makes, at every request of a first sweep and of a later one, along one chain and along
several; `make test` draws a few of these cases. After each fault an undisturbed run has to mend what is left.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from crawler.replica.catalogue import Catalogue
from crawler.replica.faults import KINDS
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from tests.reliability.conftest import Tried
from tests.reliability.crawling import ROWS_A_PAGE, Crawler, Left, quick
from tests.reliability.soak import SEED, SOAK, scaled, seeds

MODELS = 9 * ROWS_A_PAGE + 20
REQUESTS = 2 + MODELS // ROWS_A_PAGE  # one more than a sweep takes
SOME = 9
MIXES = seeds(scaled(2, 200))
SLOW = {"drip", "refused"}
"""Kinds whose cases take their time: in `make soak` alone."""
QUARANTINES = {"row-text", "row-no-id", "deep"}
"""Kinds whose odd row is told in quarantine; in `deep` it is one of the Hub's models that cannot be read."""
SPOILS = {"nan", "huge-number", "surrogate", "nul", "twice"}
"""Kinds after which a field of one row is another, as the Hub said."""
PASSING = ("429", "429-left", "500", "503", "html", "object", "cut", "drop", "short")
"""None that says less than there is: what a Hub says so twice in a row is believed."""


@dataclass(frozen=True)
class Case:
    kind: str
    number: int
    ahead: bool
    again: bool  # a sweep over what an earlier one has stored

    def __str__(self) -> str:
        return (
            f"{self.kind}@{self.number}, {'ahead' if self.ahead else 'one chain'}, {'again' if self.again else 'first'}"
        )


def cases(kinds: tuple[str, ...]) -> list[Case]:
    every = [Case(*one) for one in product(kinds, range(1, REQUESTS + 1), (False, True), (False, True))]
    return every if SOAK else random.Random(SEED).sample(every, SOME)


class Successive(Replica):
    """One server for Hubs that come one after the other: to start one for each would take longer than to sweep it."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(catalogue, quota=None)
        self.now = Replica(catalogue, quota=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.now(scope, receive, send)


@dataclass(frozen=True)
class Hubs:
    """The rows and where they are served, and what undisturbed sweeps of them leave."""

    crawler: Crawler
    hub: Successive
    url: str
    stored: Path
    first: Left
    again: Left

    def met(self, faults: str, *, ahead: bool, again: bool, seed: int = 0) -> tuple[Left, Left]:
        """What a sweep leaves that meets these faults, and what an undisturbed one after it does.

        The second goes on where the first was cut off.
        """
        database = self.crawler.database(like=self.stored if again else None)
        sleep = _wait_a_little if "refused" in faults else bool
        self.hub.now = Replica(self.hub.catalogue, quota=None, faults=faults, seed=seed)
        with quick(ahead=ahead, sleep=sleep):
            met = self.crawler.sweep(database, self.url)
        _await_door(self.url)
        self.hub.now = Replica(self.hub.catalogue, quota=None)
        with quick():
            return met, self.crawler.sweep(database, self.url)


def _await_door(url: str) -> None:
    """Until the port is open, which may have been closed for a moment."""
    address = urlsplit(url)
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((address.hostname, address.port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the port stays closed"
        else:
            return


def _wait_a_little(_seconds: float) -> None:
    time.sleep(0.1)  # a port that is closed for a moment opens again by the clock alone


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hubs]:
    crawler = Crawler(tmp_path_factory.mktemp("faults"))
    hub = Successive(generate(MODELS, SEED))
    stored = crawler.database("stored")
    with running(hub) as url:
        with quick():
            first = crawler.sweep(stored, url)
            again = crawler.sweep(crawler.database("again", like=stored), url)
        yield Hubs(crawler, hub, url, stored, first, again)


def is_sound(met: Left, whole: Left, kind: str) -> bool:
    """Whether nothing is lost without a word: all is there, or the exit code or the quarantine tells."""
    if not met.is_complete:
        return met.code != 0 and not met.ledger["missing"]
    told: int = met.ledger["quarantined"] - whole.ledger["quarantined"]
    if kind in QUARANTINES and told:
        return len(whole.names - met.names) <= told
    same_counters = kind in SPOILS or met.counters == whole.counters
    return told == 0 and same_counters and (met.names, met.references) == (whole.names, whole.references)


def test_undisturbed_sweeps_store_every_model(hubs: Hubs) -> None:
    assert len(hubs.first.names) + hubs.first.ledger["quarantined"] == MODELS
    assert (hubs.first.names, hubs.first.counters) == (hubs.again.names, hubs.again.counters)


@pytest.mark.parametrize(
    "kinds",
    [(kind,) for kind in KINDS] if SOAK else [tuple(kind for kind in KINDS if kind not in SLOW)],
    ids=lambda kinds: kinds[0] if SOAK else "some",
)
def test_a_fault_at_any_request_loses_nothing_without_a_word(hubs: Hubs, kinds: tuple[str, ...], tried: Tried) -> None:
    lost, unmended, wrong, ended = [], [], [], 0
    for case in cases(kinds):
        met, then = hubs.met(f"{case.kind}@{case.number}", ahead=case.ahead, again=case.again)
        ended += met.is_complete
        lost += [] if is_sound(met, hubs.first, case.kind) else [str(case)]
        mended = then.is_complete and (then.names, then.references, then.counters) == _content(hubs.first)
        unmended += [] if mended else [str(case)]
        wrong += [] if met.adds_up and then.adds_up else [str(case)]
    assert (lost, unmended, wrong) == ([], [], [])
    what = f"each of {len(KINDS)} kinds of fault at any request of a sweep, first or later, one chain or several"
    tried(what, ended, "ended with the same content, or said in quarantine what it could not read")
    tried(what, len(cases(kinds)) - ended, "ended with an exit code and nothing missing; the next run had all")


@pytest.mark.parametrize("some", MIXES, ids=str)
def test_many_faults_at_once_lose_nothing_without_a_word(hubs: Hubs, some: range, tried: Tried) -> None:
    lost, unmended = [], []
    for seed in some:
        draw = random.Random(seed)
        faults = ",".join(f"{kind}@{draw.choice((0.02, 0.1, 0.2))}" for kind in draw.sample(PASSING, 4))
        again, ahead = draw.random() < 0.5, draw.random() < 0.5
        met, then = hubs.met(faults, ahead=ahead, again=again, seed=seed)
        lost += [] if is_sound(met, hubs.first, "") else [f"{faults}, seed {seed}, {ahead=}, {again=}"]
        mended = then.is_complete and (then.names, then.references, then.counters) == _content(hubs.first)
        unmended += [] if mended else [f"{faults}, seed {seed}"]
    assert (lost, unmended) == ([], [])
    what = "four kinds of passing faults at once, each at 2 to 20 % of requests"
    tried(what, len(some), "the same content, or an exit code")


def _content(left: Left) -> tuple[object, ...]:
    return left.names, left.references, left.counters
