"""The models in a few rows, for sums that do not ask who each of them is."""

from __future__ import annotations

import numpy as np

from store.arrays import Ints
from store.ecosystem import Ecosystem
from store.graph import RELATIONS, Lineage
from store.rollups import countries_of_publishers


def summed_up(ecosystem: Ecosystem) -> Ecosystem:
    """The same for whole sums by country and family: one model stands for all that are alike in what these tell.

    Alike are models of one country and one relation that no edge touches, or that have the same only parent. Those
    with derivatives or several parents stand for themselves, and so do official ones.
    """
    models, of_place = ecosystem.models, ecosystem.of_place
    codes = countries_of_publishers(ecosystem)[0].astype(np.int64)
    codes *= RELATIONS + 1
    codes += models.relations
    codes += 1
    span = int(codes.max(initial=0)) + 1
    parent_of = _only_parents(ecosystem.lineage)
    stands_alone = np.zeros(len(models), bool)
    for some in (of_place[parent_of < 0], models.of_nodes(ecosystem.rootless), ecosystem.official_models[0]):
        stands_alone[some[some >= 0]] = True
    hanging = np.flatnonzero((parent_of >= 0) & (of_place >= 0))
    hanging = hanging[~stands_alone[of_place[hanging]]]
    kinds = parent_of[hanging] * span + codes[of_place[hanging]]
    siblings, group = np.unique(kinds, return_inverse=True)
    codes[of_place[hanging]] = span + group
    alone = np.flatnonzero(stands_alone)
    codes[alone] = span + len(siblings) + np.arange(len(alone))
    return ecosystem.told_by(models.together(codes))


def _only_parents(lineage: Lineage) -> Ints:
    """The parent of each node that has one alone and no children; -1 for any other."""
    size = len(lineage.node_ids)
    found = np.full(size, -1, np.int64)
    found[lineage.children] = lineage.parents
    found[np.bincount(lineage.children, minlength=size) != 1] = -1
    found[lineage.parents] = -1
    return found
