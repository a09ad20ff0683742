"""Many rows to a statement: all of them, whatever their number."""

from __future__ import annotations

import sqlite3

import pytest

from store.rows import insert


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250])
def test_every_row_is_added_once_and_in_order(size: int) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE pair (first, second)")
    rows = [(number, f"text {number}") for number in range(size)]
    insert(connection, "pair (first, second)", rows)
    assert connection.execute("SELECT * FROM pair ORDER BY rowid").fetchall() == rows
    connection.close()
