"""Which model or ghost a declared text means."""

from __future__ import annotations

from typing import Any

import numpy as np

from store.models import _inverse
from store.resolution import _distinct
from store.standing import standing
from tests.store.conftest import Store, hub_id, row

EDGES = """
    SELECT child.name, parent.name, edge.times FROM edge
    JOIN node AS child ON child.id = edge.child_id JOIN node AS parent ON parent.id = edge.parent_id ORDER BY 1, 2"""


def with_base(name: str, base: str, base_id: str) -> dict[str, Any]:
    models = [{"_id": hub_id(base_id), "id": base}]
    return {**row(name), "baseModels": {"relation": "finetune", "models": models}}


def test_the_id_that_the_hub_gives_beats_the_name(store: Store) -> None:
    store.sweep([row("a/meant"), row("a/named"), with_base("b/ft", "a/named", "a/meant")])
    assert store.all(EDGES) == [("b/ft", "a/meant", 1)]


def test_an_unknown_id_leaves_the_name(store: Store) -> None:
    store.sweep([row("a/named"), with_base("b/ft", "a/named", "nobody")])
    assert store.all(EDGES) == [("b/ft", "a/named", 1)]


def test_the_only_name_that_differs_in_case_is_meant(store: Store) -> None:
    store.sweep([row("A/Base"), row("b/ft", ["a/base"])])
    assert store.all(EDGES) == [("b/ft", "A/Base", 1)]


def test_two_names_that_differ_in_case_leave_a_ghost(store: Store) -> None:
    store.sweep([row("A/Base"), row("a/BASE"), row("b/ft", ["a/base"])])
    assert store.all(EDGES) == [("b/ft", "a/base", 1)]
    assert standing(store.connection).ledger["ghosts"] == 1


def test_an_exact_name_beats_one_that_differs_in_case(store: Store) -> None:
    store.sweep([row("A/Base"), row("a/base"), row("b/ft", ["a/base"])])
    assert store.all(EDGES) == [("b/ft", "a/base", 1)]


def test_two_texts_for_one_base_are_one_edge_and_one_repeat(store: Store) -> None:
    store.sweep([row("A/Base"), row("b/ft", ["a/base", "A/Base"])])
    ledger = standing(store.connection).ledger
    assert store.all(EDGES) == [("b/ft", "A/Base", 2)]
    assert (ledger["references_declared"], ledger["repeats"], ledger["resolved"]) == (2, 1, 1)


def test_a_model_with_an_odd_name_can_still_be_a_base(store: Store) -> None:
    store.sweep([row("a/b/c"), row("b/ft", ["a/b/c"])])
    assert store.all(EDGES) == [("b/ft", "a/b/c", 1)]
    assert standing(store.connection).ledger["malformed"] == 0


def test_the_ledger_adds_up_on_a_mixture(store: Store) -> None:
    rows = [row("a/1", ["x/ghost", "/path", "a/1", "a/2", "a/2"]), row("a/2", ["C:\\models"]), row("a/3", ["A/1"])]
    store.sweep(rows)
    ledger = standing(store.connection).ledger
    assert ledger["references_declared"] == 7
    assert sum(ledger[item] for item in ("repeats", "resolved", "dangling", "malformed")) == 7


def test_a_card_that_disagrees_is_kept_as_evidence_and_counted(store: Store) -> None:
    store.sweep([row("a/1"), row("a/2"), row("b/ft", ["a/1"], cardData={"base_model": "a/2"})])
    assert store.all(EDGES) == [("b/ft", "a/1", 1)]
    assert standing(store.connection).ledger["disagreements"] == 1


def test_of_references_that_mean_the_same_the_first_one_counts() -> None:
    keys = np.random.default_rng(7).integers(0, 300, 20_000)  # so many that a sort takes equal ones in any order
    distinct, first, times = _distinct(keys, np.ones(len(keys), np.int32))
    assert distinct.tolist() == sorted(set(keys.tolist()))
    assert first.tolist() == [keys.tolist().index(key) for key in distinct.tolist()]
    assert times.tolist() == np.bincount(keys).tolist()


def test_a_node_that_no_model_bears_has_none() -> None:
    assert _inverse(np.array([4, 0, -7, 2], np.int32)).tolist() == [-1, -1, 3, -1, 0, -1]
