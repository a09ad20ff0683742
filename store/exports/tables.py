"""The tables that are exported: their columns and their rows, read in key order so that two runs agree.

No format. A new column is a line here and in docs/columns.md, and appears in every format.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crawler.records import Relation

Kind: TypeAlias = Literal["text", "integer", "time", "truth"]

_RELATION = " ".join(f"WHEN {relation.value} THEN '{relation.word}'" for relation in Relation)
_DIRECT = " + ".join(f"below.direct_{relation.word}" for relation in Relation)
_TOTAL = " + ".join(f"below.total_{relation.word}" for relation in Relation)
_MODEL_COLUMNS = f"""
        lower(hex(model.hub_id)), model.created_at, model.modified_at,
        model.downloads, model.downloads_all_time, model.likes, gating.text, model.disabled,
        task.text, library.text, licence.text, model.parameters,
        CASE model.relation {_RELATION} END, coalesce({_DIRECT}, 0), coalesce({_TOTAL}, 0)"""
_MODEL_JOINS = """
    LEFT JOIN label AS gating ON gating.id = model.gated_id
    LEFT JOIN label AS task ON task.id = model.task_id
    LEFT JOIN label AS library ON library.id = model.library_id
    LEFT JOIN label AS licence ON licence.id = model.license_id
    LEFT JOIN lineage_count AS below ON below.node_id = node.id"""


@dataclass(frozen=True)
class Table:
    """An exported table. `columns` are (name, kind) in the order of the query's."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    query: str

    def rows(self, connection: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
        """All rows; memory stays flat."""
        yield from connection.execute(self.query)


_OF_MODEL: tuple[tuple[str, Kind], ...] = (
    ("hub_id", "text"),
    ("created_at", "time"),
    ("modified_at", "time"),
    ("downloads", "integer"),
    ("downloads_all_time", "integer"),
    ("likes", "integer"),
    ("gated", "text"),
    ("disabled", "truth"),
    ("task", "text"),
    ("library", "text"),
    ("license", "text"),
    ("parameters", "integer"),
    ("relation", "text"),
    ("direct_derivatives", "integer"),
    ("total_derivatives", "integer"),
)

NODES = Table(
    "nodes",
    (("id", "text"), ("publisher", "text"), ("is_model", "truth"), *_OF_MODEL),
    f"""
    SELECT node.name, publisher.name, model.id IS NOT NULL, {_MODEL_COLUMNS}
    FROM node
    JOIN publisher ON publisher.id = node.publisher_id
    LEFT JOIN model ON model.node_id = node.id AND model.missing_since IS NULL {_MODEL_JOINS}
    WHERE model.id IS NOT NULL OR EXISTS (SELECT 1 FROM edge WHERE edge.parent_id = node.id)
    ORDER BY node.id""",
)
"""Models, and the ghosts that references point to."""

MODELS = Table(
    "models",
    (("id", "text"), ("publisher", "text"), *_OF_MODEL),
    f"""
    SELECT node.name, publisher.name, {_MODEL_COLUMNS}
    FROM model
    JOIN node ON node.id = model.node_id
    JOIN publisher ON publisher.id = node.publisher_id {_MODEL_JOINS}
    WHERE model.missing_since IS NULL
    ORDER BY model.id""",
)

EDGES = Table(
    "edges",
    (
        ("child", "text"),
        ("parent", "text"),
        ("relation", "text"),
        ("times", "integer"),
        ("parent_is_model", "truth"),
    ),
    f"""
    SELECT child.name, parent.name, CASE edge.relation {_RELATION} END, edge.times, model.id IS NOT NULL
    FROM edge
    JOIN node AS child ON child.id = edge.child_id
    JOIN node AS parent ON parent.id = edge.parent_id
    LEFT JOIN model ON model.node_id = edge.parent_id AND model.missing_since IS NULL
    ORDER BY edge.parent_id, edge.child_id""",
)

_BY_RELATION = tuple(f"{distance}_{relation.word}" for distance in ("direct", "total") for relation in Relation)
DERIVATIVES = Table(
    "derivatives",
    (("id", "text"), ("is_model", "truth"), *((name, "integer") for name in _BY_RELATION)),
    f"""
    SELECT node.name, model.id IS NOT NULL, {", ".join(f"below.{name}" for name in _BY_RELATION)}
    FROM lineage_count AS below
    JOIN node ON node.id = below.node_id
    LEFT JOIN model ON model.node_id = below.node_id AND model.missing_since IS NULL
    ORDER BY below.node_id""",
)
"""The counts of every node that has derivatives, each derivative under its own declared relation."""
