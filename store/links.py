"""Who is linked to whom, as arrays, and the walks along such links. Pure: no database, no names, no relations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from store.arrays import Bools, Column, Ints


@dataclass(frozen=True)
class Links:
    """Adjacency: the neighbours of node i are `targets[starts[i]:starts[i + 1]]`, in order."""

    starts: Ints
    targets: Column

    @staticmethod
    def of(sources: Column, targets: Column, size: int) -> Links:
        """All numbers below 2^31: a link is sorted as one number, several times as quickly as one side by the other."""
        links = sources.astype(np.int64)
        links <<= 32
        links |= targets
        if not (links[:-1] <= links[1:]).all():  # a lineage's edges are in order by parent
            links.sort()
        starts = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(sources, minlength=size), out=starts[1:])
        links &= 0xFFFFFFFF
        return Links(starts, links)

    def degrees(self) -> Ints:
        return np.diff(self.starts)

    def beyond(self, nodes: Column) -> tuple[Ints, Column]:
        """(which of `nodes`, by place; neighbour) for every link that leaves them."""
        first = self.starts[nodes]
        places, links = stretches(first, self.starts[nodes + 1] - first)
        return places, self.targets[links]

    def only(self) -> tuple[Ints, Column]:
        """(the nodes that have one neighbour alone, that neighbour)."""
        nodes = np.flatnonzero(self.degrees() == 1)
        return nodes, self.targets[self.starts[nodes]]


def stretches(firsts: Ints, lengths: Ints) -> tuple[Ints, Ints]:
    """(which stretch, place) for every place of stretches that begin there and are so long, one after the other."""
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0)
    places += np.repeat(firsts - (ends - lengths), lengths)
    return np.repeat(np.arange(len(firsts)), lengths), places


def distinct(nodes: Column, scratch: Ints) -> Column:
    """Each node once. `scratch` has a place for every node and may hold anything: nothing is sorted or cleared."""
    order = np.arange(len(nodes))
    scratch[nodes] = order
    kept: Column = nodes[scratch[nodes] == order]
    return kept


def steps(links: Links, sources: Column, seen: Bools, scratch: Ints) -> list[Column]:
    """The nodes that the links lead to from the sources, by their distance; what is seen is not gone to, and what is
    gone to is seen from then on.
    """
    found, frontier = [], sources
    while len(frontier):
        _, beyond = links.beyond(frontier)
        frontier = distinct(beyond[~seen[beyond]], scratch)
        seen[frontier] = True
        found.append(frontier)
    return found


def tops(upward: Links) -> Ints:
    """For each node, where the way up along only parents ends: at a root, or at the first with several parents.

    Where it leads into a ring of only parents, it ends at some node of the ring, and another one's at another.
    """
    found = np.arange(len(upward.starts) - 1)
    goes_on = upward.degrees() == 1
    nodes, parents = upward.only()
    found[nodes] = parents
    for _ in range(len(found).bit_length()):  # twice as far each time: then all are through, or in a ring
        nodes = nodes[goes_on[found[nodes]]]
        found[nodes] = found[found[nodes]]
    return found


def levels(parents: Column, children: Column, size: int) -> Ints:
    """The longest way down to each node from a root; 0 for one without links, -1 for one in a cycle or below."""
    downward = Links.of(parents, children, size)
    waiting = np.bincount(children, minlength=size)
    scratch = np.empty(size, np.int64)
    found = np.where(waiting == 0, 0, -1)
    frontier, level = np.flatnonzero((waiting == 0) & (downward.degrees() > 0)), 0
    while len(frontier):
        found[frontier] = level
        _, beyond = downward.beyond(frontier)
        np.subtract.at(waiting, beyond, 1)
        met = distinct(beyond, scratch)
        frontier, level = met[waiting[met] == 0], level + 1
    return found
