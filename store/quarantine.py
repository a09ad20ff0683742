"""Rows that could not be stored: which, why, and whether the last sweep still found them so. Imports nothing slow.

Nothing here reads them again: they have no model and so no fingerprint, and every sweep reads them anew. One that a
later version can read is a model then; what was noted of it stays, as of an earlier crawl.
"""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from store.standing import Standing

EXAMPLE = 80  # characters

_ROWS = """
    SELECT crawl_id, reason, raw, crawl_id < :ground FROM quarantine
    WHERE crawl_id <= :until ORDER BY crawl_id DESC, id"""
_REASONS = """
    SELECT reason, sum(crawl_id >= :ground), sum(crawl_id < :ground), max(crawl_id), substr(raw, 1, :characters)
    FROM quarantine WHERE crawl_id <= :until
    GROUP BY reason ORDER BY 2 DESC, 3 DESC, reason"""


_BEGINNINGS = "SELECT substr(raw, 1, 60) FROM quarantine WHERE crawl_id = ?"
_OWN_ID = re.compile(r'\s*\{\s*"_id"\s*:\s*"([0-9a-f]{24})"')
"""The Hub's rows begin with it. Further on it could be a base's."""

_MODEL = "SELECT id FROM model WHERE hub_id = ?"


class Row(NamedTuple):
    """One row as the Hub gave it, cut at 64 kB; nothing of a private one. `earlier` than the last complete sweep."""

    crawl: int
    reason: str
    raw: str
    earlier: bool


class Reason(NamedTuple):
    """How many rows had it since the last complete sweep began, how many before, and the newest of them."""

    reason: str
    rows: int
    earlier: int
    crawl: int
    example: str


def rows(connection: sqlite3.Connection, basis: Standing) -> list[Row]:
    """All of them up to the crawl, newest crawl first."""
    found = connection.execute(_ROWS, _when(basis))
    return [Row(crawl, reason, raw, bool(earlier)) for crawl, reason, raw, earlier in found]


def reasons(connection: sqlite3.Connection, basis: Standing) -> list[Reason]:
    """What was wrong with them, the most frequent first; SQLite takes the example from the row of max(crawl_id)."""
    return [Reason(*row) for row in connection.execute(_REASONS, {**_when(basis), "characters": EXAMPLE})]


def models_of(connection: sqlite3.Connection, crawl_id: int) -> list[int]:
    """The stored models whose rows this crawl was given and could not read: they are listed all the same."""
    beginnings = (beginning for (beginning,) in connection.execute(_BEGINNINGS, (crawl_id,)))
    hub_ids = {bytes.fromhex(found[1]) for found in map(_OWN_ID.match, beginnings) if found}
    rows = (connection.execute(_MODEL, (bytearray(hub_id),)).fetchone() for hub_id in sorted(hub_ids))
    return [row[0] for row in rows if row]


def _when(basis: Standing) -> dict[str, int]:
    return {"until": basis.crawl, "ground": basis.sweep or 0}
