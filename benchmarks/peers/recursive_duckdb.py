"""A question answered by one recursive query in DuckDB on our Parquet files: `FOLDER QUESTION [NAME]`."""

from __future__ import annotations

import sys

import duckdb

from benchmarks.peers.questions import ask

if __name__ == "__main__":
    folder = sys.argv[1].replace("'", "''")
    connection = duckdb.connect()
    connection.execute(
        f"CREATE VIEW edge AS SELECT parent AS parent_id, child AS child_id FROM '{folder}/edges.parquet'"
    )
    connection.execute(f"CREATE VIEW named AS SELECT id, id AS name, publisher FROM '{folder}/nodes.parquet'")
    ask(connection.execute, sys.argv[2], "".join(sys.argv[3:]))
