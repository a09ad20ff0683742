"""Tables of whole numbers, written from arrays: all of their rows, or only those that differ from what is there."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from store.arrays import Bools, Column, Ints
from store.rows import insert

_BLOCK = 10_000  # rows that are made of an array at a time
_FEW = 0.05
"""Of all rows: where more differ, writing all of them and the index in one go is quicker."""


@dataclass(frozen=True)
class Numbers:
    """A table: the columns of its key (at most two, below 2^31), the others, and an index by the key's last column."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    index: str | None = None

    @property
    def columns(self) -> str:
        return f"{self.name} ({', '.join((*self.key, *self.values))})"

    def codes(self, rows: Column) -> Ints:
        """The key of each row as one number."""
        first = rows[:, 0].astype(np.int64)
        return first if len(self.key) == 1 else first << 32 | rows[:, 1]


class Replacement:
    """Rows, in the order of their key, that are to be a whole table. `before` are those in it, None if not known.

    First `begin`, while nothing is read on the connection; `finish` may go on beside readers.
    """

    def __init__(self, table: Numbers, rows: Column, before: Column | None) -> None:
        self._table, self._rows = table, rows
        self._gone: Column | None = None  # None: all rows are written
        if before is not None:
            gone, new = _differences(table, before, rows)
            if np.count_nonzero(new) <= _FEW * len(rows):
                self._gone, self._rows = before[gone, : len(table.key)], rows[new]

    def begin(self, connection: sqlite3.Connection) -> None:
        table = self._table
        if self._gone is None and table.index:  # made anew in one go, in half the time
            connection.execute(f"DROP INDEX {table.index}")

    def finish(self, connection: sqlite3.Connection) -> None:
        table = self._table
        if self._gone is not None:
            where = " AND ".join(f"{name} = ?" for name in table.key)
            connection.executemany(f"DELETE FROM {table.name} WHERE {where}", self._gone.tolist())
            insert(connection, table.columns, self._rows.tolist())
            return
        write(connection, table, self._rows)
        if table.index:
            connection.execute(f"CREATE INDEX {table.index} ON {table.name} ({table.key[-1]})")


def write(connection: sqlite3.Connection, table: Numbers, rows: Column) -> None:
    """These rows in the place of all."""
    connection.execute(f"DELETE FROM {table.name}")
    for first in range(0, len(rows), _BLOCK):
        insert(connection, table.columns, rows[first : first + _BLOCK].tolist())


def _differences(table: Numbers, before: Column, now: Column) -> tuple[Bools, Bools]:
    """Which rows of those before are not there now, and which of those now were not there before; changed ones both."""
    codes_before, codes_now = table.codes(before), table.codes(now)
    if not len(before):
        return np.zeros(0, bool), np.ones(len(now), bool)
    places = np.minimum(np.searchsorted(codes_before, codes_now), len(before) - 1)
    same = (codes_before[places] == codes_now) & (before[places] == now).all(axis=1)
    gone = np.ones(len(before), bool)
    gone[places[same]] = False
    return gone, ~same
