"""How many models derive from each, directly and at all: the counts that need the whole lineage at once. Pure arrays.

Nine nodes in ten have no derivatives: they are counted where they hang, and only the others have rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from store.arrays import Column, Ints, in_order, marked
from store.graph import RELATIONS, Condensed, Lineage
from store.links import Links, levels, steps

_MERGES_AT_ONCE = 4096
"""So that what stands above them fits into memory, however many ancestors each has."""


@dataclass(frozen=True)
class Counts:
    """Derivatives by their own relation, of the nodes that have children: two arrays of shape (relations, nodes)."""

    nodes: Ints
    direct: Ints
    total: Ints


def count_derivatives(lineage: Lineage) -> Counts:
    """Direct and total derivatives; each descendant counts once, however many ways lead to it.

    A cycle is condensed to one node. A node with one parent hands its sum up (pointer doubling: as many
    rounds as the logarithm of the depth); only what stands below several parents, which are few, is
    carried to each of its distinct ancestors by itself.
    """
    size, relations = len(lineage.node_ids), lineage.relations
    nodes = np.flatnonzero(marked(lineage.parents, size))
    row_of = np.full(size, -1, np.int32)
    row_of[nodes] = np.arange(len(nodes))
    direct = _by_relation(row_of[lineage.parents], relations[lineage.children], len(nodes))
    condensed = lineage.condensed
    rows = row_of[condensed.set_of[nodes]]
    own = _by_relation(rows, relations[nodes], len(nodes))
    total = _sums_below(condensed, relations, own, nodes, row_of)[:, rows]
    declaring = np.flatnonzero(relations[nodes] >= 0)
    total[relations[nodes[declaring]], declaring] -= 1  # none is its own derivative
    return Counts(nodes, direct, total)


def _by_relation(groups: Column, relations: Column, size: int) -> Ints:
    """Counts of shape (relations, size); those that declare no relation count nowhere."""
    declared = np.flatnonzero(relations >= 0)
    keys = relations[declared] * np.int64(size) + groups[declared]
    return np.bincount(keys, minlength=RELATIONS * size).reshape(RELATIONS, size)


def _sums_below(condensed: Condensed, relations: Column, own: Ints, nodes: Ints, row_of: Column) -> Ints:
    """For each row: its own counts plus those of every distinct descendant."""
    upward = condensed.upward
    single, parents = upward.only()
    is_leaf = row_of[single] < 0
    sums = own + _by_relation(row_of[parents[is_leaf]], relations[single[is_leaf]], len(nodes))
    only_parent = np.full(len(nodes), -1, np.int64)
    only_parent[row_of[single[~is_leaf]]] = row_of[parents[~is_leaf]]
    _add_up(sums, only_parent)
    merges = np.flatnonzero(upward.degrees() > 1)
    if len(merges):
        size = len(row_of)
        is_above = np.zeros(size, bool)
        steps(upward, merges, is_above, np.empty(size, np.int64))
        is_above = is_above[condensed.children]
        level_of = levels(condensed.parents[is_above], condensed.children[is_above], size)
        weights = _by_relation(np.arange(len(merges)), relations[merges], len(merges))
        inner = np.flatnonzero(row_of[merges] >= 0)
        weights[:, inner] = sums[:, row_of[merges[inner]]]
        for first in range(0, len(merges), _MERGES_AT_ONCE):
            some = slice(first, first + _MERGES_AT_ONCE)
            _carry_up(sums, merges[some], weights[:, some], upward, level_of, row_of)
    return sums


def _add_up(sums: Ints, parent: Ints) -> None:
    """Sums over subtrees of a forest. After round k a node holds all that is fewer than 2^k steps below it."""
    jump = parent.copy()
    below = np.flatnonzero(jump >= 0)
    while len(below):
        targets = jump[below]
        for of_relation in sums:
            np.add.at(of_relation, targets, of_relation[below])
        jump[below] = jump[targets]
        below = below[jump[below] >= 0]


def _carry_up(sums: Ints, merges: Ints, weights: Ints, upward: Links, level_of: Ints, row_of: Column) -> None:
    """Adds the weights (relations, merges) once to the sums of every distinct ancestor of each merge.

    Level by level from the deepest, so that all ways to an ancestor have met when its turn comes.
    """
    size = len(level_of)
    waiting: dict[int, list[Ints]] = defaultdict(list)
    _await(waiting, np.arange(len(merges)), merges, upward, level_of)
    while waiting:
        keys = in_order(np.concatenate(waiting.pop(max(waiting))))
        which, ancestors = keys // size, keys % size
        for of_relation, weight in zip(sums, weights, strict=True):
            np.add.at(of_relation, row_of[ancestors], weight[which])
        _await(waiting, which, ancestors, upward, level_of)


def _await(waiting: dict[int, list[Ints]], which: Ints, nodes: Ints, upward: Links, level_of: Ints) -> None:
    """Puts (merge, parent) pairs, as one number each, under the level of the parent."""
    of, parents = upward.beyond(nodes)
    keys = which[of] * len(level_of) + parents
    of_pair = level_of[parents]
    for level in np.unique(of_pair):
        waiting[int(level)].append(keys[of_pair == level])
