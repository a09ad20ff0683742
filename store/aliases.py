"""Names that dangle and may be former ones: which to ask the Hub for, and what it said. It asks no Hub.

What becomes of an answer is decided in `store.resolution`: the name resolves to the model from the next crawl on,
unless a present model bears it by then, or crawls have seen the rename themselves.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from crawler.records import Relation
from store.database import transaction

AGAIN_AFTER = 30 * 86_400
"""Seconds until a name that still dangles is asked for again."""

_TOTAL = " + ".join(f"below.total_{relation.word}" for relation in Relation)
_GHOSTS = f"""
    SELECT node.id, node.name, {_TOTAL} AS total
    FROM lineage_count AS below CROSS JOIN node ON node.id = below.node_id
    LEFT JOIN model ON model.node_id = node.id AND model.missing_since IS NULL
    LEFT JOIN (SELECT node_id, max(asked_at) AS asked_at FROM alias GROUP BY node_id) AS asked
        ON asked.node_id = node.id
    WHERE model.id IS NULL AND node.well_formed AND coalesce(asked.asked_at, 0) <= :before
    ORDER BY total DESC, node.name LIMIT :most"""
_ADD = "INSERT OR REPLACE INTO alias (node_id, crawl_id, asked_at, hub_id, name) VALUES (?, ?, ?, ?, ?)"
_HEEDED = """
    SELECT alias.node_id, now.name
    FROM alias LEFT JOIN model ON model.hub_id = alias.hub_id AND model.missing_since IS NULL
    LEFT JOIN node AS now ON now.id = model.node_id
    WHERE alias.crawl_id < (SELECT max(id) FROM crawl WHERE state IN ('complete', 'partial'))
        AND NOT EXISTS (SELECT 1 FROM model AS bearer
            WHERE bearer.node_id = alias.node_id AND bearer.missing_since IS NULL)
    ORDER BY alias.crawl_id"""
_IS_STORED = "SELECT 1 FROM model WHERE hub_id = ? AND node_id IS NOT NULL AND missing_since IS NULL"


class Ghost(NamedTuple):
    """A name that dangles, and how many models descend from it."""

    node_id: int
    name: str
    derivatives: int


class Target(NamedTuple):
    """The model that a name leads to: its `_id`, 24 hex digits, and what it is called now."""

    hub_id: str
    name: str


def to_ask(connection: sqlite3.Connection, most: int, *, now: int) -> list[Ghost]:
    """At most so many, those with the most derivatives first; none that was asked for within `AGAIN_AFTER`."""
    values = {"before": now - AGAIN_AFTER, "most": most}
    return [Ghost(*row) for row in connection.execute(_GHOSTS, values)]


def record(connection: sqlite3.Connection, ghost: Ghost, target: Target | None, *, crawl_id: int, now: int) -> None:
    """What the Hub said after that crawl; None where it knows no such name. It is stored at once."""
    hub_id = bytearray.fromhex(target.hub_id) if target else None
    with transaction(connection):
        connection.execute(_ADD, (ghost.node_id, crawl_id, now, hub_id, target.name if target else None))


def is_stored(connection: sqlite3.Connection, target: Target) -> bool:
    """Whether it is among the present models."""
    return connection.execute(_IS_STORED, (bytearray.fromhex(target.hub_id),)).fetchone() is not None


def heeded(connection: sqlite3.Connection) -> dict[int, str]:
    """For the node of each name that nobody bears any more, what the model is called that it leads to."""
    return {node: name for node, name in dict(connection.execute(_HEEDED)).items() if name is not None}
