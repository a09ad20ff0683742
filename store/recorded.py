"""Answers that a computation has written down: shares of families, roll-ups, completeness. Imports nothing slow."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from store.choices import METRICS, Choices
from store.registry.loader import Registry
from store.standing import Standing

_SHARE = """
    SELECT direct, total, total_unknown, total_finetune, total_adapter, total_quantized, total_merge
    FROM family_share WHERE crawl_id = ? AND attribution = ? AND family = ?"""
_ROLLUP = f"""
    SELECT key, {", ".join(METRICS)} FROM rollup
    WHERE crawl_id = ? AND by = ? AND choice = ? AND population = ? ORDER BY models DESC, key"""

_COMPLETENESS = """
    SELECT node.name, completeness.told, completeness.counted
    FROM completeness JOIN node ON node.id = completeness.node_id
    WHERE completeness.crawl_id = ? ORDER BY node.name"""


ENOUGH = 0.995
"""METHOD, section 4: a tracked base whose completeness is below it marks the run."""


class Known(NamedTuple):
    """A tracked base: the direct derivatives that the Hub tells of, and those that the crawl knows."""

    name: str
    told: int
    counted: int

    @property
    def ratio(self) -> float:
        """METHOD's completeness of the base; 1 where the Hub tells of none."""
        return self.counted / self.told if self.told else 1.0

    @property
    def is_short(self) -> bool:
        """Whether it keeps the run from being published as the newest snapshot."""
        return self.ratio < ENOUGH

    def __str__(self) -> str:
        return f"{self.name} {self.counted:,} of {self.told:,}"


def completeness(connection: sqlite3.Connection, crawl_id: int) -> list[Known]:
    """The tracked bases that the Hub was asked about after this crawl; none where it was not asked."""
    return [Known(*row) for row in connection.execute(_COMPLETENESS, (crawl_id,))]


def recorded_share(
    connection: sqlite3.Connection, basis: Standing, registry: Registry, family: str, attribution: str
) -> tuple[float, ...] | None:
    """Direct, total, and the total by relation; None where other rules were in force then."""
    if registry.fingerprint != basis.registry_fingerprint:
        return None
    row: tuple[float, ...] | None = connection.execute(_SHARE, (basis.crawl, attribution, family)).fetchone()
    return row


def recorded_rollup(
    connection: sqlite3.Connection, basis: Standing, registry: Registry, by: str, choices: Choices
) -> dict[str, dict[str, float]] | None:
    """key -> metric -> count, most models first; None where it was not written down under these rules."""
    if choices.filters or by not in ("country", "family"):
        return None
    in_force = (basis.registry_fingerprint, basis.origins_fingerprint)
    if in_force != (registry.fingerprint, registry.origins_fingerprint):
        return None
    choice = choices.side if by == "country" else choices.attribution
    rows = connection.execute(_ROLLUP, (basis.crawl, by, choice, choices.population))
    return {key: dict(zip(METRICS, counts, strict=True)) for key, *counts in rows}
