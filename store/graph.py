"""The lineage in arrays. Pure: no database, no names.

Nodes are numbered 0..n-1 inside a `Lineage`; its `node_ids` say which node of the store each one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crawler.records import Relation
from store.arrays import Bools, Column, Ints, in_order, marked
from store.cycles import Cycles, find_cycles
from store.links import Links, steps

RELATIONS = len(Relation)


@dataclass(frozen=True)
class Condensed:
    """A lineage without cycles: the first node of each stands for all of its nodes, which no edge touches then.

    `set_of` is what stands for each node; `parents` and `children` are the ends of each distinct edge that is left.
    """

    set_of: Ints
    parents: Ints
    children: Ints

    @cached_property
    def upward(self) -> Links:
        return Links.of(self.children, self.parents, len(self.set_of))


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
    def seen(self) -> Bools:
        """A place for every node, for `steps`: False, and whoever changes it changes it back."""
        return np.zeros(len(self.node_ids), bool)

    @cached_property
    def cycles(self) -> Cycles:
        return find_cycles(Links.of(self.children, self.parents, len(self.node_ids)))

    @cached_property
    def condensed(self) -> Condensed:
        size, cycles = len(self.node_ids), self.cycles
        set_of = np.arange(size)
        set_of[cycles.nodes] = cycles.firsts
        is_member = marked(cycles.nodes, size)
        touching = is_member[self.parents] | is_member[self.children]
        parents, children = _distinct_pairs(set_of[self.parents[touching]], set_of[self.children[touching]], size)
        return Condensed(
            set_of,
            np.concatenate([self.parents[~touching], parents]),
            np.concatenate([self.children[~touching], children]),
        )

    def places(self, node_ids: Ints) -> Ints:
        """The numbers in here of those of the given nodes that an edge touches."""
        if not len(self.node_ids):
            return np.empty(0, np.int64)
        found: Ints = np.minimum(np.searchsorted(self.node_ids, node_ids), len(self.node_ids) - 1)
        present: Ints = found[self.node_ids[found] == node_ids]
        return present


def descendants(lineage: Lineage, sources: Ints) -> tuple[Column, Bools]:
    """(all nodes reached from the sources, in no order; which of them are one step away); sources left out."""
    seen = lineage.seen
    seen[sources] = True
    found = steps(lineage.downward, sources, seen, lineage.scratch) or [np.empty(0, np.int64)]
    reached = np.concatenate(found)
    seen[sources] = seen[reached] = False
    return reached, np.arange(len(reached)) < len(found[0])


def _distinct_pairs(left: Ints, right: Ints, size: int) -> tuple[Ints, Ints]:
    """The pairs without repeats and without those of a number with itself."""
    differ = left != right
    keys = in_order(left[differ] * size + right[differ])
    return keys // max(size, 1), keys % max(size, 1)
