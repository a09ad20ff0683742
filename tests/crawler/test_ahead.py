"""Pages fetched ahead by several threads: the same models in the same order as along one chain, whatever happens."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from starlette.requests import Request
from starlette.responses import Response

from crawler.ahead import HELD, NOT_HONOURED, below
from crawler.errors import CrawlError, Unauthorized
from crawler.hub import Hub
from crawler.known import KnownRows, fingerprints_of
from crawler.parse import read_rest
from crawler.records import Page
from crawler.replica.catalogue import Catalogue
from crawler.replica.clock import Clock
from crawler.replica.distance import FarHub
from crawler.replica.generate import generate
from crawler.replica.made_up import KINDS, OwnCursorsOnly
from crawler.replica.rows import load_rows
from crawler.replica.server import Replica, running
from crawler.seams import PAGES_A_PIECE, Plan, made_up
from crawler.sweep import by_creation

CHAINS = 4
ROWS = 20
TOP = "f" * 24
MODELS = generate(1200, 5)


@pytest.fixture(autouse=True)
def _leaves_no_thread() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not _is_timer(thread)]
    assert left == []


def _is_timer(thread: threading.Thread) -> bool:
    return isinstance(thread, threading.Timer)  # cancelled, and about to end


def listing_of(hub: Hub, *, rows: int = ROWS) -> str:
    return hub.list_url([("sort", "createdAt"), ("limit", str(rows))])


def one_chain(hub: Hub, *, rows: int = ROWS) -> list[Page]:
    return list(hub.pages(listing_of(hub, rows=rows)))


def ahead(
    hub: Hub, *, rows: int = ROWS, stored: Sequence[str] = (), known: KnownRows | None = None, start: str | None = None
) -> Generator[Page]:
    """All pages, ahead from the first one on."""
    plan = Plan(stored)
    plan.learn("6a000000" + "0" * 16, "69f00000" + "0" * 16)
    return below(hub, start or made_up(listing_of(hub, rows=rows), TOP), CHAINS, plan, known=known)


def ids_of(pages: Sequence[Page]) -> list[str]:
    return [record.hub_id for page in pages for record in page.records]


def catalogue_of(seconds: Sequence[int], *, seed: int = 1) -> Catalogue:
    """Models created at these seconds."""
    draw = random.Random(seed)
    hub_ids = sorted({f"{second:08x}{draw.randrange(1 << 64):016x}" for second in seconds}, reverse=True)
    rows = ({"_id": hub_id, "id": f"a/m{number}"} for number, hub_id in enumerate(hub_ids))
    return Catalogue((row["_id"], json.dumps(row).encode()) for row in rows)


def seams_of(catalogue: Catalogue, step: int) -> list[str]:
    ids = [json.loads(bytes(text))["_id"] for text in catalogue.texts()]
    return ids[step - 1 :: step]


NEW, OLD = 0x6A000000, 0x62000000
SHAPES: dict[str, Callable[[], Catalogue]] = {
    "generated": lambda: MODELS,
    "thousands in one second": lambda: catalogue_of([*range(NEW, NEW + 20_000, 100), *[NEW - 5] * 1_000, *range(99)]),
    "a year with none": lambda: catalogue_of([*range(NEW, NEW + 9_000, 30), *range(OLD, OLD + 9_000, 30)]),
    "denser and denser": lambda: catalogue_of([NEW - int(1e6 / (1 + number)) for number in range(600)]),
    "one": lambda: catalogue_of([NEW]),
    "none": lambda: Catalogue([]),
}


@pytest.fixture
def radar() -> Path:
    """The folder of real rows, which lies beside the project and not in it."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "hub" / "radar"
    if not folder.is_dir():
        pytest.skip("../shared/hub/radar is not here")
    return folder


# The same as along one chain


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("step", [None, ROWS - 1, 3 * ROWS])
def test_every_model_comes_once_and_in_order(shape: str, step: int | None) -> None:
    catalogue = SHAPES[shape]()
    with running(Replica(catalogue, quota=None)) as url, Hub(url, sleep=bool) as hub:
        pages = list(ahead(hub, stored=seams_of(catalogue, step) if step else ()))
        assert ids_of(pages) == ids_of(one_chain(hub))
    assert pages[-1].next_url is None
    assert all(page.next_url for page in pages[:-1])


