"""Cycles, held against NetworkX's strongly connected sets and on graphs of known shape."""

from __future__ import annotations

import random

import networkx
import numpy as np
import pytest

from tests.store.test_graph import lineage, random_graph

Edges = list[tuple[int, int]]


def found(size: int, edges: Edges) -> list[list[int]]:
    cycles = lineage(size, edges).cycles
    sets: dict[int, list[int]] = {}
    for node, first in zip(cycles.nodes.tolist(), cycles.firsts.tolist(), strict=True):
        sets.setdefault(first, []).append(node)
    assert all(first == members[0] for first, members in sets.items())
    assert (cycles.number, cycles.models) == (len(sets), sum(map(len, sets.values())))
    return sorted(sets.values())


def told_by_networkx(edges: Edges) -> list[list[int]]:
    sets = networkx.strongly_connected_components(networkx.DiGraph(edges))
    return sorted(sorted(members) for members in sets if len(members) > 1)


def sparse_graph(seed: int) -> tuple[int, Edges]:
    """Hardly more edges than nodes: rings, and long ways between merges."""
    rng = random.Random(seed)
    size = rng.randint(2, 60)
    pairs = [(rng.randrange(size), rng.randrange(size)) for _ in range(int(size * rng.uniform(0.5, 1.5)))]
    return size, [(parent, child) for parent, child in pairs if parent != child]


@pytest.mark.parametrize("block", range(4))
def test_the_sets_are_those_of_networkx_on_random_graphs(block: int) -> None:
    several = 0
    for seed in range(block * 500, block * 500 + 500):
        for size, edges in (random_graph(seed)[:2], sparse_graph(seed)):
            assert found(size, edges) == told_by_networkx(edges), seed
            several += len(told_by_networkx(edges)) > 1
    assert several > 50


def test_without_cycles_there_are_none() -> None:
    assert found(0, []) == []
    assert found(4, [(0, 1), (0, 2), (1, 3), (2, 3)]) == []


def test_what_hangs_on_a_ring_or_stands_above_it_is_not_in_it() -> None:
    assert found(6, [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (0, 4)]) == [[1, 2]]


def test_a_ring_of_only_parents_and_one_with_a_merge_are_found_however_long() -> None:
    size = 200_000
    ring = [(at, (at + 1) % size) for at in range(size)]
    assert found(size, ring) == [list(range(size))]
    assert found(size + 1, [*ring, (size, 7)]) == [list(range(size))]


def test_condensed_the_first_of_a_cycle_stands_for_all_of_it() -> None:
    condensed = lineage(6, [(0, 1), (1, 2), (2, 1), (2, 3), (1, 3), (3, 4), (5, 2)]).condensed
    assert condensed.set_of.tolist() == [0, 1, 1, 3, 4, 5]
    edges = zip(condensed.parents.tolist(), condensed.children.tolist(), strict=True)
    assert sorted(edges) == [(0, 1), (1, 3), (3, 4), (5, 1)]
    ends = np.unique(np.concatenate([condensed.parents, condensed.children]))
    assert 2 not in ends
