"""Who descends from whom in a generated Hub: kinds and parents by number, in the proportions of the real one.

Models are numbers in order of creation. Names, dates and rows are made of them in `generate`. The shares
are WIRE's and those published with it; every draw comes from one seeded generator.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

ROOT, FINETUNE, ADAPTER, QUANTIZED, MERGE, CARD_ONLY = range(6)
KIND_WORDS = ("", "finetune", "adapter", "quantized", "merge", "")

WITH_BASE = 0.30
SHARES = {FINETUNE: 0.37, ADAPTER: 0.36, QUANTIZED: 0.19, MERGE: 0.02, CARD_ONLY: 0.06}
BEARING = {FINETUNE: 0.08, QUANTIZED: 0.01, ADAPTER: 0.002}
"""The share of each kind that has children of its own."""
BASES_SHARE = 0.04
"""Models with children, of all models."""
LARGEST_BASE = 0.014
SELF_SHARE = 2_008 / 894_089
GHOST_SHARE = 0.04
CARD_RESOLVES = 36_500 / 56_955
MOST_PARENTS = 18
CHAIN = 18
GHOST = 0xFFFFFFFF
"""Stands for a parent that is no model of this Hub."""


class Genealogy:
    """`kinds[n]` and `parents(n)` of every model; `known` are the well-known bases' numbers, oldest first."""

    def __init__(self, count: int, known: int, popular: Iterable[int], seed: int) -> None:
        self._random = random.Random(seed)
        self.count = count
        self.known = _spread(count, known)
        self.kinds = self._kinds(np.random.default_rng(seed))
        self._first = array("I", [GHOST]) * count
        self._further: dict[int, tuple[int, ...]] = {}
        self._grow([self.known[place] for place in popular if place < len(self.known)])

    def parents(self, number: int) -> tuple[int, ...]:
        """The models it names, `GHOST` for what is none; () for a root."""
        if self.kinds[number] == ROOT:
            return ()
        return (self._first[number], *self._further.get(number, ()))

    def _kinds(self, draw: np.random.Generator) -> npt.NDArray[np.uint8]:
        with_base = round(self.count * WITH_BASE)
        kinds = np.zeros(self.count, dtype=np.uint8)
        # The oldest twentieth are roots, so that everyone else finds someone older.
        free = np.setdiff1d(np.arange(self.count // 20, self.count), self.known)
        chosen = draw.permutation(free)[:with_base]
        ends = np.round(np.cumsum(list(SHARES.values())) * len(chosen)).astype(int)
        for kind, members in zip(SHARES, np.split(chosen, ends[:-1]), strict=True):
            kinds[members] = kind
        return kinds

    def _grow(self, popular: list[int]) -> None:
        bearing = self._bearing(popular)
        wanted = dict(zip(bearing, _sizes(len(bearing), self.count), strict=True))
        self._give_parents(wanted)
        self._add_merge_parents(sorted(bearing))
        self._add_ghosts()
        self._add_chains()
        self._add_rings()

    def _members(self, kind: int) -> list[int]:
        found: list[int] = np.flatnonzero(self.kinds == kind).tolist()
        return found

    def _some(self, kind: int, share: float) -> list[int]:
        members = self._members(kind)
        return self._random.sample(members, round(share * len(members)))

    def _bearing(self, popular: list[int]) -> list[int]:
        """The models that have children, in descending order of how many."""
        derived = [number for kind, share in BEARING.items() for number in self._some(kind, share)]
        others = [number for number in self.known if number not in set(popular)]
        roots = np.setdiff1d(np.flatnonzero(self.kinds == ROOT), self.known).tolist()
        more = max(round(self.count * BASES_SHARE) - len(derived) - len(self.known), 0)
        # The youngest twentieth found no children yet.
        old_enough = [number for number in roots if number < self.count * 0.95]
        late = derived + self._random.sample(old_enough, min(more, len(old_enough)))
        self._random.shuffle(others)
        self._random.shuffle(late)
        return popular + others + late

    def _give_parents(self, wanted: dict[int, int]) -> None:
        """From the youngest base to the oldest, each takes its children among the younger."""
        children = np.flatnonzero(self.kinds != ROOT)[::-1].tolist()
        waiting: list[int] = []
        next_child = 0
        for base in sorted(wanted, reverse=True):
            while next_child < len(children) and children[next_child] > base:
                waiting.append(children[next_child])
                next_child += 1
            for _ in range(min(wanted[base], len(waiting))):
                self._first[_taken(waiting, self._random)] = base
        self._place_rest([*waiting, *children[next_child:]], sorted(wanted))

    def _place_rest(self, rest: list[int], bases: list[int]) -> None:
        """Those whom no base took go to any older base, one apiece as far as possible."""
        for child in rest:
            older = bisect_left(bases, child)
            self._first[child] = bases[self._random.randrange(older)] if older else GHOST

    def _add_merge_parents(self, bases: list[int]) -> None:
        merges = self._members(MERGE)
        for place, number in enumerate(merges):
            wanted = (
                MOST_PARENTS if place == len(merges) - 1 else min(2 + int(self._random.expovariate(0.7)), MOST_PARENTS)
            )
            older = bisect_left(bases, number)
            further = [bases[place] for place in self._random.sample(range(older), min(wanted, older))]
            self._further[number] = tuple(base for base in further if base != self._first[number])[: wanted - 1]

    def _add_ghosts(self) -> None:
        for number in self._members(CARD_ONLY):
            if self._random.random() >= CARD_RESOLVES:
                self._first[number] = GHOST
        for kind in (FINETUNE, ADAPTER, QUANTIZED):
            for number in self._some(kind, GHOST_SHARE):
                self._first[number] = GHOST

    def _add_chains(self) -> None:
        """Fine-tunes of fine-tunes, `CHAIN` in a line, a line for every 20,000 models."""
        finetunes = self._members(FINETUNE)
        length = min(CHAIN, len(finetunes) // 3)
        for _ in range(max(self.count // 20_000, 1)):
            line = sorted(self._random.sample(finetunes, length))
            for older, younger in pairwise(line):
                self._first[younger] = older

    def _add_rings(self) -> None:
        """Self-references at their share, and as many rings of two and of three as there are chains."""
        finetunes = self._members(FINETUNE)
        selves = round(self.count * WITH_BASE * SELF_SHARE)
        rings = max(self.count // 20_000, 1) if self.count >= 40 else 0
        sizes = [1] * selves + [2] * rings + [3] * rings
        members = self._random.sample(finetunes, min(sum(sizes), len(finetunes) // 2))
        for size in sizes:
            ring, members = members[:size], members[size:]
            for number, parent in zip(ring, ring[1:] + ring[:1], strict=True):
                self._first[number] = parent


def _spread(count: int, known: int) -> list[int]:
    """Places for the well-known bases: in the oldest twentieth, the very oldest where there are few."""
    among = max(count // 20, min(known, count // 4))
    return sorted({place * among // known for place in range(known)})


def _sizes(bases: int, count: int) -> list[int]:
    """Children of each base, most first: `c / (rank + b)`, the first at `LARGEST_BASE` of all models.

    `b` is found so that together they are all the derivatives there are.
    """
    ranks = np.arange(bases)
    low, high = 0.1, float(count)
    for _ in range(60):
        middle = (low + high) / 2
        total = float(np.sum(LARGEST_BASE * count * middle / (ranks + middle)))
        low, high = (middle, high) if total < count * WITH_BASE else (low, middle)
    sizes: list[int] = np.maximum(np.round(LARGEST_BASE * count * low / (ranks + low)), 1).astype(int).tolist()
    return sizes


def _taken(waiting: list[int], draw: random.Random) -> int:
    """One of those waiting, taken out; the last takes its place."""
    place = int(draw.random() * len(waiting))
    waiting[place], waiting[-1] = waiting[-1], waiting[place]
    return waiting.pop()