def test_real_rows_come_as_along_one_chain(radar: Path) -> None:
    with running(Replica(load_rows(radar / "2026-08-21T0600.jsonl.gz"), quota=None)) as url, Hub(url) as hub:
        there, here = list(ahead(hub, rows=100)), one_chain(hub, rows=100)
    assert [record for page in there for record in page.records] == [record for page in here for record in page.records]
    assert [row for page in there for row in page.quarantined] == [row for page in here for row in page.quarantined]


def test_several_questions_are_out_at_once() -> None:
    clock = Clock()
    with (
        running(Replica(MODELS, quota="10000/300", clock=clock.read)) as url,
        FarHub(url, clock=clock, round_trip=1.0) as hub,
    ):
        pages = list(ahead(hub))
    assert len(ids_of(pages)) == len(MODELS)
    assert clock.read() < len(pages) / 2


def test_known_rows_come_once_too() -> None:
    decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
    with running(Replica(MODELS, quota=None)) as url, Hub(url) as hub:
        first = hub.get(listing_of(hub, rows=1000))
        texts = [*decode(first.body), *decode(hub.get(first.link_next or "").body)]
        fingerprints = fingerprints_of(texts)
        order = fingerprints.argsort()
        known = KnownRows(fingerprints[order], (order + 1).astype(np.uint32))
        pages = list(ahead(hub, known=known))
    assert [number for page in pages for number in page.unchanged] == list(range(1, len(MODELS) + 1))


def test_rows_that_might_be_known_and_are_not_come_once_too() -> None:
    with running(Replica(MODELS, quota=None)) as url, Hub(url) as hub:
        pages = list(ahead(hub, known=KnownRows(np.empty(0, np.int64), np.empty(0, np.uint32))))
        assert ids_of([read_rest(page) for page in pages]) == ids_of(one_chain(hub))
    assert not any(page.unread.texts for page in pages)  # their texts take several times what is made of them


def test_each_request_is_told_of_by_a_page() -> None:
    replica = Replica(MODELS, quota=None)
    with running(replica) as url, Hub(url) as hub:
        pages = list(ahead(hub))
    assert sum(page.requests for page in pages) == replica.requests


@pytest.mark.parametrize("step", [None, 4])
def test_no_more_pages_are_held_than_allowed(step: int | None) -> None:
    stored = seams_of(MODELS, step) if step else ()
    replica = Replica(MODELS, quota=None)
    with running(replica) as url, Hub(url) as hub, closing(ahead(hub, rows=5, stored=stored)) as pages:
        next(pages)
        reading = 1 + len(
            one_chain(hub, rows=5)
        )  # the last page, being full, twice; as long as the threads would need for as many
        assert replica.requests - reading <= 1 + HELD


@pytest.mark.parametrize("shape", ["generated", "a year with none"])
def test_it_can_be_resumed_after_every_page(shape: str) -> None:
    catalogue = SHAPES[shape]()
    with running(Replica(catalogue, quota=None)) as url, Hub(url) as hub:
        pages = list(ahead(hub, rows=40))
        whole = ids_of(pages)
        for number, page in enumerate(pages[:-1], start=1):
            rest = hub.pages(page.next_url or "") if number % 4 else ahead(hub, start=page.next_url)
            assert ids_of(pages[:number]) + ids_of(list(rest)) == whole


# Hubs that do not honour made-up cursors


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_made_up_cursor_is_not_honoured_one_chain_goes_on(kind: str) -> None:
    told: list[str] = []
    replica = OwnCursorsOnly(MODELS, kind, quota=None)
    with (
        running(replica) as url,
        Hub(url, sleep=bool, on_wait=lambda seconds, why: None if seconds else told.append(why)) as hub,
    ):
        whole = ids_of(one_chain(hub))
        first = next(hub.pages(listing_of(hub)))
        pages = [first, *ahead(hub, start=first.next_url)]
    assert ids_of(pages) == whole
    assert told == [NOT_HONOURED]


