"""Answers that a computation has written down: shares of families, roll-ups. Imports nothing slow."""

from __future__ import annotations

import sqlite3

from store.choices import METRICS, Choices
from store.registry.loader import Registry
from store.standing import Standing

_SHARE = """
    SELECT direct, total, total_unknown, total_finetune, total_adapter, total_quantized, total_merge
    FROM family_share WHERE crawl_id = ? AND attribution = ? AND family = ?"""
_ROLLUP = f"""
    SELECT key, {", ".join(METRICS)} FROM rollup
    WHERE crawl_id = ? AND by = ? AND choice = ? AND population = ? ORDER BY models DESC, key"""

_WHOLE = f"""
    SELECT {", ".join(f"total({metric})" for metric in METRICS)} FROM rollup
    WHERE crawl_id = ? AND by = 'country' AND choice = 'publisher' AND population = ?"""


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
    """key -> metric -> count, most models first; None where it was not written down under these rules.

    Countries follow from the origins alone, families from the families: the other file is not even read.
    """
    if choices.filters or by not in ("country", "family"):
        return None
    if by == "country":
        is_as_then = basis.origins_fingerprint == registry.origins_fingerprint
    else:
        is_as_then = basis.registry_fingerprint == registry.fingerprint
    if not is_as_then:
        return None
    choice = choices.side if by == "country" else choices.attribution
    rows = connection.execute(_ROLLUP, (basis.crawl, by, choice, choices.population))
    return {key: dict(zip(METRICS, counts, strict=True)) for key, *counts in rows}


def recorded_whole(connection: sqlite3.Connection, basis: Standing, population: str) -> dict[str, float]:
    """What all models count under each metric: each has one publisher, so it is the same under any rules."""
    return dict(zip(METRICS, connection.execute(_WHOLE, (basis.crawl, population)).fetchone(), strict=True))
