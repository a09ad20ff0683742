"""After a sweep: the Hub's own count of each tracked base's children, beside ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from crawler.errors import NotFound, Unauthorized
from crawler.hub import Hub
from crawler.records import Relation
from store.database import transaction
from store.registry.loader import Registry

# WIRE: the Hub counts by the four relations, and models that name a base without one under none of them.
_DIRECT = " + ".join(f"lineage_count.direct_{relation.word}" for relation in Relation if relation)
_COUNTED = f"""
    SELECT node.id, coalesce({_DIRECT}, 0) FROM node
    LEFT JOIN lineage_count ON lineage_count.node_id = node.id WHERE node.name = ?"""
_ADD = "INSERT OR REPLACE INTO completeness (crawl_id, node_id, told, counted) VALUES (?, ?, ?, ?)"


def measure(connection: sqlite3.Connection, crawl_id: int, hub: Hub, registry: Registry) -> int:
    """Asks for every tracked base that is stored, a request each, and stores both counts; how many there were."""
    rows = list(_told(connection, hub, registry))
    with transaction(connection):
        connection.executemany(_ADD, [(crawl_id, *row) for row in rows])
    return len(rows)


def _told(connection: sqlite3.Connection, hub: Hub, registry: Registry) -> Iterator[tuple[int, int, int]]:
    """(node, told by the Hub, counted here); bases that the Hub does not know or counts nothing for are left out."""
    for name in dict.fromkeys(name for family in registry.families.values() for name in family.tracked):
        row = connection.execute(_COUNTED, (name,)).fetchone()
        if row is None:
            continue
        try:
            children = hub.detail(name).children
        except (NotFound, Unauthorized):
            continue
        if children is not None:
            yield row[0], sum(children.values()), row[1]
