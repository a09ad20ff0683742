"""Parts of the lineage, and what is written of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import pytest

from crawler.records import Relation
from store.exports.reading import readers_of
from store.exports.selection import selected
from store.exports.tables import EDGES, NODES, TIMED_EDGES
from tests.store.conftest import Store, row
from tests.store.exports.conftest import edge_rows

BELOW = [
    row("a/base"),
    row("b/ft", ["a/base"], "finetune"),
    row("c/quant", ["b/ft"], "quantized"),
    row("d/merge", ["b/ft", "x/ghost"], "merge"),
    row("e/other"),
    row("e/child", ["e/other"], "adapter"),
]


def part(store: Store, *tops: str, **options: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of the nodes and the pairs of the edges, each in order."""
    marks = ",".join("?" * len(tops))
    numbers = store.all(f"SELECT id FROM node WHERE name IN ({marks})", *tops) if tops else None
    chosen = readers_of([store.connection], selected(store.connection, numbers, **options))
    nodes = sorted(name for (name,) in NODES.rows(chosen, "id"))
    assert sorted(EDGES.rows(chosen, "child", "parent")) == sorted(TIMED_EDGES.rows(chosen, "child", "parent"))
    return nodes, sorted(EDGES.rows(chosen, "child", "parent"))


@pytest.fixture
def small(store: Store) -> Store:
    store.sweep(BELOW)
    return store


def test_below_a_model_stand_it_and_its_derivatives(small: Store) -> None:
    assert part(small, "a/base") == (
        ["a/base", "b/ft", "c/quant", "d/merge"],
        [("b/ft", "a/base"), ("c/quant", "b/ft"), ("d/merge", "b/ft")],
    )


def test_above_a_model_stand_it_and_what_it_derives_from(small: Store) -> None:
    assert part(small, "d/merge", up=True) == (
        ["a/base", "b/ft", "d/merge", "x/ghost"],
        [("b/ft", "a/base"), ("d/merge", "b/ft"), ("d/merge", "x/ghost")],
    )


@pytest.mark.parametrize(("depth", "names"), [(1, ["a/base", "b/ft"]), (2, ["a/base", "b/ft", "c/quant", "d/merge"])])
def test_the_depth_is_how_many_steps_are_gone(small: Store, depth: int, names: Sequence[str]) -> None:
    assert part(small, "a/base", depth=depth)[0] == names


def test_of_a_relation_stand_its_edges_their_ends_and_the_first_nodes(small: Store) -> None:
    assert part(small, "a/base", relations=[Relation.QUANTIZED]) == (
        ["a/base", "b/ft", "c/quant"],
        [("c/quant", "b/ft")],
    )


def test_a_relation_alone_is_looked_for_in_the_whole(small: Store) -> None:
    assert part(small, relations=[Relation.ADAPTER, Relation.MERGE]) == (
        ["b/ft", "d/merge", "e/child", "e/other", "x/ghost"],
        [("d/merge", "b/ft"), ("d/merge", "x/ghost"), ("e/child", "e/other")],
    )


def test_a_part_of_a_cycle_ends(store: Store) -> None:
    store.sweep([row("a/one", ["b/two"]), row("b/two", ["a/one"])])
    assert part(store, "a/one")[0] == ["a/one", "b/two"]


def test_a_name_that_is_no_node_is_left_out(small: Store) -> None:
    small.connection.execute("INSERT INTO node (id, name, publisher_id, well_formed) VALUES (999, 'f/word', 1, 1)")
    assert part(small, "f/word") == ([], [])


def test_nothing_chosen_is_the_whole(small: Store) -> None:
    assert selected(small.connection, None) is None


def test_a_real_part_is_what_another_library_reaches(real: Store) -> None:
    graph = nx.DiGraph((parent, child) for child, parent in edge_rows(real))
    top = max(graph, key=graph.out_degree)
    wanted = {top, *nx.descendants(graph, top)}
    assert len(wanted) > 20
    assert part(real, top) == (
        sorted(wanted),
        sorted((child, parent) for parent, child in graph.subgraph(wanted).edges),
    )
