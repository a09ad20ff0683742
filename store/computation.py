"""After a crawl: load the graph, count, write the tables that every question is answered from."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np

from crawler.records import Relation
from store.arrays import Column
from store.choices import ATTRIBUTIONS, METRICS, SIDES, Attribution, By, Choices
from store.counts import count_derivatives
from store.database import file_of
from store.ecosystem import Ecosystem
from store.graph import RELATIONS, Lineage
from store.kept import Keeping, Kept, current, kept
from store.kept_names import Extent, add_names
from store.numbers import Numbers, empty, replace
from store.registry.loader import Registry
from store.registry.remembered import place_of
from store.resolution import Resolution, resolve
from store.rollups import Dimension, cells_by_population, dimension
from store.shares import shares_in
from store.summing import summed_up

_COLUMNS = [f"{distance}_{relation.word}" for distance in ("direct", "total") for relation in Relation]
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
EDGES = Numbers("edge", ("parent_id", "child_id"), ("relation", "times"), index="ix_edge_child_id")
COUNTS = Numbers("lineage_count", ("node_id",), tuple(_COLUMNS))
Answer: TypeAlias = tuple[str, list[tuple[Any, ...]]]
"""A statement, and the rows that it stores."""
Lineages: TypeAlias = tuple[Column, Column]
"""The rows of edge and of lineage_count, each in the order of its key."""
_MOST = 0.9
"""Of all edges: where fewer are there already, writing all of them and the index in one go is quicker."""
SPLITTING: tuple[Attribution, ...] = ("nearest", "root")
"""The attributions under which a model may count in parts."""


def compute(
    connection: sqlite3.Connection,
    crawl_id: int,
    registry: Registry,
    *,
    now: int,
    take: Callable[[], Kept | None] | None = None,
) -> None:
    """Fills every table that follows from what is present after the crawl.

    To be called in the transaction that finishes the crawl: readers then see the answers of the last crawl,
    or of this one, and never a mixture. `take` gives what was kept, where it is had already.
    """
    before = take() if take else kept(connection)
    columns = current(connection, before)
    if before is not None:
        before.let_go()
    with Keeping(connection) as keeping, ThreadPoolExecutor(1) as beside:
        added = beside.submit(keeping.add, columns)
        resolution = resolve(connection, columns)
        written = _written(connection, before, len(resolution.lineage.parents))
        named = before.names if before is not None else None
        nodes = len(columns.nodes.publishers) - 1
        edges = beside.submit(_ledger_then_edges, connection, crawl_id, registry, resolution, now)
        lineage = beside.submit(_write_lineage, connection, keeping, resolution.lineage, edges, written, named, nodes)
        del before, columns, written
        ecosystem = summed_up(Ecosystem.of(resolution, registry))
        del resolution
        answers = _answers(crawl_id, ecosystem)
        added.result()
        lineage.result()  # before anything else is: an error, such as a full disk, may have undone the transaction
    for table in ("family_count", "family_share", "rollup"):
        connection.execute(f"DELETE FROM {table} WHERE crawl_id = ?", (crawl_id,))
    for statement, rows in answers:
        connection.executemany(statement, rows)
    registry.keep(place_of(file_of(connection)))


def _written(connection: sqlite3.Connection, before: Kept | None, edges: int) -> Lineages:
    """The rows that the tables of the lineage have: where that is not known, or there are few, there are none now."""
    if before is not None and len(before.edges) > _MOST * edges:
        return before.edges, before.counts
    found = []
    for table in (EDGES, COUNTS):
        empty(connection, table)
        found.append(np.empty((0, len(table.key) + len(table.values)), np.int32))
    return found[0], found[1]


def _ledger_then_edges(
    connection: sqlite3.Connection, crawl_id: int, registry: Registry, resolution: Resolution, now: int
) -> Column:
    """The ledger is written; the edges' rows are not yet."""
    _write_ledger(connection, crawl_id, registry, resolution, now)
    return edge_rows(resolution)


