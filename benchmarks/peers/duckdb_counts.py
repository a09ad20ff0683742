"""Descendants of every base by relation, and every model's number of roots, by DuckDB's recursive SQL: `FOLDER`.

FOLDER holds our nodes.parquet and edges.parquet. Prints the seconds that it took, then `descendants<tab>base`.
"""

from __future__ import annotations

import sys
import time
from itertools import groupby
from pathlib import Path

import duckdb

_BELOW = """
    CREATE TABLE below AS
    WITH RECURSIVE below (base, child) AS (
        SELECT parent, child FROM edge
        UNION
        SELECT below.base, edge.child FROM below JOIN edge ON edge.parent = below.child
    )
    SELECT base, child FROM below WHERE base != child"""
_COUNTS = """
    SELECT base, relation, count(*) FROM below JOIN node ON node.id = below.child
    GROUP BY base, relation ORDER BY base"""
_ROOTS = "SELECT child, count(*) FROM below WHERE base NOT IN (SELECT child FROM edge) GROUP BY child"


def _counts(folder: Path) -> list[tuple[str, str, int]]:
    connection = duckdb.connect()
    for table, columns in (("edge", "parent, child"), ("node", "id, relation")):
        path = str(folder / f"{table}s.parquet")
        connection.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM read_parquet(?)", [path])
    connection.execute(_BELOW)
    connection.execute(_ROOTS).fetchall()
    return connection.execute(_COUNTS).fetchall()


if __name__ == "__main__":
    began = time.perf_counter()
    found = _counts(Path(sys.argv[1]))
    print(time.perf_counter() - began)
    for base, rows in groupby(found, key=lambda row: row[0]):
        print(f"{sum(count for _, _, count in rows)}\t{base}")
