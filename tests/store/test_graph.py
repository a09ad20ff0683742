"""The counts by arrays, held against a naive search and against graphs of known shape."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest

from store.counts import count_derivatives
from store.graph import RELATIONS, Lineage, descendants


def lineage(size: int, edges: list[tuple[int, int]], relations: list[int] | None = None) -> Lineage:
    """(parent, child) pairs; a child without a relation of its own is a fine-tune."""
    pairs = sorted(set(edges))
    derived = {child for _, child in pairs}
    own = relations or [1 if node in derived else -1 for node in range(size)]
    parents, children = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    return Lineage(np.arange(size), parents, children, np.array(own, np.int64))


def naive_totals(size: int, edges: list[tuple[int, int]], relations: list[int]) -> list[list[int]]:
    below = defaultdict(set)
    for parent, child in edges:
        below[parent].add(child)
    totals = []
    for start in range(size):
        seen: set[int] = set()
        pending = [start]
        while pending:
            fresh = below[pending.pop()] - seen
            seen |= fresh
            pending += fresh
        seen.discard(start)
        totals.append([sum(relations[node] == relation for node in seen) for relation in range(RELATIONS)])
    return totals


def random_graph(seed: int) -> tuple[int, list[tuple[int, int]], list[int]]:
    rng = random.Random(seed)
    size = rng.randint(1, 40)
    edges = set()
    for child in range(size):
        for _ in range(rng.choice([0, 1, 1, 1, 2, 5])):
            parent = rng.randrange(size)
            if rng.random() < 0.8:
                parent = parent % (child + 1)  # mostly older ones, so that cycles are some and not all
            if parent != child:
                edges.add((parent, child))
    declares = {child for _, child in edges}
    return size, sorted(edges), [rng.randrange(RELATIONS) if node in declares else -1 for node in range(size)]


def counted(graph: Lineage) -> tuple[np.ndarray, np.ndarray]:
    """Direct and total derivatives of all nodes, of shape (relations, nodes)."""
    counts = count_derivatives(graph)
    found = []
    for column in (counts.direct, counts.total):
        of_all = np.zeros((RELATIONS, len(graph.node_ids)), np.int64)
        of_all[:, counts.nodes] = column
        found.append(of_all)
    return found[0], found[1]


@pytest.mark.parametrize("block", range(10))
def test_totals_equal_a_naive_search_on_random_graphs(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        size, edges, relations = random_graph(seed)
        _, total = counted(lineage(size, edges, relations))
        assert total.T.tolist() == naive_totals(size, edges, relations), seed


def test_direct_counts_each_distinct_child_once() -> None:
    direct, _ = counted(lineage(4, [(0, 1), (0, 2), (1, 2), (2, 3)]))
    assert direct.sum(axis=0).tolist() == [2, 1, 1, 0]


def test_a_model_below_two_parents_counts_once_above_both() -> None:
    _, total = counted(lineage(5, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]))
    assert total.sum(axis=0).tolist() == [4, 2, 2, 1, 0]


def test_members_of_a_cycle_are_each_others_descendants_and_not_their_own() -> None:
    _, total = counted(lineage(3, [(0, 1), (1, 0), (1, 2)]))
    assert total.sum(axis=0).tolist() == [2, 2, 0]


def test_an_empty_lineage_has_no_counts() -> None:
    counts = count_derivatives(lineage(0, []))
    assert counts.total.shape == (RELATIONS, 0)


def test_a_chain_of_ten_thousand_ends() -> None:
    _, total = counted(lineage(10_000, [(node, node + 1) for node in range(9_999)]))
    assert total.sum(axis=0).tolist() == list(range(9_999, -1, -1))


def test_a_star_of_a_million_children_counts_each_once() -> None:
    children = np.arange(1, 1_000_001)
    star = Lineage(
        np.arange(1_000_001), np.zeros(1_000_000, np.int64), children, np.r_[-1, np.ones(1_000_000, np.int64)]
    )
    _, total = counted(star)
    assert total[:, 0].sum() == 1_000_000


def test_a_ladder_of_merges_counts_each_once() -> None:
    edges = [(2 * rung + left, 2 * rung + 2 + right) for rung in range(300) for left in (0, 1) for right in (0, 1)]
    _, total = counted(lineage(602, edges))
    assert total.sum(axis=0)[:2].tolist() == [600, 600]


def test_descendants_of_several_sources_leave_the_sources_out() -> None:
    reached, is_direct = descendants(lineage(5, [(0, 1), (1, 2), (2, 3), (1, 4)]), np.array([0, 1]))
    assert sorted(reached.tolist()) == [2, 3, 4]
    assert sorted(reached[is_direct].tolist()) == [2, 4]


def test_a_descendant_of_several_sources_is_reached_once() -> None:
    reached, is_direct = descendants(lineage(4, [(0, 2), (1, 2), (2, 3)]), np.array([0, 1]))
    assert (sorted(reached.tolist()), reached[is_direct].tolist()) == ([2, 3], [2])


def test_descendants_are_found_again_and_again() -> None:
    whole = lineage(6, [(0, 1), (1, 2), (2, 0), (3, 4), (4, 2)])
    for _ in range(2):
        assert [sorted(descendants(whole, np.array(sources))[0].tolist()) for sources in ([0], [3], [2, 4], [5])] == [
            [1, 2],
            [0, 1, 2, 4],
            [0, 1],
            [],
        ]
