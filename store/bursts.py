"""Days on which one base suddenly had a flood of new derivatives (METHOD, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np

from store.arrays import Bools, Column, Ints
from store.ecosystem import Ecosystem

LEAST = 200
TIMES = 20
DAYS_BEFORE = 28
_DAY = 86_400


@dataclass(frozen=True)
class Burst:
    """`usual` is the median of the 28 days before, at least 1; `day` counts from 1970-01-01 UTC."""

    base: int
    day: int
    new: int
    usual: float


def bursts(ecosystem: Ecosystem) -> list[Burst]:
    """All of them, largest first; `base` is a node id. A day without a new derivative counts 0 in the median."""
    bases, days, _ = _arrivals(ecosystem)
    if not len(bases):
        return []
    first, span = int(days.min()), int(days.max() - days.min()) + 1
    keys, counts = np.unique(bases * span + (days - first), return_counts=True)
    found = []
    for place in np.flatnonzero(counts >= LEAST).tolist():
        start = int(np.searchsorted(keys, max(keys[place] - DAYS_BEFORE, keys[place] // span * span)))
        before = counts[start:place].tolist()
        usual = max(float(median(before + [0] * (DAYS_BEFORE - len(before)))), 1.0)
        if counts[place] >= TIMES * usual:
            node = int(ecosystem.lineage.node_ids[keys[place] // span])
            found.append(Burst(node, int(keys[place] % span) + first, int(counts[place]), usual))
    return sorted(found, key=lambda burst: (-burst.new, burst.base, burst.day))


def in_bursts(ecosystem: Ecosystem) -> Bools:
    """Which models came as direct derivatives of a base on the day of its burst."""
    bases, days, models = _arrivals(ecosystem)
    flagged = {(burst.base, burst.day) for burst in bursts(ecosystem)}
    marked = np.zeros(len(ecosystem.models), bool)
    nodes = ecosystem.lineage.node_ids
    for base, day in flagged:
        marked[models[(nodes[bases] == base) & (days == day)]] = True
    return marked


def _arrivals(ecosystem: Ecosystem) -> tuple[Ints, Ints, Column]:
    """(place of the base, day of creation, model) for every edge from a model whose creation is known."""
    models = ecosystem.of_place[ecosystem.lineage.children]
    known = (models >= 0) & (ecosystem.models.created_at[models] > 0)
    return ecosystem.lineage.parents[known], ecosystem.models.created_at[models[known]] // _DAY, models[known]
