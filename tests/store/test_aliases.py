"""Names that dangle: which are asked for, and what becomes of what the Hub says."""

from __future__ import annotations

import pytest

from store.aliases import AGAIN_AFTER, Ghost, Target, heeded, is_stored, record, to_ask
from store.lookup import find_node
from store.past import go_back
from store.resolution import resolve
from tests.store.conftest import Store, hub_id, row

EDGES = """
    SELECT child.name, parent.name FROM edge JOIN node AS child ON child.id = child_id
    JOIN node AS parent ON parent.id = parent_id ORDER BY 1"""
NOW = 10**9
NEW = Target(hub_id("a/new"), "a/new")
ROWS = [row("a/new"), row("b/1", ["a/old"])]


def tell(store: Store, target: Target | None, name: str = "a/old", crawl: int = 1) -> None:
    (node,) = store.all("SELECT id FROM node WHERE name = ?", name)
    record(store.connection, Ghost(node, name, 1), target, crawl_id=crawl, now=NOW)


def names(ghosts: list[Ghost]) -> list[str]:
    return [ghost.name for ghost in ghosts]


@pytest.fixture
def told(store: Store) -> Store:
    """After one crawl the Hub has said that a/old is a/new now."""
    store.sweep(ROWS)
    tell(store, NEW)
    return store


# Which are asked for


def test_those_from_which_most_descends_come_first(store: Store) -> None:
    store.sweep([row("c/1", ["x/one"]), row("c/2", ["x/two"]), row("c/3", ["x/two"]), row("c/4", ["c/3"])])
    assert to_ask(store.connection, 9, now=NOW)[0][1:] == ("x/two", 3)
    assert names(to_ask(store.connection, 1, now=NOW)) == ["x/two"]


def test_a_base_that_is_there_or_no_name_is_not_asked_for(store: Store) -> None:
    store.sweep([row("a/1"), row("b/1", ["a/1"]), row("b/2", ["/local/path"]), row("b/3", ["x/ghost"])])
    assert names(to_ask(store.connection, 9, now=NOW)) == ["x/ghost"]


def test_a_model_that_is_missing_is_asked_for(store: Store) -> None:
    many = [row(f"c/{number}") for number in range(99)]
    store.sweep([*many, row("a/1"), row("b/1", ["a/1"])])
    store.sweep([*many, row("b/1", ["a/1"])])
    assert names(to_ask(store.connection, 9, now=NOW)) == ["a/1"]


@pytest.mark.parametrize(("seconds", "asked"), [(86_400, []), (AGAIN_AFTER - 1, []), (AGAIN_AFTER, ["a/old"])])
def test_who_was_asked_for_is_asked_for_again_after_thirty_days(store: Store, seconds: int, asked: list[str]) -> None:
    store.sweep(ROWS)
    tell(store, None)
    assert names(to_ask(store.connection, 9, now=NOW + seconds)) == asked


# What becomes of the answer


def test_the_old_name_resolves_from_the_next_crawl_on(told: Store) -> None:
    assert told.all(EDGES) == [("b/1", "a/old")]
    told.sweep(ROWS, knowing=True)
    assert told.all(EDGES) == [("b/1", "a/new")]
    assert told.all("SELECT resolved, dangling FROM computation ORDER BY crawl_id") == [(0, 1), (1, 0)]


def test_until_then_every_question_is_answered_as_the_crawl_was(told: Store) -> None:
    assert resolve(told.connection).ledger.dangling == 1


def test_as_of_the_crawl_before_it_dangles_still(told: Store) -> None:
    told.sweep(ROWS)
    assert go_back(told.connection, 1).ledger.dangling == 1


def test_as_of_the_crawl_after_it_resolves_still(told: Store) -> None:
    told.sweep(ROWS)
    tell(told, None, crawl=2)
    told.sweep(ROWS)
    assert go_back(told.connection, 2).ledger.resolved == 1


def test_the_last_word_stands(told: Store) -> None:
    told.sweep(ROWS)
    tell(told, None, crawl=2)
    told.sweep(ROWS)
    assert told.all(EDGES) == [("b/1", "a/old")]


def test_a_name_that_another_model_has_taken_over_is_that_model_s(told: Store) -> None:
    told.sweep([*ROWS, row("a/old")])
    assert told.all(EDGES) == [("b/1", "a/old")]
    assert told.all("SELECT resolved, dangling FROM computation ORDER BY crawl_id DESC LIMIT 1") == [(1, 0)]


def test_a_model_that_is_renamed_again_is_followed(told: Store) -> None:
    told.sweep([{**row("a/newest"), "_id": hub_id("a/new")}, ROWS[1]])
    assert told.all(EDGES) == [("b/1", "a/newest")]


def test_a_model_that_is_not_stored_yet_is_found_when_it_is(store: Store) -> None:
    store.sweep(ROWS[1:])
    tell(store, NEW)
    assert not is_stored(store.connection, NEW)
    store.sweep(ROWS[1:])
    assert store.all(EDGES) == [("b/1", "a/old")]
    store.sweep(ROWS)
    assert store.all(EDGES) == [("b/1", "a/new")]
    assert is_stored(store.connection, NEW)


def test_a_question_by_the_old_name_finds_the_model(told: Store) -> None:
    told.sweep(ROWS)
    assert find_node(told.connection, "a/old").name == "a/new"


def test_an_export_names_it_as_it_is_called_now(told: Store) -> None:
    assert heeded(told.connection) == {}
    told.sweep(ROWS)
    assert list(heeded(told.connection).values()) == ["a/new"]
