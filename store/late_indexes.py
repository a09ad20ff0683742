"""Indexes whose keys come in no order: each transaction of a first crawl would rewrite most of their pages.

That was four fifths of all that it wrote. Until the first crawl into a file has ended they are not there, and what they
are for is told from memory (`store.names`, `store.bearers`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from store.database import CACHE

_NAMES = "CREATE UNIQUE INDEX IF NOT EXISTS ix_node_name ON node (name)"
_PUBLISHERS = "CREATE UNIQUE INDEX IF NOT EXISTS ix_publisher_name ON publisher (name)"
_BEARERS = "CREATE UNIQUE INDEX IF NOT EXISTS ix_model_node_id ON model (node_id)"
_DROP = [f"DROP INDEX IF EXISTS {name}" for name in ("ix_node_name", "ix_publisher_name", "ix_model_node_id")]


def are_there(connection: sqlite3.Connection) -> bool:
    """All of them: that of names is the last to be made."""
    return connection.execute("SELECT 1 FROM pragma_index_list('node')").fetchone() is not None


def drop(connection: sqlite3.Connection) -> None:
    """For a file without a model."""
    for statement in _DROP:
        connection.execute(statement)


def make(connection: sqlite3.Connection) -> None:
    """All of them."""
    with _sorting_in_small_parts(connection):
        for statement in (_PUBLISHERS, _BEARERS, _NAMES):
            connection.execute(statement)


def make_of_bearers(connection: sqlite3.Connection) -> None:
    """The one that tells which model bears a name, where it is needed before the others."""
    connection.execute(_BEARERS)


@contextmanager
def _sorting_in_small_parts(connection: sqlite3.Connection) -> Iterator[None]:
    """SQLite sorts as much at once as its cache takes: what a processor's own takes is sorted sooner, and beside."""
    connection.execute("PRAGMA cache_size = -8192")
    connection.execute("PRAGMA threads = 2")
    try:
        yield
    finally:
        connection.execute(CACHE)
        connection.execute("PRAGMA threads = 0")
