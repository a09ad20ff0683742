"""An earlier crawl's state in the place of the present one, for one connection.

Temporary tables of the same names stand before the stored ones in every query, so whatever can be asked of the
present can be asked of the past, by the same code. What a model declares, whether it was there and what it was
called are as they were then; its counters, task and licence are the newest ones, of which no history is kept.
"""

from __future__ import annotations

import sqlite3

from store.columns import read
from store.computation import COUNTS, EDGES, count_rows, edge_rows
from store.kept import kept
from store.numbers import write
from store.resolution import Resolution, resolve

_MODELS = """
    CREATE TEMP TABLE model AS
    SELECT now.id, now.hub_id,
        -- a CASE is of no type, and then no index on it serves a comparison with a number
        CAST(CASE WHEN renamed.model_id IS NULL THEN now.node_id ELSE former.id END AS INTEGER) AS node_id,
        now.created_at, now.modified_at, now.downloads, now.downloads_all_time, now.likes, now.gated_id,
        now.disabled, now.library_id, now.task_id, now.license_id, now.parameters,
        (SELECT relation FROM main.reference WHERE model_id = now.id AND position = 0
            AND since_crawl <= :crawl AND (until_crawl IS NULL OR until_crawl > :crawl)) AS relation,
        now.declared_hash, now.first_crawl, NULL AS missing_since
    FROM main.model AS now
    LEFT JOIN (
        SELECT model_id, before, min(crawl_id) FROM main.model_change
        WHERE field = 'name' AND crawl_id > :crawl GROUP BY model_id
    ) AS renamed ON renamed.model_id = now.id
    LEFT JOIN main.node AS former ON former.name = renamed.before
    WHERE now.first_crawl <= :crawl AND NOT EXISTS (
        SELECT 1 FROM main.absence WHERE model_id = now.id
            AND since_crawl <= :crawl AND (until_crawl IS NULL OR until_crawl > :crawl))"""
_REFERENCES = """
    CREATE TEMP TABLE reference AS
    SELECT model_id, since_crawl, position, NULL AS until_crawl, node_id, relation, source, times, is_evidence, hub_id
    FROM main.reference
    WHERE since_crawl <= :crawl AND (until_crawl IS NULL OR until_crawl > :crawl)
    ORDER BY model_id, position"""
_CHANGES = "CREATE TEMP TABLE model_change AS SELECT * FROM main.model_change WHERE crawl_id <= :crawl"
_ALIASES = "CREATE TEMP TABLE alias AS SELECT * FROM main.alias WHERE crawl_id < :crawl"
_EMPTY = (
    "CREATE TEMP TABLE edge AS SELECT * FROM main.edge WHERE 0",
    "CREATE TEMP TABLE lineage_count AS SELECT * FROM main.lineage_count WHERE 0",
)
_INDEXES = (
    "CREATE INDEX temp.model_id ON model (id)",
    "CREATE INDEX temp.model_node ON model (node_id)",
    "CREATE INDEX temp.model_hub ON model (hub_id)",
    "CREATE INDEX temp.reference_model ON reference (model_id)",
    "CREATE INDEX temp.edge_down ON edge (parent_id, child_id)",
    "CREATE INDEX temp.edge_up ON edge (child_id)",
    "CREATE INDEX temp.count_node ON lineage_count (node_id)",
)


def go_back(connection: sqlite3.Connection, crawl_id: int) -> Resolution:
    """From here on this connection answers as of that crawl. It must be one that has computed its answers."""
    connection.execute("PRAGMA query_only = OFF")  # for the temporary tables; the file itself is open for reading
    for statement in (_MODELS, _REFERENCES, _CHANGES, _ALIASES):
        connection.execute(statement, {"crawl": crawl_id})
    for statement in (*_EMPTY, *_INDEXES):
        connection.execute(statement)
    before = kept(connection)  # names do not change
    resolution = resolve(connection, read(connection, nodes=before.columns.nodes if before else None))
    write(connection, EDGES, edge_rows(resolution))
    write(connection, COUNTS, count_rows(resolution.lineage))
    return resolution
