"""Where each model's lineage leads: its roots, and the families nearest above it. Pure arrays, as `store.graph`.

Both answers are pairs (node, what it belongs to). A node that appears in k pairs belongs to each by one k-th.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from store.arrays import Column, Ints, in_order, marked
from store.graph import Lineage, Links, levels, runs, stretches

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


def root_pairs(lineage: Lineage) -> Pairs:
    """(node, root) for every node of the lineage and each of its distinct roots, by node; a root is its own.

    The members of a cycle with no way out of it are jointly its roots.
    """
    size = len(lineage.node_ids)
    condensed = lineage.condensed
    tops = _tops(condensed.upward)
    sets = _root_sets(condensed.upward, tops)
    members = Links.of(condensed.set_of, np.arange(size), condensed.number)
    found = [(np.empty(0, np.int32), np.empty(0, np.int32))]
    for first in range(0, size, _AT_ONCE):  # what a block needs beside the pairs is several times as much as they are
        of_node, components = sets.of(tops[condensed.set_of[first : first + _AT_ONCE]])
        of_pair, roots = members.beyond(components)
        found.append(((first + of_node[of_pair]).astype(np.int32), roots.astype(np.int32)))
    nodes, roots = (np.concatenate(side) for side in zip(*found, strict=True))
    return nodes, roots


def _tops(upward: Links) -> Ints:
    """For each node, where the way up along only parents ends: at a root, or at the first with several parents."""
    degrees = upward.degrees()
    tops = np.arange(len(degrees))
    single = np.flatnonzero(degrees == 1)
    tops[single] = upward.targets[upward.starts[single]]
    while True:
        further = tops[tops]
        if np.array_equal(further, tops):
            return tops
        tops = further


def _root_sets(upward: Links, tops: Ints) -> _RootSets:
    """Of every root and of every component with several parents.

    From the top down, level by level, so that the sets above are there when one is joined from them.
    """
    degrees = upward.degrees()
    size = len(degrees)
    merges = np.flatnonzero(degrees > 1)
    places, above = upward.beyond(merges)
    above, below = tops[above], merges[places]
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
    for first, last in runs(level_of):
        for start in range(first, last, _AT_ONCE):
            yield order[start : min(start + _AT_ONCE, last)]


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


def parts(nodes: Column, size: int) -> Column:
    """In how many pairs the node of each pair stands: the denominator of its share."""
    found: Column = np.bincount(nodes, minlength=size).astype(np.int32)[nodes]
    return found
