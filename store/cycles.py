"""Models that derive from themselves by way of others. Arrays, and Python where a cycle is met: few models are in one.

A cycle either is a ring of nodes with one parent each, or goes through nodes with several, the merges. The latter are
found among the merges alone, each linked to those that the ways up from its parents end at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from store.arrays import Ints, marked
from store.links import Links, levels, tops


@dataclass(frozen=True)
class Cycles:
    """The nodes of all strongly connected sets of two or more, in order, and the first node of each one's set."""

    nodes: Ints
    firsts: Ints

    @property
    def number(self) -> int:
        return int(np.count_nonzero(self.nodes == self.firsts))

    @property
    def models(self) -> int:
        return len(self.nodes)


def find_cycles(upward: Links) -> Cycles:
    """Of links from child to parent, none of which leads from a node to itself."""
    first_of: dict[int, int] = {}
    for members in _sets(upward):
        first_of |= dict.fromkeys(members, min(members))
    nodes = np.array(sorted(first_of), np.int64)
    return Cycles(nodes, np.array([first_of[node] for node in nodes.tolist()], np.int64))


def _sets(upward: Links) -> Iterator[Iterable[int]]:
    degrees, ends = upward.degrees(), tops(upward)
    in_rings = np.flatnonzero(marked(ends[degrees[ends] == 1], len(ends))).tolist()
    merges = np.flatnonzero(degrees > 1)
    places, above = upward.beyond(merges)
    to_merge = degrees[ends[above]] > 1
    below, above = merges[places[to_merge]], above[to_merge]
    tangled = levels(ends[above], below, len(ends)) < 0  # in a cycle, or below one
    links = tangled[below] & tangled[ends[above]]
    if not in_rings and not links.any():
        return
    parent_of = _parents(upward)
    yield from _rings(in_rings, parent_of)
    yield from _through_merges(below[links].tolist(), above[links].tolist(), ends[above[links]].tolist(), parent_of)


def _parents(upward: Links) -> memoryview:
    """The only parent of each node; -1 where there is none, or there are several. Of numbers that Python knows."""
    nodes, parents = upward.only()
    found = np.full(len(upward.starts) - 1, -1, np.int64)
    found[nodes] = parents
    return found.data


def _rings(nodes: Sequence[int], parent_of: memoryview) -> Iterator[list[int]]:
    seen: set[int] = set()
    for node in nodes:
        if node not in seen:
            ring = [node]
            while (parent := parent_of[ring[-1]]) != node:
                ring.append(parent)
            seen.update(ring)
            yield ring


def _through_merges(
    below: Sequence[int], above: Sequence[int], ends: Sequence[int], parent_of: memoryview
) -> Iterator[set[int]]:
    """Sets of merges that lead to each other, with all between them. A merge in `below`, its parent in `above`, and
    the merge in `ends` that the way up from there ends at: a row each.
    """
    links = defaultdict(list)
    for merge, end in zip(below, ends, strict=True):
        links[merge].append(end)
    set_of = {merge: number for number, merges in enumerate(_strongly_connected(links)) for merge in merges}
    found: dict[int, set[int]] = defaultdict(set)
    for merge, node, end in zip(below, above, ends, strict=True):
        if set_of[merge] == set_of[end]:
            members = found[set_of[merge]]
            members.add(end)
            while node not in members:
                members.add(node)
                node = parent_of[node]
    yield from found.values()


def _strongly_connected(links: Mapping[int, Sequence[int]]) -> Iterator[set[int]]:
    """Tarjan, R. E.: Depth-first search and linear graph algorithms, 1972; without recursion, which Python limits."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_: dict[int, None] = {}  # in the order in which they were met
    for start in links:
        if start in number:
            continue
        way = [(start, iter(links[start]))]
        number[start] = lowest[start] = len(number)
        open_[start] = None
        while way:
            node, others = way[-1]
            for other in others:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    open_[other] = None
                    way.append((other, iter(links.get(other, ()))))
                    break
                if other in open_:
                    lowest[node] = min(lowest[node], number[other])
            else:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    found: set[int] = set()
                    while node not in found:
                        found.add(open_.popitem()[0])
                    yield found
