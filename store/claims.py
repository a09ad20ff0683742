"""Published claims against a database: what each definition measures, and what follows (METHOD, section 5).

A measured value is a range: a count of what was created before a day and is still there is a lower bound, and the
share of a country grows by whatever the publishers without a known place may hold. A definition holds where the
whole range agrees with the claim, fails where none of it does, and is open otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import numpy as np

from store.benchmark import Entry, by_country
from store.choices import Choices
from store.ecosystem import Ecosystem
from store.errors import RegistryError
from store.registry.claims_file import Claim, Definition, seconds
from store.registry.origins import UNKNOWN, UNREVIEWED
from store.rollups import chosen, roll_up, whole
from store.shares import family_shares
from store.standing import Standing

Verdict: TypeAlias = Literal["supported", "contradicted", "depends on the definition", "not testable here"]

_DAY = 86_400
_CERTAIN = 1e-9


@dataclass(frozen=True)
class Measured:
    """What one definition gave: `value`, the most it could be, and whether it agrees; None where that is open.

    `value` is None where there is nothing to measure. `reason` says why it is open.
    """

    definition: Definition
    value: float | None
    most: float | None
    agrees: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Judged:
    """A claim, what was measured for it, the verdict, and why it is no simpler one."""

    claim: Claim
    measured: tuple[Measured, ...]
    verdict: Verdict
    reason: str


def judge(claim: Claim, ecosystem: Ecosystem, basis: Standing, table: Sequence[Entry] | None = None) -> Judged:
    """The claim under every definition. `table` is the benchmark table that some ask for.

    Raises `RegistryError` where a definition names a family that the registry has not.
    """
    measured = tuple(_measured(claim, definition, ecosystem, basis, table) for definition in claim.definition)
    outcomes = {one.agrees for one in measured} - {None}
    reason = "; ".join(dict.fromkeys(one.reason for one in measured if one.reason))
    if not outcomes:
        return Judged(claim, measured, "not testable here", reason)
    if len(outcomes) == 2:
        holding = ", ".join(one.definition.name for one in measured if one.agrees)
        told = f"holds for: {holding}" + (f"; {reason}" if reason else "")
        return Judged(claim, measured, "depends on the definition", told)
    return Judged(claim, measured, "supported" if outcomes == {True} else "contradicted", reason)


def _measured(
    claim: Claim, definition: Definition, ecosystem: Ecosystem, basis: Standing, table: Sequence[Entry] | None
) -> Measured:
    if definition.measure == "benchmark":
        if table is None:
            return Measured(definition, None, None, None, "no benchmark table was given")
        low, most = _in_table(definition, ecosystem, table)
        obstacles = list(_wrong_size(definition, table))
    else:
        low, most = _in_store(definition, ecosystem)
        obstacles = list(_obstacles(claim, definition, basis))
    if obstacles:
        return Measured(definition, low, most, None, "; ".join(obstacles))
    agrees = _agrees(definition, low, most)
    return Measured(definition, low, most, agrees, _open_reason(definition, most) if agrees is None else "")


def _obstacles(claim: Claim, definition: Definition, basis: Standing) -> Iterator[str]:
    """Why the database cannot test the definition, whatever it measures."""
    if claim.beyond:
        yield claim.beyond
    if not basis.whole:
        yield "coverage: the database does not rest on a complete sweep"
    if basis.ledger["models"] < claim.least_models:
        yield f"coverage: it knows {basis.ledger['models']:,} models, and {claim.least_models:,} are needed"
    if definition.until is not None:
        if basis.finished_at < seconds(definition.until):
            yield f"date: the crawl of {_day(basis.finished_at)} ended before {definition.until}"
    elif claim.within_days is not None:
        days = (basis.finished_at - seconds(claim.date)) // _DAY
        if abs(days) > claim.within_days:
            when = "after" if days > 0 else "before"
            yield f"date: the crawl of {_day(basis.finished_at)} lies {abs(days):,} days {when} the claim"


def _wrong_size(definition: Definition, table: Sequence[Entry]) -> Iterator[str]:
    if definition.rows not in (None, len(table)):
        yield f"coverage: the table has {len(table):,} models, and the claim is about {definition.rows:,}"


def _in_store(definition: Definition, ecosystem: Ecosystem) -> tuple[float, float]:
    """The least and the most that the value can have been."""
    choices = _choices(definition)
    if definition.measure == "official":
        counts = [_official(ecosystem, family, choices) for family in definition.families]
        value = float(min(counts) if definition.each else sum(counts))
        return value, value
    if definition.measure == "derivatives":
        return _derivatives(definition, ecosystem, choices)
    return _rolled_up(definition, ecosystem, choices)


def _derivatives(definition: Definition, ecosystem: Ecosystem, choices: Choices) -> tuple[float, float]:
    """Those created before a day in the past are a lower bound: some have been deleted since."""
    (family,) = definition.families
    _number_of(ecosystem, family)
    share = family_shares(ecosystem, definition.attribution, choices, metric=definition.metric)[family]
    value = float(share.direct if definition.direct else share.total)
    return value, value if definition.until is None else math.inf


def _rolled_up(definition: Definition, ecosystem: Ecosystem, choices: Choices) -> tuple[float, float]:
    """The keys added up; publishers of no known place may all belong to the keys of a country or region."""
    cells = roll_up(ecosystem, [definition.by or "country"], choices)
    counts = {cell.keys[0]: float(cell.counts[definition.metric]) for cell in cells}
    value = sum(counts.get(key, 0.0) for key in definition.keys)
    placeless = {UNREVIEWED, UNKNOWN} - set(definition.keys) if definition.by in ("country", "region") else set()
    most = value + sum(counts.get(key, 0.0) for key in placeless)
    if definition.measure == "count":
        return value, most if definition.until is None else math.inf
    all_of_it = whole(ecosystem, choices)[definition.metric]
    return (value / all_of_it, most / all_of_it) if all_of_it else (0.0, 1.0)


def _official(ecosystem: Ecosystem, family: str, choices: Choices) -> int:
    """Present official models of the family that the filters let through."""
    models, families = ecosystem.official_models
    own = models[families == _number_of(ecosystem, family)]
    return int(np.count_nonzero(chosen(ecosystem, choices)[own]))


def _in_table(definition: Definition, ecosystem: Ecosystem, table: Sequence[Entry]) -> tuple[float, float]:
    placed = by_country(tuple(table), ecosystem.registry)
    value = float(sum(placed.models.get(key, 0) for key in definition.keys))
    return value, value + len(placed.unplaced)


def _agrees(definition: Definition, low: float, most: float) -> bool | None:
    """None where a part of the range agrees with the claim and a part does not."""
    if definition.comparison == "more than":
        return True if low > definition.claimed else None if most > definition.claimed else False
    slack = definition.claimed * definition.tolerance + _CERTAIN
    least_wanted, most_wanted = definition.claimed - slack, definition.claimed + slack
    if low >= least_wanted and most <= most_wanted:
        return True
    return None if low <= most_wanted and most >= least_wanted else False


def _open_reason(definition: Definition, most: float) -> str:
    if math.isinf(most):
        return "date: only what is still there is counted, so that the value is a lower bound"
    what = "developers" if definition.measure == "benchmark" else "publishers"
    return f"coverage: {what} of no known place could make it {_number(most)}"


def _choices(definition: Definition) -> Choices:
    return Choices(
        side=definition.side,
        attribution=definition.attribution,
        population=definition.population,
        relations=definition.relations,
        since=None if definition.since is None else seconds(definition.since),
        until=None if definition.until is None else seconds(definition.until),
    )


def _number_of(ecosystem: Ecosystem, family: str) -> int:
    """The family's number in the registry's order."""
    families = list(ecosystem.registry.families)
    if family not in families:
        near = ", ".join(ecosystem.registry.suggest(family)) or "families.toml lists all"
        raise RegistryError(f"claims.toml: families: there is no family {family!r}. Known: {near}.")
    return families.index(family)


def _day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _number(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")
