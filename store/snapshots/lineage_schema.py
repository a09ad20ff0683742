"""The tables, indexes and views of lineage.db, whose comments a reader sees with `.schema`. No data."""

from __future__ import annotations

from store.choices import RELATIONS

_COUNTS = tuple(f"{distance}_{word}" for distance in ("direct", "total") for word in RELATIONS)

TABLES = f"""
CREATE TABLE snapshot (  -- one row: what everything here stands on
    name TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    state TEXT NOT NULL,  -- complete, or partial: then the counts are lower bounds
    note TEXT,  -- why it is partial, or what else one has to know
    crawl INTEGER NOT NULL,
    kind TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    basis TEXT NOT NULL,  -- the crawls behind it
    unseen TEXT NOT NULL,  -- what it cannot contain
    program TEXT NOT NULL
);
CREATE TABLE nodes (  -- models, and ghosts: bases that are declared and are not on the Hub
    id INTEGER PRIMARY KEY,  -- in this file alone
    name TEXT NOT NULL,
    publisher TEXT NOT NULL,
    is_model INTEGER NOT NULL,
    created_at TEXT,
    modified_at TEXT,
    downloads INTEGER,
    downloads_all_time INTEGER,
    likes INTEGER,
    gated TEXT,
    disabled INTEGER,
    task TEXT,
    library TEXT,
    license TEXT,
    parameters INTEGER,
    relation TEXT  -- towards its own first base
);
CREATE TABLE edges (  -- a row for each distinct base of a model
    parent_id INTEGER NOT NULL REFERENCES nodes (id),
    child_id INTEGER NOT NULL REFERENCES nodes (id),
    relation TEXT NOT NULL,
    times INTEGER NOT NULL,  -- how often the child names this parent
    PRIMARY KEY (parent_id, child_id)
) WITHOUT ROWID;
CREATE TABLE derivatives (  -- of every node that has any
    id INTEGER PRIMARY KEY REFERENCES nodes (id),
    direct INTEGER NOT NULL,
    total INTEGER NOT NULL,
    {", ".join(f"{name} INTEGER NOT NULL" for name in _COUNTS)}
);
CREATE TABLE rollups (  -- one number a row; everything but the value is its key
    dimension TEXT NOT NULL,
    key TEXT NOT NULL,
    side TEXT,
    attribution TEXT,
    population TEXT,
    distance TEXT,
    relation TEXT,
    metric TEXT NOT NULL,
    value REAL NOT NULL
);
CREATE TABLE quality (item TEXT PRIMARY KEY, count INTEGER NOT NULL, meaning TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE completeness (  -- empty where the Hub was not asked
    base TEXT PRIMARY KEY,
    told INTEGER NOT NULL,  -- direct derivatives that the Hub tells of
    counted INTEGER NOT NULL,  -- those of them that are known here
    ratio REAL NOT NULL
) WITHOUT ROWID;
"""

INDEXES = """
CREATE UNIQUE INDEX nodes_by_name ON nodes (name);
CREATE INDEX ghosts_by_name ON nodes (name) WHERE NOT is_model;
CREATE INDEX edges_by_child ON edges (child_id);
CREATE INDEX derivatives_by_total ON derivatives (total);
CREATE INDEX rollups_by_key ON rollups (dimension, key);
"""

_BELOW = "coalesce(derivatives.direct, 0) AS direct_derivatives, coalesce(derivatives.total, 0) AS total_derivatives"
_OF_FAMILY = "max(CASE WHEN attribution = 'any' AND distance = '{}' AND relation = '{}' THEN value END)"
_TOTALS = ", ".join(f"CAST({_OF_FAMILY.format('total', word)} AS INTEGER) AS {word}" for word in RELATIONS)

VIEWS = f"""
CREATE VIEW models AS
SELECT nodes.id, name, publisher, created_at, modified_at, downloads, downloads_all_time, likes, gated, disabled, task,
    library, license, parameters, relation, {_BELOW}
FROM nodes LEFT JOIN derivatives ON derivatives.id = nodes.id
WHERE is_model;
CREATE VIEW ghosts AS
SELECT nodes.id, name, publisher, {_BELOW}
FROM nodes LEFT JOIN derivatives ON derivatives.id = nodes.id
WHERE NOT is_model;
CREATE VIEW named_edges AS
SELECT child.name AS child, parent.name AS parent, edges.relation, edges.times, parent.is_model AS parent_is_model
FROM edges JOIN nodes AS child ON child.id = edges.child_id JOIN nodes AS parent ON parent.id = edges.parent_id;
CREATE VIEW families AS  -- each derivative whole in each family that it descends from
SELECT key AS family, CAST(max(CASE WHEN metric = 'official' THEN value END) AS INTEGER) AS official,
    CAST({_OF_FAMILY.format("direct", "all")} AS INTEGER) AS direct,
    CAST({_OF_FAMILY.format("total", "all")} AS INTEGER) AS total, {_TOTALS}
FROM rollups
WHERE dimension = 'family' AND population = 'all' AND metric IN ('models', 'official')
GROUP BY key HAVING official IS NOT NULL;
"""

FILL_NODES = """
    INSERT INTO main.nodes
    SELECT node.id, node.name, publisher.name, model.id IS NOT NULL,
        {created_at}, {modified_at}, model.downloads, model.downloads_all_time, model.likes,
        gated.text, model.disabled, task.text, library.text, license.text, model.parameters, {relation}
    FROM source.node
    JOIN source.publisher ON publisher.id = node.publisher_id
    LEFT JOIN source.model ON model.node_id = node.id AND model.missing_since IS NULL
    LEFT JOIN source.label AS gated ON gated.id = model.gated_id
    LEFT JOIN source.label AS task ON task.id = model.task_id
    LEFT JOIN source.label AS library ON library.id = model.library_id
    LEFT JOIN source.label AS license ON license.id = model.license_id
    WHERE model.id IS NOT NULL OR EXISTS (SELECT 1 FROM source.edge WHERE edge.parent_id = node.id)
    ORDER BY node.id"""
FILL_EDGES = """
    INSERT INTO main.edges
    SELECT parent_id, child_id, {relation}, times FROM source.edge ORDER BY parent_id, child_id"""
FILL_DERIVATIVES = f"""
    INSERT INTO main.derivatives
    SELECT node_id, {" + ".join(_COUNTS[:5])}, {" + ".join(_COUNTS[5:])}, {", ".join(_COUNTS)}
    FROM source.lineage_count ORDER BY node_id"""
