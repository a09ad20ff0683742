"""Names for generated models: the well-known as they are, the others after what they are made from."""

from __future__ import annotations

import random
from bisect import bisect
from functools import lru_cache
from itertools import accumulate

from crawler.replica.genealogy import GHOST, ROOT, Genealogy
from crawler.replica.wellknown import BASES, GHOST_PUBLISHERS, LOCAL_PATHS, PUBLISHERS

FIRST = (
    "quiet",
    "amber",
    "north",
    "lucid",
    "iron",
    "paper",
    "tidal",
    "brisk",
    "velvet",
    "solar",
    "plain",
    "ember",
)
LAST = (
    "fox",
    "labs",
    "river",
    "otter",
    "works",
    "mind",
    "forge",
    "pine",
    "signal",
    "harbor",
    "atlas",
    "wren",
)
TOPICS = ("chat", "math", "code", "vision", "speech", "medical", "legal", "story", "embed", "agent", "reward")
ENDINGS = ("", "sft", "lora", "GGUF", "merge", "ft")
"""By the kinds of `genealogy`, in their order."""
LONGEST_STEM = 40


class Names:
    """The name of a number, always the same; nothing is kept but how much each publisher publishes."""

    def __init__(self, tree: Genealogy, seed: int) -> None:
        self._tree = tree
        self._seed = seed
        self._known = dict(zip(tree.known, BASES, strict=False))
        publishers = max(round(tree.count**0.8), 1)
        self._shares = list(accumulate(1 / (rank + 8) for rank in range(publishers)))
        self.of = lru_cache(maxsize=100_000)(self._of)

    def _of(self, number: int) -> str:
        if number in self._known:
            return self._known[number]
        draw = random.Random(self._seed * 1_000_003 + number).random()
        kind = self._tree.kinds[number]
        stem = TOPICS[int(draw * 1e6) % len(TOPICS)] if kind == ROOT else self._stem(number)
        ending = ENDINGS[kind] or "v1"
        return f"{self._publisher(draw)}/{stem}-{ending}-{_in_letters(number)}"

    def _stem(self, number: int) -> str:
        """What a derivative is named after: its base if that is well known, else its topic."""
        parent = self._tree.parents(number)[0]
        known = self._known.get(parent) if parent != GHOST else None
        return known.partition("/")[2][:LONGEST_STEM] if known else TOPICS[number % len(TOPICS)]

    def _publisher(self, draw: float) -> str:
        rank = bisect(self._shares, draw * self._shares[-1])
        if rank < len(PUBLISHERS):
            return PUBLISHERS[rank]
        return f"{FIRST[rank % 12]}-{LAST[rank // 12 % 12]}-{rank}"

    def ghost(self, number: int) -> str:
        """What is named where there is no such model: mostly models that are gone, now and then a path."""
        if number % 25 == 0:
            return LOCAL_PATHS[number % len(LOCAL_PATHS)]
        return f"{GHOST_PUBLISHERS[number % len(GHOST_PUBLISHERS)]}/gone-{number % 997}"


def _in_letters(number: int) -> str:
    letters = ""
    while number or not letters:
        number, rest = divmod(number, 36)
        letters = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + letters
    return letters