@pytest.mark.parametrize("kind", ["refused", "ignored"])
def test_a_cursor_that_is_not_honoured_costs_a_few_requests(kind: str) -> None:
    replica = OwnCursorsOnly(MODELS, kind, quota=None)
    with running(replica) as url, Hub(url) as hub:
        first = next(hub.pages(listing_of(hub)))
        pages = [first, *ahead(hub, start=first.next_url)]
    assert sum(page.requests for page in pages) == replica.requests
    assert replica.requests <= len(pages) + PAGES_A_PIECE + 2 * CHAINS


# Faults


@pytest.mark.parametrize("kind", ["503", "html", "cut", "reset", "429", "empty", "object"])
@pytest.mark.parametrize("number", [1, 2, 9, 30])
def test_a_fault_changes_nothing(kind: str, number: int) -> None:
    replica = Replica(MODELS, quota=None, faults=f"{kind}@{number}")
    with running(replica) as url, Hub(url, sleep=bool) as hub:
        assert ids_of(list(ahead(hub))) == ids_of(one_chain(hub))


@pytest.mark.parametrize("kind", ["401", "404", "foreign-link", "self-link"])
@pytest.mark.parametrize("number", [1, 2, 9, 30])
def test_an_error_comes_after_the_pages_before_it(kind: str, number: int) -> None:
    with running(Replica(MODELS, quota=None)) as url, Hub(url) as hub:
        whole = ids_of(one_chain(hub))
    replica = Replica(MODELS, quota=None, faults=f"{kind}@{number}")
    got: list[Page] = []
    with running(replica) as url, Hub(url, sleep=bool) as hub:
        try:
            got += ahead(hub)
        except CrawlError:
            start = got[-1].next_url if got else None
            assert ids_of(got) == whole[: len(ids_of(got))]
            got += ahead(hub, start=start)
    assert list(dict.fromkeys(ids_of(got))) == whole  # a page whose link is not followed is asked for again


def test_an_error_ends_the_threads_and_is_raised_as_it_was() -> None:
    replica = Replica(MODELS, quota=None, require_token=True)
    with running(replica) as url, Hub(url) as hub, pytest.raises(Unauthorized):
        list(ahead(hub))


# Ends


class Counting(Replica):
    """Tells when it has been asked so many times."""

    def __init__(self, catalogue: Catalogue, *, until: int, **more: Any) -> None:
        super().__init__(catalogue, **more)
        self.reached, self._until = threading.Event(), until

    def willing_answer(self, request: Request) -> Response:
        if self.requests == self._until:
            self.reached.set()
        return super().willing_answer(request)


def test_closing_ends_a_wait_of_minutes_at_once() -> None:
    replica = Counting(MODELS, until=18, quota="20/300")
    with running(replica) as url, Hub(url) as hub:
        pages = ahead(hub)
        next(pages)
        assert replica.reached.wait(10)
        began = time.monotonic()
        pages.close()
        assert time.monotonic() - began < 10


def test_closing_ends_an_answer_that_does_not_come() -> None:
    replica = Counting(MODELS, until=19, quota=None, faults="drip@20, drip@21, drip@22")
    with running(replica) as url, Hub(url) as hub:
        pages = ahead(hub)
        next(pages)
        assert replica.reached.wait(10)
        began = time.monotonic()
        pages.close()
        assert time.monotonic() - began < 10


def test_an_interruption_of_the_reader_ends_the_threads() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with running(Replica(MODELS, quota="20/300")) as url, Hub(url, on_wait=interrupt) as hub:
        pages = ahead(hub)
        with pytest.raises(KeyboardInterrupt):
            list(pages)


# Quotas


@pytest.mark.parametrize("size", [20, 50, 200])
def test_several_threads_stay_within_nine_tenths_of_the_quota(size: int) -> None:
    clock = Clock()
    replica = Replica(MODELS, quota=f"{size}/300", clock=clock.read, keep_log=True)
    with running(replica) as url, FarHub(url, clock=clock, round_trip=0.2) as hub:
        assert len(ids_of(list(ahead(hub)))) == len(MODELS)
    assert replica.most_used <= size * 0.9
    assert {status for _, _, status in replica.log} == {200}


