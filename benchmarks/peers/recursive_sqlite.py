"""A question answered by one recursive query on our database, in Python's sqlite3: `DATABASE QUESTION [NAME]`."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from benchmarks.peers.questions import ask

_NAMED = """
    CREATE TEMP VIEW named AS
    SELECT node.id, node.name, publisher.name AS publisher FROM node
    JOIN publisher ON publisher.id = node.publisher_id"""

if __name__ == "__main__":
    connection = sqlite3.connect(f"{Path(sys.argv[1]).absolute().as_uri()}?mode=ro", uri=True)
    connection.execute(_NAMED)
    ask(connection.execute, sys.argv[2], "".join(sys.argv[3:]))
