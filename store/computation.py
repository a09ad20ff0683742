"""After a crawl: load the graph, count, write the tables that every question is answered from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np

from crawler.records import Relation
from store.choices import ATTRIBUTIONS, METRICS, POPULATIONS, SIDES, Attribution, Choices
from store.ecosystem import Ecosystem, load
from store.families import official_models, official_nodes
from store.graph import Counts, Cycles, Ints, Lineage, count_derivatives, descendants, relation_counts
from store.registry.loader import Family, Registry
from store.resolution import Resolution, resolve
from store.rollups import cells, dimension
from store.shares import family_shares

_COLUMNS = [f"{distance}_{relation.word}" for distance in ("direct", "total") for relation in Relation]
_ADD_EDGES = "INSERT INTO edge (parent_id, child_id, relation, times) VALUES (?, ?, ?, ?)"
_ADD_COUNTS = f"""
    INSERT INTO lineage_count (node_id, {", ".join(_COLUMNS)}) VALUES (?{", ?" * len(_COLUMNS)})"""
_ADD_FAMILY = f"""
    INSERT INTO family_count (crawl_id, family, official, {", ".join(_COLUMNS)})
    VALUES (?, ?, ?{", ?" * len(_COLUMNS)})"""
_ADD_SHARES = f"""
    INSERT INTO family_share (crawl_id, attribution, family, direct, total,
        {", ".join(f"total_{relation.word}" for relation in Relation)})
    VALUES (?, ?, ?, ?, ?{", ?" * len(Relation)})"""
_ADD_ROLLUP = f"""
    INSERT INTO rollup (crawl_id, by, choice, population, key, {", ".join(METRICS)})
    VALUES (?, ?, ?, ?, ?{", ?" * len(METRICS)})"""
SPLITTING: tuple[Attribution, ...] = ("nearest", "root")
"""The attributions under which a model may count in parts."""


def compute(connection: sqlite3.Connection, crawl_id: int, registry: Registry, *, now: int) -> None:
    """Fills every table that follows from what is present after the crawl.

    To be called in the transaction that finishes the crawl: readers then see the answers of the last crawl,
    or of this one, and never a mixture.
    """
    resolution = resolve(connection)
    counts, cycles = count_derivatives(resolution.lineage)
    families = [
        (key, *_family_row(connection, family, resolution.lineage)) for key, family in registry.families.items()
    ]
    write_lineage(connection, resolution, counts)
    ecosystem = load(connection, registry, resolution)
    for table in ("family_count", "family_share", "rollup"):
        connection.execute(f"DELETE FROM {table} WHERE crawl_id = ?", (crawl_id,))
    connection.executemany(_ADD_FAMILY, [(crawl_id, *row) for row in families])
    connection.executemany(_ADD_SHARES, [(crawl_id, *row) for row in _share_rows(ecosystem)])
    connection.executemany(_ADD_ROLLUP, [(crawl_id, *row) for row in _rollup_rows(ecosystem)])
    _write_ledger(connection, crawl_id, registry, resolution, cycles, now)


def write_lineage(connection: sqlite3.Connection, resolution: Resolution, counts: Counts) -> None:
    """Fills edge and lineage_count anew."""
    _write_edges(connection, resolution)
    _write_counts(connection, resolution.lineage, counts)


def _share_rows(ecosystem: Ecosystem) -> Iterator[tuple[str | float, ...]]:
    for attribution in SPLITTING:
        for family, share in family_shares(ecosystem, attribution, Choices()).items():
            yield attribution, family, *map(float, (share.direct, share.total, *share.relations.values()))


def _rollup_rows(ecosystem: Ecosystem) -> Iterator[tuple[str | float, ...]]:
    """By country and family, for every side or attribution and every population."""
    made = [
        *(("country", side, Choices(side=side)) for side in SIDES),
        *(("family", attribution, Choices(attribution=attribution)) for attribution in ATTRIBUTIONS),
    ]
    for by, name, choices in made:
        found = dimension(ecosystem, by, choices)
        for population in POPULATIONS:
            for cell in cells(ecosystem, found, replace(choices, population=population)):
                yield by, name, population, *cell.keys, *(float(cell.counts[metric]) for metric in METRICS)


def _family_row(connection: sqlite3.Connection, family: Family, lineage: Lineage) -> list[int]:
    """Official models, then direct and total derivatives by relation."""
    official = official_nodes(connection, family)
    reached, direct = descendants(lineage, lineage.places(np.array(official, np.int64)))
    return [
        official_models(connection, official),
        *relation_counts(lineage, direct).tolist(),
        *relation_counts(lineage, reached).tolist(),
    ]


def _write_edges(connection: sqlite3.Connection, resolution: Resolution) -> None:
    lineage = resolution.lineage
    connection.execute("DELETE FROM edge")
    columns = (
        lineage.node_ids[lineage.parents],
        lineage.node_ids[lineage.children],
        resolution.edge_relations,
        resolution.edge_times,
    )
    connection.executemany(_ADD_EDGES, _rows(columns))


def _write_counts(connection: sqlite3.Connection, lineage: Lineage, counts: Counts) -> None:
    connection.execute("DELETE FROM lineage_count")
    used = np.flatnonzero(counts.total.sum(axis=1))
    columns = (lineage.node_ids[used], *counts.direct[used].T, *counts.total[used].T)
    connection.executemany(_ADD_COUNTS, _rows(columns))


def _rows(columns: tuple[Ints, ...]) -> zip[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _write_ledger(
    connection: sqlite3.Connection,
    crawl_id: int,
    registry: Registry,
    resolution: Resolution,
    cycles: Cycles,
    now: int,
) -> None:
    row = {
        "crawl_id": crawl_id,
        "computed_at": now,
        "registry_fingerprint": registry.fingerprint,
        "origins_fingerprint": registry.origins_fingerprint,
        **asdict(resolution.ledger),
        "cycles": cycles.number,
        "models_in_cycles": cycles.models,
    }
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT OR REPLACE INTO computation ({names}) VALUES ({values})", row)
