"""Rows whose text is as it was are not read again: what is stored is the same as if they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crawler.known import KnownRows, fingerprints_of
from crawler.parse import read_page
from crawler.records import Models, Unread
from store.database import writing
from store.known import fingerprints
from store.registry.loader import Registry
from tests.store.conftest import Store, row
from tests.store.test_past import World

TABLES = ("model", "node", "reference", "model_change", "absence", "edge", "lineage_count", "family_count")
LEDGER = "SELECT id, state, fetched, models, new, changed, same, repeated, missing, gone, back FROM crawl ORDER BY id"


def everything(store: Store) -> dict[str, list[Any]]:
    tables = {table: sorted(store.all(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    return {**tables, "crawl": store.all(LEDGER)}


@pytest.mark.parametrize("seed", range(15))
def test_nothing_differs_from_reading_every_row(store: Store, tmp_path: Path, registry: Registry, seed: int) -> None:
    world = World(seed)
    with writing(tmp_path / "other.db") as connection:
        other = Store(connection, registry, tmp_path / "other.db")
        for night in range(6):
            rows = world.rng.sample(list(world.there.values()), len(world.there))
            store.sweep(rows, knowing=True)
            other.sweep(rows)
            assert everything(store) == everything(other), night
            world.turn(night)


def known_to(store: Store) -> int:
    return len(KnownRows(*fingerprints(store.connection)))


def test_only_the_changed_row_is_read(store: Store) -> None:
    rows = [row("Qwen/A", likes=1), row("b/1", ["Qwen/A"], likes=2), row("b/2")]
    store.sweep(rows)
    known = KnownRows(*fingerprints(store.connection))
    page = store.page([rows[0], {**rows[1], "likes": 3}, rows[2]], known=known)
    assert [record.repo_id for record in page.records] == ["b/1"]
    assert len(page.unchanged) == 2


def test_a_text_that_says_the_same_in_other_words_is_the_same_and_known_from_then_on(store: Store) -> None:
    store.sweep([row("Qwen/A")])
    reworded = row("Qwen/A", trendingScore=5)
    assert store.sweep([reworded], knowing=True).same == 1
    assert store.page([reworded], known=KnownRows(*fingerprints(store.connection))).unchanged


def test_a_model_that_was_missing_is_back_by_its_text_alone(store: Store) -> None:
    rows = [row(f"a/{number}") for number in range(100)]
    store.sweep(rows)
    assert store.sweep(rows[1:], knowing=True).missing == 1
    found = store.sweep(rows, knowing=True)
    assert (found.back, found.same, found.changed) == (1, 100, 0)
    assert store.all("SELECT count(*) FROM model WHERE missing_since IS NOT NULL") == [0]


def test_a_row_listed_twice_counts_once(store: Store) -> None:
    store.sweep([row("a/1"), row("a/2")])
    found = store.sweep([row("a/1"), row("a/1"), row("a/2")], knowing=True)
    assert (found.fetched, found.models, found.same, found.repeated) == (3, 2, 2, 1)


def test_a_row_listed_as_it_was_and_otherwise_in_one_page_counts_once(store: Store) -> None:
    store.sweep([row("a/1", likes=1), row("a/2")])
    found = store.sweep([row("a/1", likes=1), row("a/1", likes=2), row("a/2")], knowing=True)
    assert (found.fetched, found.models, found.same, found.changed, found.repeated) == (3, 2, 1, 1, 1)


def test_whoever_lost_its_name_is_read_again(store: Store) -> None:
    store.sweep([row("a/1"), row("b/1")])
    store.sweep([{**row("c/1"), "id": "a/1"}, row("b/1")], knowing=True)
    assert known_to(store) == 2
    store.sweep([row("a/1"), row("b/1")], knowing=True)
    names = store.all("SELECT node.name FROM model JOIN node ON node.id = model.node_id WHERE missing_since IS NULL")
    assert sorted(names) == ["a/1", "b/1"]


def test_two_rows_of_one_fingerprint_are_both_read(store: Store) -> None:
    store.sweep([row("a/1"), row("a/2"), row("a/3")])
    store.connection.execute("UPDATE model SET fingerprint = 7 WHERE id IN (1, 3)")
    assert known_to(store) == 1


def test_a_row_that_could_not_be_read_is_tried_again(store: Store) -> None:
    odd = {**row("a/1"), "_id": "no id"}
    store.sweep([odd, row("a/2")])
    page = store.page([odd, row("a/2")], known=KnownRows(*fingerprints(store.connection)))
    assert len(page.quarantined) == len(page.unchanged) == 1


def test_a_fingerprint_is_of_every_byte() -> None:
    body = b'[{"_id":"%s","id":"a/b"}]' % (b"0" * 24)
    known = KnownRows(fingerprints_of([body[1:-1]]), np.array([1], np.uint32))
    assert read_page(body, known) == (Models(), [], [1], Unread())
    for other in (body.replace(b"a/b", b"a/c"), body.replace(b":", b": ")):
        assert read_page(other, known).unchanged == []


def test_a_database_without_models_knows_nothing(store: Store) -> None:
    assert known_to(store) == 0
