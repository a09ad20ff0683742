"""Where each model's lineage leads: its roots, and the families nearest above it. Pure arrays, as `store.graph`.

Both answers are pairs (node, what it belongs to). A node that appears in k pairs belongs to each by one k-th.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from store.graph import Column, Ints, Lineage, Links, in_order, levels, marked, runs, stretches

Pairs: TypeAlias = tuple[Column, Column]


def root_pairs(lineage: Lineage) -> Pairs:
    """(node, root) for every node of the lineage and each of its distinct roots, by node; a root is its own.

    The members of a cycle with no way out of it are jointly its roots.
    """
    size = len(lineage.node_ids)
    condensed = lineage.condensed
    tops = _tops(condensed.upward)
    sets = _root_sets(condensed.upward, tops)
    members = Links.of(condensed.set_of, np.arange(size), condensed.number)
    of_node, root_components = sets.beyond(tops[condensed.set_of])
    of_pair, roots = members.beyond(root_components)
    return of_node[of_pair], roots


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


def _root_sets(upward: Links, tops: Ints) -> Links:
    """The distinct roots of every root and of every node with several parents; the others have none listed.

    From the top down, level by level, so that the sets above are there when one is joined from them.
    """
    degrees = upward.degrees()
    size = len(degrees)
    merges = np.flatnonzero(degrees > 1)
    places, above = upward.beyond(merges)
    above, below = tops[above], merges[places]
    roots = np.flatnonzero(degrees == 0)
    starts, counts = np.zeros(size, np.int64), np.zeros(size, np.int64)
    starts[roots], counts[roots] = np.arange(len(roots)), 1
    flat = np.empty(max(2 * size, 16), np.int32)
    flat[: len(roots)] = roots
    used = len(roots)
    level_of = levels(above, below, size)
    joined = Links.of(below, above, size)
    order = merges[np.argsort(level_of[merges], kind="stable")]
    for first, last in runs(level_of[order]):
        merging = order[first:last]
        which, sources = joined.beyond(merging)
        pair, places = stretches(starts[sources], counts[sources])
        pairs = in_order(merging[which][pair] * size + flat[places])
        while used + len(pairs) > len(flat):
            flat = np.concatenate([flat, np.empty_like(flat)])
        flat[used : used + len(pairs)] = pairs % size
        merged, firsts = np.unique(pairs // size, return_index=True)
        starts[merged] = used + firsts
        counts[merged] = np.diff(firsts, append=len(pairs))
        used += len(pairs)
    return Links(np.append(0, np.cumsum(counts)), flat[stretches(starts, counts)[1]])


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