def test_it_begins_where_round_trips_are_what_one_waits_for() -> None:
    clock = Clock()
    replica = Replica(MODELS, quota="10000/300", clock=clock.read)
    with running(replica) as url, FarHub(url, clock=clock, round_trip=0.2) as hub:
        pages = list(by_creation(hub, listing_of(hub)))
    assert ids_of(pages) == sorted(ids_of(pages), reverse=True)
    assert clock.read() < 0.5 * 0.2 * len(pages)


@pytest.mark.parametrize(("quota", "round_trip"), [("500/300", 0.2), ("1000/300", 0.2), ("10000/300", 0.01)])
def test_it_stays_one_chain_elsewhere(quota: str, round_trip: float) -> None:
    clock = Clock()
    replica = Replica(MODELS, quota=quota, clock=clock.read)
    with running(replica) as url, FarHub(url, clock=clock, round_trip=round_trip) as hub:
        pages = list(by_creation(hub, listing_of(hub)))
    assert replica.requests - 1 == len(pages) == len(MODELS) / ROWS  # the last page is full, and asked for twice


# While models come and go


@pytest.mark.parametrize("seed", range(12))
def test_no_model_that_was_there_throughout_is_missed_or_repeated(seed: int) -> None:
    draw = random.Random(seed)
    rows = {json.loads(bytes(text))["_id"]: bytes(text) for text in SHAPES["generated"]().texts()}
    throughout = set(rows)
    replica = Replica(MODELS, quota=None)
    with running(replica) as url, Hub(url, sleep=bool) as hub:
        seen = []
        for number, page in enumerate(ahead(hub)):
            seen += ids_of([page])
            for hub_id in draw.sample(sorted(rows), 10):
                del rows[hub_id]
                throughout.discard(hub_id)
            for made in range(10):
                hub_id = f"{NEW + number:08x}{made:016x}" if made else f"{draw.randrange(OLD, NEW):08x}{number:016x}"
                rows[hub_id] = json.dumps({"_id": hub_id, "id": f"new/m{number}-{made}"}).encode()
            replica.catalogue = Catalogue(sorted(rows.items(), reverse=True))
    assert throughout <= set(seen)
    assert len(set(seen)) == len(seen)
    assert all(newer > older for newer, older in pairwise(seen))


class Changed(Replica):
    """Has so many rows more from a request on: request -> their numbers."""

    def __init__(self, numbers: Sequence[int], more: Mapping[int, Sequence[int]]) -> None:
        super().__init__(numbered(numbers), quota=None)
        self._numbers, self._more = [*numbers], more

    def willing_answer(self, request: Request) -> Response:
        self._numbers += self._more.get(self.requests, [])
        self.catalogue = numbered(self._numbers)
        return super().willing_answer(request)


def numbered(numbers: Sequence[int]) -> Catalogue:
    rows = ({"_id": f"{number:024x}", "id": f"a/m{number}"} for number in sorted(numbers, reverse=True))
    return Catalogue((row["_id"], json.dumps(row).encode()) for row in rows)


class Unlearned(Plan):
    """As where a piece is begun before the last page of the one above it has come."""

    def learn(self, highest: str, lowest: str) -> None:
        pass


def test_one_chain_goes_on_below_the_lowest_row_that_was_read() -> None:
    """The second page reaches lower than the third, before which rows have come; then the fourth does not fit."""
    replica = Changed(range(0, 20_000, 100), {3: (17_901, 17_902, 17_903), 4: range(16_910, 16_990, 5)})
    seams = [f"{number:024x}" for number in (17_999, 16_999)]
    with running(replica) as url, Hub(url, sleep=bool) as hub:
        pages = below(hub, made_up(listing_of(hub), TOP), 1, Unlearned(seams))
        seen = ids_of(list(pages))
    assert len(set(seen)) == len(seen)
    assert {f"{number:024x}" for number in range(0, 20_000, 100)} <= set(seen)
