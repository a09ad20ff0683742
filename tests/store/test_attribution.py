"""Roots and nearest families by arrays, held against a naive reading and against graphs of known shape."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest

from store.attribution import nearest_pairs, root_pairs
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


@pytest.mark.parametrize("block", range(10))
def test_both_equal_a_naive_reading_on_random_graphs(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        size, edges, relations = random_graph(seed)
        graph = lineage(size, edges, relations)
        assert as_sets(root_pairs(graph)) == naive_roots(size, edges), seed
        rng = random.Random(seed)
        official = {rng.randrange(size): {rng.randrange(4) for _ in range(2)} for _ in range(rng.randrange(4))}
        pairs = [(node, family) for node, families in sorted(official.items()) for family in sorted(families)]
        nodes, families = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
        assert as_sets(nearest_pairs(graph, nodes, families)) == naive_nearest(edges, official), seed


def test_a_long_chain_has_one_root_and_a_cycle_has_all_its_members() -> None:
    size = 20_000
    assert set(root_pairs(lineage(size, [(at, at + 1) for at in range(size - 1)]))[1].tolist()) == {0}
    ring = [(0, 1), (1, 2), (2, 0), (2, 3)]
    assert as_sets(root_pairs(lineage(4, ring))) == {node: {0, 1, 2} for node in range(4)}


def test_merges_of_merges_keep_each_root_once() -> None:
    edges = [(0, 3), (1, 3), (1, 4), (2, 4), (3, 5), (4, 5), (5, 6)]
    assert as_sets(root_pairs(lineage(7, edges)))[6] == {0, 1, 2}


def test_nothing_gives_nothing() -> None:
    empty = np.empty(0, np.int64)
    assert [side.tolist() for side in root_pairs(lineage(0, []))] == [[], []]
    assert [side.tolist() for side in nearest_pairs(lineage(3, [(0, 1)]), empty, empty)] == [[], []]
