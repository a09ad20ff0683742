"""What a look-up takes for an answer: one that cannot be read says nothing of its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.asking import Patience
from crawler.errors import Malformed
from crawler.hub import Hub
from crawler.replica.server import Replica, running
from jobs.renames import look_up
from store.database import writing
from tests.jobs.program import Program, listed, model, opened_hub

ROWS = [
    model(1, "a/1", ("finetune", "x/one")),
    model(2, "a/2", ("finetune", "x/one")),
    model(3, "a/3", ("finetune", "x/two")),
    model(4, "x/secret", private=True),
]


@pytest.fixture
def swept(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    program = Program(tmp_path)
    with opened_hub(ROWS[:3]) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    with writing(program.database) as connection:
        yield connection


def asked(connection: sqlite3.Connection, faults: str) -> list[str]:
    """The names that one night has an answer for."""
    once = Patience(tries=1, tries_of_the_first=1)
    with (
        running(Replica(listed(ROWS), quota=None, faults=faults)) as url,
        Hub(url, sleep=bool, patience=once) as hub,
    ):
        return [found.name for found in look_up(connection, 1, hub, 9, now=10**9)]


@pytest.mark.parametrize("kind", ["html", "empty"])
def test_a_name_whose_answer_cannot_be_read_is_asked_for_the_next_night(swept: sqlite3.Connection, kind: str) -> None:
    assert asked(swept, f"{kind}@1") == ["x/two"]
    assert asked(swept, "") == ["x/one"]


def test_two_answers_in_a_row_that_cannot_be_read_are_a_hub_that_fails(swept: sqlite3.Connection) -> None:
    with pytest.raises(Malformed):
        asked(swept, "html@1,html@2")
    assert asked(swept, "") == ["x/one", "x/two"]
