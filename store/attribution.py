"""Where each model's lineage leads: its roots, and the families nearest above it. Pure arrays, as `store.graph`.

Both answers are pairs (node, what it belongs to). A node that appears in k pairs belongs to each by one k-th; a root
that stands for several counts as so many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from store.arrays import Column, Ints, in_order, marked
from store.cycles import Cycles
from store.graph import Lineage
from store.links import Links, levels, stretches, tops

Pairs: TypeAlias = tuple[Column, Column]

_AT_ONCE = 8192
"""Nodes, or merges, whose roots are found together: of merges of merges each may have hundreds."""


class _RootSets(NamedTuple):
    """The distinct roots of a component: a stretch of `flat` each; none for what leads up to a root or merge alone."""

    starts: Ints
    counts: Ints
    flat: Column

    def of(self, components: Column) -> Pairs:
        """(place among the components, a root) for each root of each."""
        places, stretch = stretches(self.starts[components], self.counts[components])
        return places, self.flat[stretch]


class RootPairs(NamedTuple):
    """(node, root) pairs, in no order. A root stands for so many of the node's roots, all alike: itself, and others.

    `numbers` is None where each stands for itself alone.
    """

    nodes: Column
    roots: Column
    numbers: Column | None


def root_pairs(lineage: Lineage, alike: Column) -> RootPairs:
    """Every node of the lineage with each of its distinct roots; a root is its own.

    The members of a cycle with no way out of it are jointly its roots. Those of them that have the same number in
    `alike` (one a node) are told by one: of n members each by itself there would be n times n pairs.
    """
    condensed, cycles = lineage.condensed, lineage.cycles
    ends = tops(condensed.upward)
    has_several = condensed.upward.degrees() > 1
    sets = _root_sets(condensed.upward, ends)
    told, numbers = _told(cycles, alike)
    members = Links.of(condensed.set_of[told], told, len(alike))
    has_several[cycles.firsts] = True
    top_of = ends[condensed.set_of]
    through_sets = has_several[top_of]
    alone, others = np.flatnonzero(~through_sets), np.flatnonzero(through_sets)
    found = [np.stack([alone, top_of[alone]], dtype=np.int32, casting="unsafe")]
    for first in range(0, len(others), _AT_ONCE):  # what a block needs beside is several times as much as its pairs
        some = others[first : first + _AT_ONCE]
        of_node, components = sets.of(top_of[some])
        of_pair, roots = members.beyond(components)
        found.append(np.stack([some[of_node[of_pair]], roots], dtype=np.int32, casting="unsafe"))
    nodes, roots = np.concatenate(found, axis=1)
    return RootPairs(nodes, roots, numbers[roots] if len(told) < len(alike) else None)


def _told(cycles: Cycles, alike: Column) -> tuple[Ints, Column]:
    """(the nodes that stand for those like them in their cycle, how many such there are of each node)."""
    is_told, numbers = np.ones(len(alike), bool), np.ones(len(alike), np.int32)
    together = cycles.nodes
    kinds = np.unique(alike[together], return_inverse=True)[1]
    codes = cycles.firsts * len(alike) + kinds
    _, firsts, counts = np.unique(codes, return_index=True, return_counts=True)
    is_told[together] = False
    is_told[together[firsts]], numbers[together[firsts]] = True, counts
    return np.flatnonzero(is_told), numbers


def _root_sets(upward: Links, ends: Ints) -> _RootSets:
    """Of every root and of every component with several parents.

    From the top down, level by level, so that the sets above are there when one is joined from them.
    """
    degrees = upward.degrees()
    size = len(degrees)
    merges = np.flatnonzero(degrees > 1)
    places, above = upward.beyond(merges)
    above, below = ends[above], merges[places]
    roots = np.flatnonzero(degrees == 0)
    found = _RootSets(np.zeros(size, np.int64), np.zeros(size, np.int64), np.empty(max(2 * size, 16), np.int32))
    found.starts[roots], found.counts[roots] = np.arange(len(roots)), 1
    found.flat[: len(roots)] = roots
    used = len(roots)
    level_of = levels(above, below, size)
    joined = Links.of(below, above, size)
    order = merges[np.argsort(level_of[merges], kind="stable")]
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