def _write_lineage(
    connection: sqlite3.Connection,
    keeping: Keeping,
    lineage: Lineage,
    edges: Future[Column],
    written: Lineages,
    named: Extent | None,
    nodes: int,
) -> None:
    """Edges and counts, in the place of the written ones; and what the next computation and exports need not read.

    Nothing where there are no edges: the ledger's error may have undone the transaction.
    """
    rows, counts = edges.result(), count_rows(lineage)
    keeping.finish(rows, counts, add_names(connection, named, nodes))
    replace(connection, EDGES, rows, written[0])
    replace(connection, COUNTS, counts, written[1])


def _answers(crawl_id: int, ecosystem: Ecosystem) -> list[Answer]:
    """Of families and roll-ups. Nothing is written."""
    found: list[Answer] = [(_ADD_FAMILY, [(crawl_id, *row) for row in _family_rows(ecosystem)])]
    for side in SIDES:
        found += _rollup(ecosystem, (crawl_id, "country", side), Choices(side=side))
    for attribution in ATTRIBUTIONS:
        found += _rollup(ecosystem, (crawl_id, "family", attribution), Choices(attribution=attribution))
    return found


def _family_rows(ecosystem: Ecosystem) -> Iterator[tuple[str | int, ...]]:
    """Family, official models, then direct and total derivatives by relation."""
    families = ecosystem.registry.families
    models, numbers, is_direct = ecosystem.descent
    keys = numbers * RELATIONS + ecosystem.models.relations[models]
    size = len(families) * RELATIONS
    weights = ecosystem.models.weights("models")[models]
    direct = np.bincount(keys[is_direct], weights[is_direct], minlength=size).astype(np.int64).reshape(-1, RELATIONS)
    total = np.bincount(keys, weights, minlength=size).astype(np.int64).reshape(-1, RELATIONS)
    official = np.bincount(ecosystem.official_models[1], minlength=len(families))
    for number, family in enumerate(families):
        yield family, int(official[number]), *direct[number].tolist(), *total[number].tolist()


def _rollup(ecosystem: Ecosystem, key: tuple[int, By, str], choices: Choices) -> list[Answer]:
    """One roll-up, and what is computed from the same dimension; that takes a tenth of a gigabyte, so one at a time."""
    crawl_id, by, choice = key
    found = dimension(ecosystem, by, choices)
    answers: list[Answer] = [(_ADD_ROLLUP, list(_rollup_rows(ecosystem, found, key)))]
    if choice in SPLITTING:
        answers.append((_ADD_SHARES, list(_share_rows(ecosystem, found, (crawl_id, choice)))))
    return answers


def _rollup_rows(ecosystem: Ecosystem, found: Dimension, key: tuple[str | int, ...]) -> Iterator[tuple[Any, ...]]:
    for population, those in cells_by_population(ecosystem, found).items():
        for cell in those:
            yield *key, population, *cell.keys, *(float(cell.counts[metric]) for metric in METRICS)


def _share_rows(ecosystem: Ecosystem, families: Dimension, key: tuple[str | int, ...]) -> Iterator[tuple[Any, ...]]:
    for family, share in shares_in(ecosystem, families, Choices(), metric="models").items():
        yield *key, family, *map(float, (share.direct, share.total, *share.relations.values()))


def edge_rows(resolution: Resolution) -> Column:
    """The rows of the table, in the order of its key."""
    lineage = resolution.lineage
    parents, children = lineage.node_ids[lineage.parents], lineage.node_ids[lineage.children]
    rows = [parents, children, resolution.edge_relations, resolution.edge_times]
    return np.stack(rows, axis=1, dtype=np.int32, casting="unsafe")


def count_rows(lineage: Lineage) -> Column:
    """The rows of the table, in the order of its key: of those from which anything derives."""
    counts = count_derivatives(lineage)
    used = np.flatnonzero(counts.total.any(axis=0))
    rows = [lineage.node_ids[counts.nodes[used]], *counts.direct[:, used], *counts.total[:, used]]
    return np.stack(rows, axis=1, dtype=np.int32, casting="unsafe")


def _write_ledger(
    connection: sqlite3.Connection,
    crawl_id: int,
    registry: Registry,
    resolution: Resolution,
    now: int,
) -> None:
    cycles = resolution.lineage.cycles
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
