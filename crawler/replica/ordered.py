"""What is to happen at which request: `503@7, cut@0.02` -> the kinds that the n-th request meets.

`KIND@N` is the N-th request, counted from 1; `KIND@0.02` is that share of all requests, drawn from a seed.
What the kinds are is in `faults` and `changing`.
"""

from __future__ import annotations

import random
from collections.abc import Collection


class Ordered:
    """Orders as they were written. Raises `ValueError` for one that cannot be read; `what` names them in it."""

    def __init__(self, text: str, kinds: Collection[str], *, seed: int, what: str) -> None:
        self._at: dict[int, list[str]] = {}
        self._shares: list[tuple[str, float]] = []
        self._random = random.Random(seed)
        for order in filter(None, (part.strip() for part in text.split(","))):
            kind, _, when = order.partition("@")
            if kind not in kinds:
                raise ValueError(f"{order!r}: no such {what}; there are {', '.join(kinds)}.")
            if when.isdecimal() and int(when) > 0:
                self._at.setdefault(int(when), []).append(kind)
            else:
                self._shares.append((kind, _share(order, when)))

    def met_by(self, number: int) -> list[str]:
        """To be asked once for every request, in order: the draws go on from it. Those for this very one come first."""
        drawn = [kind for kind, share in self._shares if self._random.random() < share]
        return self._at.get(number, []) + drawn


def _share(order: str, when: str) -> float:
    try:
        share = float(when)
    except ValueError:
        share = -1.0
    if "." not in when or not 0 <= share <= 1:
        raise ValueError(f"{order!r}: behind the @ stands a request's number from 1, or a share such as 0.02.")
    return share
