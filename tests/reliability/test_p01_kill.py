"""P1 and P5: a crawl that is ended at any moment and started again leaves the database of an undisturbed one.

It is killed at seeded moments that are told by the Hub's count of requests, so nothing here waits for a clock.
`MODELROOTS_SEED` says where.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.apart import PAGES_WAITING
from crawler.replica.generate import generate
from store.writer import PAGES_A_TRANSACTION
from tests.jobs import program as running
from tests.jobs.program import Program, RunningHub, opened_hub
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled

KILLS = scaled(8, 500)
PAGES = scaled(40, 200)
ROWS_A_PAGE = 500
AHEAD = 3 + PAGES_WAITING
"""Pages asked for that are not written: one in the writer's hands, one to be taken next, others after it, and one that
is being fetched.
"""
LONGEST_SECONDS = 60
ABOUT_TIME = {
    "crawl": ("started_at", "finished_at", "requests", "resumed"),
    "computation": ("computed_at",),
}
"""Columns that tell when and how a crawl went, not what it found."""

SMALL_PAGES = f"""
import crawler.sweep

crawler.sweep.PAGE_SIZE = "{ROWS_A_PAGE}"
crawler.sweep.Times.useful_chains = lambda *_: 1

if __name__ == "__main__":  # not in the process that fetches, which reads this file too
    from jobs.cli.main import main

    main()
"""
"""The program with pages that are soon stored, one after the other: chains are in test_p01_kill_ahead.py."""

Content = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Kill:
    """Pages stored at a kill, the last one asked for before it, and those asked for in the next run.

    Pages are told by their place in the listing.
    """

    stored: int
    reached: int
    then_asked: list[int]


@dataclass(frozen=True)
class Round:
    """One crawl, killed until it was done; `differ` are the tables that are not as an undisturbed crawl leaves them."""

    kills: list[Kill]
    differ: set[str]
    state: str


def ended_at(program: Program, hub: RunningHub, requests: int, signal_number: signal.Signals) -> int | None:
    """Starts a sweep and signals it at the Hub's so-many-th request; its exit code, None where it was done before."""
    with program.started("crawl", "sweep", "--endpoint", hub.url) as process:
        end = time.monotonic() + LONGEST_SECONDS
        while hub.replica.requests < requests and process.poll() is None:
            assert time.monotonic() < end, "the crawl stands still"
            os.sched_yield()
        if process.poll() is None:
            process.send_signal(signal_number)
            process.communicate(timeout=LONGEST_SECONDS)
            return process.returncode
        assert process.returncode == 0
    return None


def asked(hub: RunningHub) -> list[str]:
    """The cursor of each page asked for, in order; empty for the first page."""
    return [parse_qs(urlsplit(path).query).get("cursor", [""])[0] for _, path, _ in hub.replica.log]


def pages_stored(program: Program) -> int:
    """Pages whose transaction is committed."""
    if not program.database.exists():
        return 0
    try:
        found = program.query("SELECT pages FROM crawl")
    except sqlite3.OperationalError:  # killed before there was a table
        return 0
    return int(found[0][0]) if found else 0


def is_done(program: Program) -> bool:
    """Whether its crawl is complete, as it may be at a kill, too: the next run would begin another."""
    try:
        return program.query("SELECT state FROM crawl") == [("complete",)]
    except sqlite3.OperationalError:  # killed before there was a table
        return False


