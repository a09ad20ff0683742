"""The lineage in arrays, and the counts that need all of it at once. Pure: no database, no names.

Nodes are numbered 0..n-1 inside a `Lineage`; its `node_ids` say which node of the store each one is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from crawler.records import Relation
from store.arrays import Bools, Column, Ints, in_order

RELATIONS = len(Relation)
_MERGES_AT_ONCE = 4096
"""So that what stands above them fits into memory, however many ancestors each has."""


@dataclass(frozen=True)
class Links:
    """Adjacency: the neighbours of node i are `targets[starts[i]:starts[i + 1]]`."""

    starts: Ints
    targets: Column

    @staticmethod
    def of(sources: Column, targets: Column, size: int) -> Links:
        order = np.argsort(sources, kind="stable")
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(sources, minlength=size), out=starts[1:])
        return Links(starts, targets[order])

    def degrees(self) -> Ints:
        return np.diff(self.starts)

    def beyond(self, nodes: Column) -> tuple[Ints, Column]:
        """(which of `nodes`, by place; neighbour) for every link that leaves them."""
        first = self.starts[nodes]
        places, links = stretches(first, self.starts[nodes + 1] - first)
        return places, self.targets[links]


@dataclass(frozen=True)
class Condensed:
    """A lineage without cycles: each strongly connected set of nodes taken for one.

    `set_of` is the set of each node; `parents` and `children` are the ends of each distinct edge between sets.
    """

    number: int
    set_of: Ints
    parents: Ints
    children: Ints

    @cached_property
    def upward(self) -> Links:
        return Links.of(self.children, self.parents, self.number)


@dataclass(frozen=True)
class Lineage:
    """Every node that an edge touches.

    `parents` and `children` hold the two ends of each distinct edge; `relations` each node's own declared
    relation, -1 where it declares none (roots and ghosts). No node is its own parent.
    """

    node_ids: Ints
    parents: Ints
    children: Ints
    relations: Ints

    @cached_property
    def downward(self) -> Links:
        return Links.of(self.parents, self.children, len(self.node_ids))

    @cached_property
    def scratch(self) -> Ints:
        """A place for every node, for `distinct`."""
        return np.empty(len(self.node_ids), np.int64)

    @cached_property
    def condensed(self) -> Condensed:
        return _condense(self.parents, self.children, len(self.node_ids))

    def places(self, node_ids: Ints) -> Ints:
        """The numbers in here of those of the given nodes that an edge touches."""
        if not len(self.node_ids):
            return np.empty(0, np.int64)
        found: Ints = np.minimum(np.searchsorted(self.node_ids, node_ids), len(self.node_ids) - 1)
        present: Ints = found[self.node_ids[found] == node_ids]
        return present


@dataclass(frozen=True)
class Counts:
    """Derivatives of every node by their own relation: two arrays of shape (relations, nodes)."""

    direct: Ints
    total: Ints


@dataclass(frozen=True)
class Cycles:
    """Strongly connected sets of two or more models, and how many models are in them."""

    number: int
    models: int


def count_derivatives(lineage: Lineage) -> tuple[Counts, Cycles]:
    """Direct and total derivatives of all nodes; each descendant counts once, however many ways lead to it.

    A cycle is condensed to one node. A node with one parent hands its sum up (pointer doubling: as many
    rounds as the logarithm of the depth); only what stands below several parents, which are few, is
    carried to each of its distinct ancestors by itself.
    """
    size, condensed = len(lineage.node_ids), lineage.condensed
    own = _by_relation(condensed.set_of, lineage.relations, condensed.number)
    total = _sums_below(condensed, own)[:, condensed.set_of]
    total -= _by_relation(np.arange(size), lineage.relations, size)
    direct = _by_relation(lineage.parents, lineage.relations[lineage.children], size)
    sizes = np.bincount(condensed.set_of, minlength=condensed.number)
    cyclic = sizes[sizes > 1]
    return Counts(direct, total), Cycles(len(cyclic), int(cyclic.sum()))


def descendants(lineage: Lineage, sources: Ints) -> tuple[Ints, Column]:
    """(all nodes reached from the sources, those among them that are one step away); sources left out."""
    reached = _reached(lineage.downward, sources, lineage.scratch)
    reached[sources] = False
    _, children = lineage.downward.beyond(sources)
    return np.flatnonzero(reached), distinct(children[reached[children]], lineage.scratch)


def _reached(links: Links, sources: Column, scratch: Ints) -> Bools:
    """Which nodes the links lead to from the sources; a source itself where one leads back to it."""
    reached = np.zeros(len(scratch), bool)
    frontier = sources
    while len(frontier):
        _, found = links.beyond(frontier)
        frontier = distinct(found[~reached[found]], scratch)
        reached[frontier] = True
    return reached


def distinct(nodes: Column, scratch: Ints) -> Column:
    """Each node once. `scratch` has a place for every node and may hold anything: nothing is sorted or cleared."""
    order = np.arange(len(nodes))
    scratch[nodes] = order
    kept: Column = nodes[scratch[nodes] == order]
    return kept


def stretches(firsts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """(which stretch, place) for every place of stretches that begin there and are so long, one after the other."""
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0)
    places += np.repeat(firsts - (ends - lengths), lengths)
    return np.repeat(np.arange(len(firsts)), lengths), places


def _condense(parents: Ints, children: Ints, size: int) -> Condensed:
    if not size:
        return Condensed(0, *(np.empty(0, np.int64) for _ in range(3)))
    matrix = csr_array((np.ones(len(parents), np.int8), (parents, children)), shape=(size, size))
    number, labels = connected_components(matrix, directed=True, connection="strong")
    set_of = labels.astype(np.int64)
    return Condensed(int(number), set_of, *distinct_pairs(set_of[parents], set_of[children], int(number)))


def _by_relation(groups: Ints, relations: Column, size: int) -> Ints:
    """Counts of shape (relations, size); those that declare no relation count nowhere."""
    declared = np.flatnonzero(relations >= 0)
    keys = relations[declared] * np.int64(size) + groups[declared]
    return np.bincount(keys, minlength=RELATIONS * size).reshape(RELATIONS, size)


def distinct_pairs(left: Ints, right: Ints, size: int) -> tuple[Ints, Ints]:
    """The pairs without repeats and without those of a number with itself."""
    differ = left != right
    keys = in_order(left[differ] * size + right[differ])
    return keys // max(size, 1), keys % max(size, 1)


def runs(values: Ints) -> Iterator[tuple[int, int]]:
    """(first, past the last) place of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(values)], strict=True) if len(values) else ()


