"""Roots and nearest families by arrays, held against a naive reading and against graphs of known shape."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from store.attribution import RootPairs, nearest_pairs, root_pairs
from store.graph import Lineage
from tests.store.test_graph import lineage, random_graph

Edges = list[tuple[int, int]]


def naive_roots(size: int, edges: Edges) -> dict[int, set[int]]:
    above = defaultdict(set)
    for parent, child in edges:
        above[child].add(parent)

    def ancestors(node: int) -> set[int]:
        seen: set[int] = set()
        pending = [node]
        while pending:
            fresh = above[pending.pop()] - seen
            seen |= fresh
            pending += fresh
        return seen

    reached = {node: ancestors(node) for node in range(size)}
    is_root = {node for node in range(size) if all(node in reached[other] for other in reached[node])}
    return {node: (reached[node] | {node}) & is_root for node in range(size)}


def naive_nearest(edges: Edges, official: dict[int, set[int]]) -> dict[int, set[int]]:
    above = defaultdict(set)
    for parent, child in edges:
        above[child].add(parent)
    found = {}
    for node in {child for _, child in edges} - official.keys():
        seen, ring = {node}, {node}
        while ring and not ring & official.keys():
            ring = {parent for one in ring for parent in above[one]} - seen
            seen |= ring
        if ring:
            found[node] = set().union(*(official.get(one, set()) for one in ring))
    return found


def as_sets(pairs: tuple[np.ndarray, np.ndarray]) -> dict[int, set[int]]:
    grouped: dict[int, set[int]] = defaultdict(set)
    for node, other in zip(*(side.tolist() for side in pairs), strict=True):
        assert other not in grouped[node]
        grouped[node].add(other)
    return dict(grouped)


def pairs_of(graph: Lineage, alike: np.ndarray) -> RootPairs:
    """Of all nodes."""
    return root_pairs(graph, alike, np.arange(len(alike)))


def told_by_kind(pairs: RootPairs, alike: list[int]) -> dict[int, Counter[int]]:
    """How many roots of each kind each node has."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    numbers = np.ones(len(pairs.nodes), np.int64) if pairs.numbers is None else pairs.numbers
    for node, root, number in zip(pairs.nodes.tolist(), pairs.roots.tolist(), numbers.tolist(), strict=True):
        found[node][alike[root]] += number
    return dict(found)


@pytest.mark.parametrize("block", range(10))
def test_both_equal_a_naive_reading_on_random_graphs(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        size, edges, relations = random_graph(seed)
        graph = lineage(size, edges, relations)
        roots = naive_roots(size, edges)
        assert as_sets(pairs_of(graph, np.arange(size))[:2]) == roots, seed
        rng = random.Random(seed)
        alike = [rng.randrange(3) for _ in range(size)]
        of_kinds = {node: Counter(alike[root] for root in those) for node, those in roots.items()}
        assert told_by_kind(pairs_of(graph, np.array(alike)), alike) == of_kinds, seed
        official = {rng.randrange(size): {rng.randrange(4) for _ in range(2)} for _ in range(rng.randrange(4))}
        pairs = [(node, family) for node, families in sorted(official.items()) for family in sorted(families)]
        nodes, families = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
        assert as_sets(nearest_pairs(graph, nodes, families)) == naive_nearest(edges, official), seed


def test_a_long_chain_has_one_root_and_a_cycle_has_all_its_members() -> None:
    size = 20_000
    chain = lineage(size, [(at, at + 1) for at in range(size - 1)])
    assert set(pairs_of(chain, np.zeros(size, np.int64)).roots.tolist()) == {0}
    ring = [(0, 1), (1, 2), (2, 0), (2, 3)]
    assert as_sets(pairs_of(lineage(4, ring), np.arange(4))[:2]) == {node: {0, 1, 2} for node in range(4)}


def test_a_large_cycle_of_few_kinds_makes_few_pairs() -> None:
    size = 100_000  # each by itself: ten thousand million pairs
    ring = lineage(size, [(at, (at + 1) % size) for at in range(size)])
    pairs = pairs_of(ring, np.arange(size) % 2)
    assert len(pairs.nodes) == 2 * size
    assert pairs.numbers is not None
    assert pairs.numbers.tolist() == [size // 2] * (2 * size)


def test_merges_of_merges_keep_each_root_once() -> None:
    edges = [(0, 3), (1, 3), (1, 4), (2, 4), (3, 5), (4, 5), (5, 6)]
    assert as_sets(pairs_of(lineage(7, edges), np.zeros(7, np.int64))[:2])[6] == {0, 1, 2}


def test_only_the_nodes_that_are_asked_for_are_told() -> None:
    pairs = root_pairs(lineage(5, [(0, 2), (1, 2), (2, 3), (0, 4)]), np.zeros(5, np.int64), np.array([3, 4]))
    assert as_sets(pairs[:2]) == {3: {0, 1}, 4: {0}}


def test_nothing_gives_nothing() -> None:
    empty = np.empty(0, np.int64)
    assert [side.tolist() for side in pairs_of(lineage(0, []), empty)[:2]] == [[], []]
    assert [side.tolist() for side in nearest_pairs(lineage(3, [(0, 1)]), empty, empty)] == [[], []]
