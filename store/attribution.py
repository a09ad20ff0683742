"""Where each model's lineage leads: its roots, and the families nearest above it. Pure arrays, as `store.graph`.

Both answers are pairs (node, what it belongs to). A node that appears in k pairs belongs to each by one k-th; a root
that stands for several counts as so many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from store.arrays import Column, Ints, in_order, looked_up, marked, places
from store.cycles import Cycles
from store.graph import Lineage
from store.links import Links, levels, stretches, tops

Pairs: TypeAlias = tuple[Column, Column]

_AT_ONCE = 8192
"""Nodes, or merges, whose roots are found together: of merges of merges each may have hundreds."""


class _RootSets(NamedTuple):
    """The distinct roots of each merge, a component with several parents: a stretch of `flat` each.

    `row_of` is the merge's row for each component; -1 for one that is none.
    """

    row_of: Column
    starts: Ints
    counts: Ints
    flat: Column

    def of(self, components: Column) -> Pairs:
        """(place among the components, a root) for each root of each: of one that is no merge, itself."""
        rows = self.row_of[components]
        counts = np.where(rows < 0, 1, self.counts[rows])
        which, stretch = stretches(self.starts[rows], counts)
        alone = rows[which] < 0
        stretch[alone] = 0
        return which, np.where(alone, components[which], self.flat[stretch])


class RootPairs(NamedTuple):
    """(node, root) pairs, in no order. A root stands for so many of the node's roots, all alike: itself, and others.

    `numbers` is None where each stands for itself alone.
    """

    nodes: Column
    roots: Column
    numbers: Column | None


def root_pairs(lineage: Lineage, alike: Column, nodes: Ints) -> RootPairs:
    """Each of these nodes of the lineage with each of its distinct roots; a root is its own.

    The members of a cycle with no way out of it are jointly its roots. Those of them that have the same number in
    `alike` (one a node) are told by one: of n members each by itself there would be n times n pairs.
    """
    condensed, cycles = lineage.condensed, lineage.cycles
    ends = tops(condensed.upward)
    sets = _root_sets(condensed.upward, ends)
    top_of = ends[condensed.set_of]
    told = _Told.of(cycles, alike)
    is_simple = (sets.row_of < 0) & ~marked(cycles.firsts, len(alike))
    simple = is_simple[top_of[nodes]]
    alone, others = nodes[simple], nodes[~simple]
    found = [np.stack([alone, top_of[alone]], dtype=np.int32, casting="unsafe")]
    for first in range(0, len(others), _AT_ONCE):  # what a block needs beside is several times as much as its pairs
        some = others[first : first + _AT_ONCE]
        of_node, components = sets.of(top_of[some])
        of_pair, roots = told.instead_of(components)
        found.append(np.stack([some[of_node[of_pair]], roots], dtype=np.int32, casting="unsafe"))
    told_nodes, roots = np.concatenate(found, axis=1)
    return RootPairs(told_nodes, roots, told.numbers_of(roots))


class _Told(NamedTuple):
    """The members of each cycle that stand for those like them: by cycle, and how many each stands for."""

    firsts: Ints
    members: Links
    nodes: Ints
    numbers: Ints

    @staticmethod
    def of(cycles: Cycles, alike: Column) -> _Told:
        kinds = np.unique(alike[cycles.nodes], return_inverse=True)[1]
        _, one_of, numbers = np.unique(cycles.firsts * len(alike) + kinds, return_index=True, return_counts=True)
        order = np.argsort(one_of)
        nodes, own_firsts = cycles.nodes[one_of[order]], cycles.firsts[one_of[order]]
        firsts, of_node = np.unique(own_firsts, return_inverse=True)
        return _Told(firsts, Links.of(of_node, nodes, len(firsts)), nodes, numbers[order])

    def instead_of(self, components: Column) -> tuple[Ints, Column]:
        """(place among the components, node): the told members of one that is a cycle, and any other itself."""
        cycle = places(components, self.firsts)
        is_cycle = cycle >= 0
        of_member, members = self.members.beyond(cycle[is_cycle])
        others = np.flatnonzero(~is_cycle)
        return (
            np.concatenate([others, np.flatnonzero(is_cycle)[of_member]]),
            np.concatenate([components[others], members]),
        )

    def numbers_of(self, roots: Column) -> Column | None:
        """How many each stands for; None where that is one each."""
        if self.numbers.max(initial=1) == 1:
            return None
        of_node = np.ones(int(max(self.nodes.max(), roots.max(initial=0))) + 1, np.int32)
        of_node[self.nodes] = self.numbers
        return looked_up(of_node, roots)


def _root_sets(upward: Links, ends: Ints) -> _RootSets:
    """Of every component with several parents.

    From the top down, level by level, so that the sets above are there when one is joined from them.
    """
    size = len(ends)
    merges = np.flatnonzero(upward.degrees() > 1)
    row_of = np.full(size, -1, np.int32)
    row_of[merges] = np.arange(len(merges))
    below, above = upward.beyond(merges)
    above = ends[above]
    to_merge = row_of[above] >= 0
    level_of = levels(row_of[above[to_merge]], below[to_merge], len(merges))
    starts, counts = np.zeros((2, len(merges) + 1), np.int64)
    found = _RootSets(row_of, starts, counts, np.empty(max(2 * len(above), 16), np.int32))
    used = 0
    joined = Links.of(below, above, len(merges))
    order = np.argsort(level_of, kind="stable")
    for merging in _blocks(order, level_of[order]):
        which, sources = joined.beyond(merging)
        of_source, above_them = found.of(sources)
        pairs = in_order(merging[which][of_source] * size + above_them)
        while used + len(pairs) > len(found.flat):
            found = found._replace(flat=np.concatenate([found.flat, np.empty_like(found.flat)]))
        found.flat[used : used + len(pairs)] = pairs % size
        merged, firsts = np.unique(pairs // size, return_index=True)
        found.starts[merged] = used + firsts
        found.counts[merged] = np.diff(firsts, append=len(pairs))
        used += len(pairs)
    return found


def _blocks(order: Ints, level_of: Ints) -> Iterator[Ints]:
    """Merges of one level at a time, and not too many of them."""
    for first, last in _runs(level_of):
        for start in range(first, last, _AT_ONCE):
            yield order[start : min(start + _AT_ONCE, last)]


def _runs(values: Ints) -> Iterator[tuple[int, int]]:
    """(first, past the last) place of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    yield from zip([0, *edges.tolist()], [*edges.tolist(), len(values)], strict=True) if len(values) else ()


def nearest_pairs(lineage: Lineage, official: Column, families: Column) -> Pairs:
    """(node, family) for every node that is official nowhere and has an official one above it.

    `official` and `families` are the pairs of official nodes (places) and family numbers. The fewest hops decide;
    families tied at that distance all stand in a pair.
    """
    span = int(families.max(initial=0)) + 1
    settled = marked(official, len(lineage.node_ids))
    found = [np.empty(0, np.int64)]
    nodes, of = official, families
    while len(nodes):
        places, children = lineage.downward.beyond(nodes)
        open_ = ~settled[children]
        pairs = in_order(children[open_] * span + of[places[open_]])
        nodes, of = pairs // span, pairs % span
        settled[nodes] = True
        found.append(pairs)
    pairs = np.concatenate(found)
    return pairs // span, pairs % span


def parts(nodes: Column, size: int, numbers: Column | None = None) -> Column:
    """In how many pairs the node of each pair stands, one that stands for several counted as so many: the denominator
    of its share.
    """
    found: Column = np.bincount(nodes, weights=numbers, minlength=size).astype(np.int32)[nodes]
    return found
