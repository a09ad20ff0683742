"""Which model bears a name: at most one, the one that was listed under it last.

By SQL; while the first crawl into a file runs, no index tells (`store.late_indexes`), but a mark for each name that is
borne. Hardly any is then claimed twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np

from store import late_indexes

_NOTE_LOSSES = """
    INSERT INTO model_change (model_id, crawl_id, field, before)
    SELECT model.id, ?, 'name', node.name FROM model JOIN node ON node.id = model.node_id WHERE model.node_id = ?
    ON CONFLICT DO NOTHING"""
# Without its name a model is not as its text says: should it be listed again as it was, it is to be read.
_TAKE_NAMES = "UPDATE model SET node_id = NULL, fingerprint = NULL WHERE node_id = ?"
_BORNE = "SELECT node_id FROM model WHERE node_id IS NOT NULL"


class Bearers:
    """For the writer alone. `crawl_id` is the crawl that lists models now."""

    def __init__(self, connection: sqlite3.Connection, crawl_id: int) -> None:
        self._connection = connection
        self._crawl = crawl_id
        self._marks = None if late_indexes.are_there(connection) else _Marks(connection)

    def claim(self, node_ids: Sequence[int], *, last_before: int) -> None:
        """Models are about to bear these names, each once; whoever bears one now loses it.

        Names above `last_before` were made for them, and are nobody's yet.
        """
        held = [node_id for node_id in node_ids if node_id <= last_before]
        if self._marks is not None:
            held = self._marks.among(held)
            self._marks.set(node_ids)
            if held:
                late_indexes.make_of_bearers(self._connection)
        self._connection.executemany(_NOTE_LOSSES, [(self._crawl, node_id) for node_id in held])
        self._connection.executemany(_TAKE_NAMES, [(node_id,) for node_id in held])


class _Marks:
    """A byte a name: 1 where a model bears it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._bytes = bytearray()
        rows = connection.execute(_BORNE)
        while some := rows.fetchmany(100_000):
            self.set([node_id for (node_id,) in some])

    def among(self, node_ids: Sequence[int]) -> list[int]:
        """Those that are borne."""
        return [node_id for node_id in node_ids if node_id < len(self._bytes) and self._bytes[node_id]]

    def set(self, node_ids: Sequence[int]) -> None:
        self._bytes.extend(bytes(max(max(node_ids, default=0) + 1 - len(self._bytes), 0)))
        np.frombuffer(self._bytes, np.uint8)[np.array(node_ids, np.int64)] = 1
