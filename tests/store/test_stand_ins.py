"""Models that were first known by name alone, and what becomes of them when their `_id` is told."""

from __future__ import annotations

from typing import Any

import pytest

from store.seams import APART, seams
from store.stand_ins import Identities, any_known, any_stand_ins, stand_in
from tests.store.conftest import Store, hub_id, row

MAY_2024 = 1_714_996_807
MAY_TEXT = "2024-05-06T12:00:07.000Z"
HUB_IDS = "SELECT lower(hex(hub_id)) FROM model ORDER BY id"
ABSENCES = "SELECT model_id, since_crawl, until_crawl FROM absence"


def nameless(name: str, bases: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A row of a dump without `_id`s."""
    return row(name, bases or [], **more) | {"_id": stand_in(name)}


def test_a_stand_in_is_the_same_for_a_name_and_another_for_another() -> None:
    assert stand_in("a/b") == stand_in("a/b") != stand_in("a/c")


def test_a_stand_in_is_no_id_of_the_hub() -> None:
    assert len(stand_in("a/b")) == 24
    assert stand_in("a/b").startswith("00000000")


def test_a_model_keeps_its_history_when_its_id_is_told(store: Store) -> None:
    made: dict[str, Any] = {"createdAt": MAY_TEXT}
    store.sweep([nameless("Qwen/Q", **made), nameless("a/ft", ["Qwen/Q"], **made)], kind="import")
    crawl = store.sweep([row("Qwen/Q", **made), row("a/ft", ["Qwen/Q"], **made)])
    assert (crawl.new, crawl.same, crawl.missing) == (0, 2, 0)
    assert store.all(HUB_IDS) == [hub_id("Qwen/Q"), hub_id("a/ft")]
    assert store.all("SELECT DISTINCT first_crawl FROM model") == [1]
    assert not any_stand_ins(store.connection)


def test_its_references_end_where_the_listing_names_other_bases(store: Store) -> None:
    store.sweep([nameless("Qwen/Q"), nameless("Qwen/R"), nameless("a/ft", ["Qwen/Q"])], kind="import")
    store.sweep([row("Qwen/Q"), row("Qwen/R"), row("a/ft", ["Qwen/R"])])
    query = "SELECT name, since_crawl, until_crawl FROM reference JOIN node ON node.id = node_id ORDER BY since_crawl"
    assert store.all(query) == [("Qwen/Q", 1, 2), ("Qwen/R", 2, None)]


@pytest.mark.parametrize("kind", ["sweep", "walk", "changes"])
def test_every_kind_of_crawl_tells_ids(store: Store, kind: str) -> None:
    store.sweep([nameless("a/b")], kind="import")
    store.sweep([row("a/b")], kind=kind)
    assert store.all(HUB_IDS) == [hub_id("a/b")]


def test_a_missing_model_is_back_under_its_real_id(store: Store) -> None:
    store.sweep([nameless(f"a/m{number}") for number in range(100)], kind="import")
    store.sweep([nameless(f"a/m{number}") for number in range(1, 100)], kind="import")
    crawl = store.sweep([row(f"a/m{number}") for number in range(100)])
    assert (crawl.new, crawl.back) == (0, 1)
    assert store.all(ABSENCES) == [(1, 2, 3)]


def test_a_model_that_was_created_at_another_time_is_another_one(store: Store) -> None:
    store.sweep([nameless("a/b", createdAt=MAY_TEXT)], kind="import")
    crawl = store.sweep([row("a/b", createdAt="2026-01-01T00:00:00.000Z")])
    assert (crawl.new, crawl.missing) == (1, 1)
    assert store.all(HUB_IDS) == [stand_in("a/b"), hub_id("a/b")]


def test_a_creation_that_was_told_by_the_day_is_no_other_time(store: Store) -> None:
    store.sweep([nameless("a/b", createdAt="2024-05-06T00:00:00.000Z")], kind="import")
    assert store.sweep([row("a/b", createdAt=MAY_TEXT)]).new == 0


def test_a_model_that_was_made_anew_within_an_hour_is_another_one(store: Store) -> None:
    store.sweep([nameless("a/b", createdAt=MAY_TEXT)], kind="import")
    assert store.sweep([row("a/b", createdAt="2024-05-06T12:50:00.000Z")]).new == 1


def test_a_model_that_is_known_under_another_name_takes_the_name_and_leaves_the_stand_in(store: Store) -> None:
    store.sweep([row("a/old")])
    store.sweep([row("a/old"), nameless("a/new")], kind="import")
    store.sweep([row("a/new") | {"_id": hub_id("a/old")}])
    assert store.all(HUB_IDS) == [hub_id("a/old"), stand_in("a/new")]
    assert store.all("SELECT name FROM model JOIN node ON node.id = node_id WHERE missing_since IS NULL") == ["a/new"]


def test_of_two_real_models_under_one_name_one_goes_on_with_the_stand_in_s_history(store: Store) -> None:
    store.sweep([nameless("a/b")], kind="import")
    crawl = store.sweep([row("a/b"), row("a/b") | {"_id": "7" * 24}])
    assert (crawl.new, crawl.fetched) == (1, 2)


def test_a_name_means_the_stored_model_that_bears_it(store: Store) -> None:
    store.sweep([row("a/b", createdAt=MAY_TEXT)])
    assert any_known(store.connection, 2)
    of = Identities(store.connection).of
    assert of(["a/b", "c/d"], [MAY_2024, None]) == [hub_id("a/b"), stand_in("c/d")]
    assert of(["a/b"], [None]) == [hub_id("a/b")]


def test_a_name_means_no_model_that_was_created_at_another_time(store: Store) -> None:
    store.sweep([row("a/b", createdAt=MAY_TEXT)])
    assert Identities(store.connection).of(["a/b"], [MAY_2024 + 200_000]) == [stand_in("a/b")]


def test_where_no_id_is_known_every_name_has_its_stand_in(store: Store) -> None:
    store.sweep([nameless("a/b")], kind="import")
    assert not any_known(store.connection, 2)
    assert Identities(None).of(["a/b"], [None]) == [stand_in("a/b")]


def test_a_sweep_is_not_cut_where_an_import_brought_models(store: Store) -> None:
    store.sweep([row(f"a/m{number}") for number in range(2 * APART)], kind="import")
    assert seams(store.connection) == []