def content(path: Path) -> Content:
    """Every table's rows, without what tells the time."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: _rows(connection, table) for table in tables}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(column for column in columns if column not in ABOUT_TIME.get(table, ()))
    return connection.execute(f"SELECT {kept} FROM {table} ORDER BY {kept}").fetchall()


def differing(one: Content, other: Content) -> set[str]:
    """Tables that are in one alone, or hold other rows. Not for assert: its picture of the difference takes minutes."""
    return {table for table in one.keys() | other.keys() if one.get(table) != other.get(table)}


@pytest.fixture(scope="module", autouse=True)
def small_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    script = tmp_path_factory.mktemp("program") / "small_pages.py"
    script.write_text(SMALL_PAGES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(running, "PROGRAM", (sys.executable, str(script)))
        yield


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with opened_hub(generate(PAGES * ROWS_A_PAGE, seed=3)) as opened:
        yield opened


@dataclass(frozen=True)
class Whole:
    """An undisturbed crawl: its database, and the cursors of its pages in order."""

    content: Content
    cursors: list[str]


@pytest.fixture(scope="module")
def undisturbed(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    program = Program(tmp_path_factory.mktemp("undisturbed"))
    hub.replica.log.clear()
    program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return Whole(content(program.database), asked(hub))


@pytest.fixture(scope="module")
def rounds(hub: RunningHub, undisturbed: Whole, tmp_path_factory: pytest.TempPathFactory) -> list[Round]:
    """As many crawls as it takes to kill so often; each is brought to its end."""
    rng = random.Random(SEED)
    done: list[Round] = []
    while sum(len(one.kills) for one in done) < KILLS:
        program = Program(tmp_path_factory.mktemp("killed"))
        left = KILLS - sum(len(one.kills) for one in done)
        kills = list(_killed(program, hub, undisturbed, rng, left))
        state = program.query("SELECT state FROM crawl")[0][0]
        done.append(Round(kills, differing(content(program.database), undisturbed.content), state))
    return done


def _killed(program: Program, hub: RunningHub, whole: Whole, rng: random.Random, at_most: int) -> Iterator[Kill]:
    """The kills of one crawl, which is run to its end after the last of them."""
    # Of a cursor its first place: the last page is asked for twice.
    place = {cursor: number for number, cursor in enumerate(dict.fromkeys(whole.cursors))}
    before: tuple[int, int] | None = None
    reached = 0
    for number in range(at_most + 1):
        hub.replica.log.clear()
        moment = hub.replica.requests + rng.randint(1, PAGES // 3) if number < at_most else 2**62
        code = ended_at(program, hub, moment, signal.SIGKILL)
        pages = [place[cursor] for cursor in asked(hub)]
        if before:
            yield Kill(*before, pages)
        if code is None or is_done(program):
            return
        reached = max([reached, *pages])
        before = (pages_stored(program), reached)


def test_it_is_killed_as_often_as_was_asked(rounds: list[Round]) -> None:
    assert sum(len(one.kills) for one in rounds) == KILLS


def test_it_is_killed_in_the_middle_of_the_listing(rounds: list[Round]) -> None:
    assert any(0 < kill.stored < PAGES for one in rounds for kill in one.kills)


def test_the_undisturbed_crawl_stores_every_model(undisturbed: Whole) -> None:
    assert len(undisturbed.content["model"]) == PAGES * ROWS_A_PAGE


def test_a_killed_crawl_ends_complete(rounds: list[Round]) -> None:
    assert {one.state for one in rounds} == {"complete"}


def test_a_killed_crawl_leaves_every_row_as_an_undisturbed_one_does(rounds: list[Round], tried: Tried) -> None:
    assert [one.differ for one in rounds if one.differ] == []
    tried(f"kill -9 during crawls of {PAGES} pages", KILLS, "the database of an undisturbed crawl, row for row")


def test_no_page_of_a_committed_transaction_is_asked_for_twice(rounds: list[Round]) -> None:
    again = [kill for one in rounds for kill in one.kills if any(page < kill.stored for page in kill.then_asked)]
    assert again == []


def test_no_page_is_left_out_after_a_kill(rounds: list[Round]) -> None:
    asked_next = [(kill.stored, kill.then_asked[0]) for one in rounds for kill in one.kills if kill.then_asked]
    assert [first for _, first in asked_next] == [stored for stored, _ in asked_next]


def test_a_kill_costs_one_transaction_at_most(rounds: list[Round], tried: Tried) -> None:
    lost = [kill.reached + 1 - kill.stored for one in rounds for kill in one.kills]
    assert max(lost) <= PAGES_A_TRANSACTION + AHEAD
    most = f"{max(lost)} at the most: a transaction has {PAGES_A_TRANSACTION}, and {AHEAD} are on their way"
    tried("pages fetched again after these kills", sum(lost), most)


@dataclass(frozen=True)
class Terminated:
    """A sweep that got SIGTERM, and what was there then and after the next run."""

    code: int | None
    seconds: float
    stored: int
    content: Content


@pytest.fixture(scope="module")
def terminated(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Terminated:
    program = Program(tmp_path_factory.mktemp("terminated"))
    with program.started("crawl", "sweep", "--endpoint", hub.url) as process:
        moment = hub.replica.requests + PAGES // 2
        while hub.replica.requests < moment and process.poll() is None:
            os.sched_yield()
        began = time.monotonic()
        process.terminate()
        process.communicate(timeout=LONGEST_SECONDS)
        seconds = time.monotonic() - began
        code = process.returncode
    stored = pages_stored(program)
    program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return Terminated(code, seconds, stored, content(program.database))


def test_a_terminated_crawl_exits_as_interrupted(terminated: Terminated) -> None:
    assert terminated.code == 130


def test_a_terminated_crawl_exits_within_five_seconds(terminated: Terminated) -> None:
    assert terminated.seconds < 5


def test_a_terminated_crawl_loses_one_transaction_at_most(terminated: Terminated) -> None:
    assert PAGES // 2 - PAGES_A_TRANSACTION - AHEAD <= terminated.stored < PAGES


def test_a_terminated_crawl_resumes_to_the_same_rows(terminated: Terminated, undisturbed: Whole) -> None:
    assert differing(terminated.content, undisturbed.content) == set()
