"""P9: counts by arrays are those by recursive SQL and by a naive search, on random graphs with cycles and ghosts.

That every count ends is P8: test_p08_shapes.py.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled
from tests.store.test_graph import counted, lineage, naive_totals, random_graph

GRAPHS = scaled(100, 1000)
BELOW = """
    WITH RECURSIVE below (top, id) AS (
        SELECT parent_id, child_id FROM edge
        UNION
        SELECT below.top, edge.child_id FROM below JOIN edge ON edge.parent_id = below.id
    )
    SELECT top, count(*) FROM below WHERE id != top GROUP BY top"""


def by_sql(size: int, edges: list[tuple[int, int]]) -> list[int]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE edge (parent_id INTEGER, child_id INTEGER)")
        connection.executemany("INSERT INTO edge VALUES (?, ?)", edges)
        found = dict(connection.execute(BELOW))
    return [found.get(node, 0) for node in range(size)]


def test_arrays_recursive_sql_and_a_naive_search_agree(tried: Tried) -> None:
    differ = []
    for seed in range(SEED * 10_000, SEED * 10_000 + GRAPHS):
        size, edges, relations = random_graph(seed)
        _, arrays = counted(lineage(size, edges, relations))
        naive = naive_totals(size, edges, relations)
        sql = by_sql(size, edges)
        if arrays.T.tolist() != naive or arrays.sum(axis=0).tolist() != sql:
            differ.append(seed)
    assert differ == []
    tried("random graphs with cycles, merges and ghosts", GRAPHS, "arrays, recursive SQL and a naive search agree")
