"""Tables of whole numbers, written from arrays: only those rows that differ from what is there."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from store.arrays import Bools, Column, Ints, blocks
from store.rows import insert

_BLOCK = 10_000  # rows that are made of an array at a time


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


def empty(connection: sqlite3.Connection, table: Numbers) -> None:
    """No rows, and no index: to make both in one go is quicker. Not while anything is read on the connection."""
    if table.index:
        connection.execute(f"DROP INDEX IF EXISTS {table.index}")
    connection.execute(f"DELETE FROM {table.name}")


def replace(connection: sqlite3.Connection, table: Numbers, rows: Column, before: Column) -> None:
    """These rows, in the order of their key, in the place of those that are there; what is in both is not touched.

    It may go on while something is read on the connection.
    """
    gone, new = _differences(table, before, rows)
    where = " AND ".join(f"{name} = ?" for name in table.key)
    connection.executemany(f"DELETE FROM {table.name} WHERE {where}", before[gone, : len(table.key)].tolist())
    write(connection, table, rows[new])
    if table.index:
        connection.execute(f"CREATE INDEX IF NOT EXISTS {table.index} ON {table.name} ({table.key[-1]})")


def write(connection: sqlite3.Connection, table: Numbers, rows: Column) -> None:
    """Adds the rows, whose keys are not there."""
    for first in range(0, len(rows), _BLOCK):
        insert(connection, table.columns, rows[first : first + _BLOCK].tolist())


def _differences(table: Numbers, before: Column, now: Column) -> tuple[Bools, Bools]:
    """Which rows of those before are not there now, and which of those now were not there before; changed ones both."""
    if not len(before):
        return np.zeros(0, bool), np.ones(len(now), bool)
    codes = table.codes(before)
    gone, new = np.ones(len(before), bool), np.ones(len(now), bool)
    for some in blocks(len(now)):
        places = np.minimum(np.searchsorted(codes, table.codes(now[some])), len(before) - 1)
        same = (before[places] == now[some]).all(axis=1)
        gone[places[same]] = False
        new[some] = ~same
    return gone, new
