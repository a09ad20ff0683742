"""P19: a listing that stops short of 98 % of the last complete one is not complete: nothing becomes missing from it.

Where the list stops is drawn from a seed: whole pages fewer, or in the middle of one; the Hub tells of no next page.
"""

from __future__ import annotations

import math
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.replica.catalogue import Catalogue
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from store.crawls import ENOUGH
from tests.reliability.conftest import Tried
from tests.reliability.crawling import ROWS_A_PAGE, Crawler, Left, quick
from tests.reliability.soak import SEED, scaled

MODELS = 400
CUTS = scaled(6, 150)


@pytest.fixture(scope="module")
def crawler(tmp_path_factory: pytest.TempPathFactory) -> Crawler:
    return Crawler(tmp_path_factory.mktemp("truncated"))


@pytest.fixture(scope="module")
def stored(crawler: Crawler) -> Path:
    database = crawler.database("stored")
    swept(crawler, database, MODELS)
    return database


def first_of(catalogue: Catalogue, count: int) -> Catalogue:
    texts = (bytes(catalogue.text(place)) for place in range(count))
    return Catalogue((text.split(b'"_id":"', 1)[1][:24].decode(), text) for text in texts)


def swept(crawler: Crawler, database: Path, count: int, *, ahead: bool = False) -> Left:
    """A sweep of a Hub that lists its newest so many alone."""
    hub = Replica(first_of(generate(MODELS, SEED), count), quota=None)
    with running(hub) as url, quick(ahead=ahead):
        return crawler.sweep(database, url)


def missing(left: Left) -> int:
    return sum(row[5] is not None for row in left.counters)


def test_nothing_is_missing_after_a_list_that_stops_short(crawler: Crawler, stored: Path, tried: Tried) -> None:
    draw, wrong = random.Random(SEED), []
    most = math.ceil(ENOUGH * MODELS) - 1
    counts = [most, 0, ROWS_A_PAGE, *(draw.randint(1, most) for _ in range(CUTS - 3))]
    for count in counts:
        left = swept(crawler, crawler.database(like=stored), count, ahead=draw.random() < 0.5)
        if (left.code, left.ledger["state"], missing(left), left.ledger["models"]) != (0, "partial", 0, count):
            wrong.append((count, left.code, left.ledger))
    assert wrong == []
    tried(f"a list of {MODELS} models that stops short", len(counts), "partial, and nothing missing")


def test_what_is_not_listed_is_missing_where_the_list_is_whole_enough(crawler: Crawler, stored: Path) -> None:
    left = swept(crawler, crawler.database(like=stored), math.ceil(ENOUGH * MODELS))
    assert (left.code, left.ledger["state"]) == (0, "complete")
    assert missing(left) == MODELS - math.ceil(ENOUGH * MODELS)


def test_a_partial_sweep_is_no_measure_for_the_next(crawler: Crawler, stored: Path) -> None:
    database = crawler.database(like=stored)
    states = [swept(crawler, database, count).ledger["state"] for count in (300, 299, MODELS)]
    assert states == ["partial", "partial", "complete"]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM absence").fetchone()[0] == 0