def _sums_below(condensed: Condensed, own: Ints) -> Ints:
    """For each set: its own row plus that of every distinct descendant."""
    size, upward = condensed.number, condensed.upward
    degrees = upward.degrees()
    only_parent = np.full(size, -1, np.int64)
    single = np.flatnonzero(degrees == 1)
    only_parent[single] = upward.targets[upward.starts[single]]
    sums = _sums_in_trees(only_parent, own)
    merges = np.flatnonzero(degrees > 1)
    if len(merges):
        is_above = _reached(upward, merges, np.empty(size, np.int64))[condensed.children]
        level_of = levels(condensed.parents[is_above], condensed.children[is_above], size)
        weights = sums[:, merges]
        for first in range(0, len(merges), _MERGES_AT_ONCE):
            some = slice(first, first + _MERGES_AT_ONCE)
            _carry_up(sums, merges[some], weights[:, some], upward, level_of)
    return sums


def _sums_in_trees(parent: Ints, own: Ints) -> Ints:
    """Sums over subtrees of a forest. After round k a node holds all that is fewer than 2^k steps below it."""
    sums, jump = own.copy(), parent.copy()
    below = np.flatnonzero(jump >= 0)
    while len(below):
        targets = jump[below]
        for of_relation in sums:
            np.add.at(of_relation, targets, of_relation[below])
        jump[below] = jump[targets]
        below = below[jump[below] >= 0]
    return sums


def levels(parents: Ints, children: Ints, size: int) -> Ints:
    """The longest way down to each node from a root; 0 for one without links."""
    downward = Links.of(parents, children, size)
    waiting = np.bincount(children, minlength=size)
    scratch = np.empty(size, np.int64)
    levels = np.zeros(size, np.int64)
    frontier, level = np.flatnonzero((waiting == 0) & (downward.degrees() > 0)), 0
    while len(frontier):
        levels[frontier] = level
        _, found = downward.beyond(frontier)
        np.subtract.at(waiting, found, 1)
        reached = distinct(found, scratch)
        frontier, level = reached[waiting[reached] == 0], level + 1
    return levels


def _carry_up(sums: Ints, merges: Ints, weights: Ints, upward: Links, levels: Ints) -> None:
    """Adds the weights (relations, merges) once to the sums of every distinct ancestor of each merge.

    Level by level from the deepest, so that all ways to an ancestor have met when its turn comes.
    """
    size = len(levels)
    waiting: dict[int, list[Ints]] = defaultdict(list)
    _await(waiting, np.arange(len(merges)), merges, upward, levels)
    while waiting:
        keys = in_order(np.concatenate(waiting.pop(max(waiting))))
        which, ancestors = keys // size, keys % size
        for of_relation, weight in zip(sums, weights, strict=True):
            np.add.at(of_relation, ancestors, weight[which])
        _await(waiting, which, ancestors, upward, levels)


def _await(waiting: dict[int, list[Ints]], which: Ints, nodes: Ints, upward: Links, levels: Ints) -> None:
    """Puts (merge, parent) pairs, as one number each, under the level of the parent."""
    places, parents = upward.beyond(nodes)
    keys = which[places] * len(levels) + parents
    of_pair = levels[parents]
    for level in np.unique(of_pair):
        waiting[int(level)].append(keys[of_pair == level])
