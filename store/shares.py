"""The derivatives of families under any attribution and any filter, exactly; read from the arrays.

`store.derivatives` answers what a table already knows; this answers the rest, and fills those tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from crawler.records import Relation
from store.arrays import Bools, among, in_order
from store.choices import Attribution, Choices, Metric
from store.derivatives import Derivatives, of_shares
from store.ecosystem import Ecosystem
from store.errors import WrongChoice
from store.families import official_models, official_nodes
from store.graph import RELATIONS, descendants
from store.lookup import find_node
from store.rollups import Dimension, chosen, dimension, summed


@dataclass(frozen=True)
class Share:
    """Derivatives in parts: `relations` splits the total, by the words of `Relation` in their order."""

    direct: Fraction
    total: Fraction
    relations: dict[str, Fraction]


class _Sum(NamedTuple):
    family: int
    relation: int
    share: Fraction
    is_direct: bool


def family_shares(
    ecosystem: Ecosystem, attribution: Attribution, choices: Choices, *, metric: Metric = "models"
) -> dict[str, Share]:
    """The share of every family of the registry, in its order.

    Direct is what comes from models with an official node of that family among their own bases.
    """
    families = dimension(ecosystem, "family", Choices(attribution=attribution))
    return shares_in(ecosystem, families, choices, metric=metric)


def shares_in(ecosystem: Ecosystem, families: Dimension, choices: Choices, *, metric: Metric) -> dict[str, Share]:
    """The same where the models have been given their families already."""
    size = len(ecosystem.registry.families)
    totals = [[Fraction(0)] * RELATIONS for _ in range(size)]
    direct = [Fraction(0)] * size
    for one in _sums(ecosystem, families, chosen(ecosystem, choices), metric):
        totals[one.family][one.relation] += one.share
        direct[one.family] += one.share * one.is_direct
    return {
        family: Share(direct[number], sum(totals[number], Fraction(0)), _by_word(totals[number]))
        for number, family in enumerate(ecosystem.registry.families)
    }


def model_share(ecosystem: Ecosystem, node_id: int, choices: Choices, *, metric: Metric = "models") -> Share:
    """The derivatives of one model or ghost that the filters let through."""
    kept = chosen(ecosystem, choices)
    reached, near = descendants(ecosystem.lineage, ecosystem.lineage.places(np.array([node_id])))
    models = ecosystem.of_place[reached]
    near, models = near[models >= 0], models[models >= 0]
    near, models = near[kept[models]], models[kept[models]]
    weights = ecosystem.models.weights(metric)[models]
    relations = ecosystem.models.relations[models]
    by_relation = [Fraction(int(weights[relations == relation].sum())) for relation in range(RELATIONS)]
    return Share(Fraction(int(weights[near].sum())), sum(by_relation, Fraction(0)), _by_word(by_relation))


def derivatives_under(ecosystem: Ecosystem, name: str, choices: Choices, *, metric: Metric) -> Derivatives:
    """The derivatives of a family or a model id under any choices. Raises `UnknownName`, `WrongChoice`."""
    family = ecosystem.registry.find(name)
    if family is not None:
        share = family_shares(ecosystem, choices.attribution, choices, metric=metric)[family.key]
        official = official_models(ecosystem.connection, official_nodes(ecosystem.connection, family))
        return of_shares(family.key, official, (share.direct, share.total, *share.relations.values()))
    if choices.attribution != "any":
        raise WrongChoice(f"{name!r} is no family: attribution {choices.attribution} shares models out among families.")
    node = find_node(ecosystem.connection, name, also=tuple(ecosystem.registry.families))
    share = model_share(ecosystem, node.id, choices, metric=metric)
    kind = "model" if node.is_model else "ghost"
    return of_shares(node.name, None, (share.direct, share.total, *share.relations.values()), kind)


def _by_word(values: Iterable[Fraction]) -> dict[str, Fraction]:
    return {relation.word: value for relation, value in zip(Relation, values, strict=True)}


def _sums(ecosystem: Ecosystem, families: Dimension, kept: Bools, metric: Metric) -> Iterator[_Sum]:
    """One for every combination that occurs, and each denominator. Only a declared base makes a derivative."""
    derived = kept & (ecosystem.models.relations >= 0)
    rows = np.flatnonzero(derived[families.models] & (families.keys < len(ecosystem.registry.families)))
    models, keys = families.models[rows].astype(np.int64), families.keys[rows].astype(np.int64)
    parts = families.parts[rows]
    weights = ecosystem.models.weights(metric)[models]
    if families.numbers is not None:
        weights = weights * families.numbers[rows].astype(np.int64)
    children, of, is_direct = ecosystem.descent
    size = len(families.labels[0])
    near = among(models * size + keys, in_order((children * size + of)[is_direct]))
    span = int(parts.max(initial=0)) + 1
    codes = ((keys * RELATIONS + ecosystem.models.relations[models]) * span + parts) * 2 + near
    distinct, (sums,) = summed(codes, [weights])
    for code, total in zip(distinct.tolist(), sums.tolist(), strict=True):
        family, relation = divmod(code // 2 // span, RELATIONS)
        yield _Sum(family, relation, Fraction(int(total), code // 2 % span), bool(code % 2))
