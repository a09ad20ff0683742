"""Tables written from arrays: whole, or by what differs."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from store.arrays import Column
from store.numbers import Numbers, empty, replace

PAIRS = Numbers("pair", ("left", "right"), ("weight",), index="ix_pair_right")


def opened() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE pair (left, right, weight, PRIMARY KEY (left, right)) WITHOUT ROWID")
    connection.execute("CREATE INDEX ix_pair_right ON pair (right)")
    return connection


NOTHING = np.empty((0, 3), np.int32)


def test_rows_are_replaced_beside_a_reader() -> None:
    with closing(opened()) as connection:
        replace(connection, PAIRS, as_rows({(1, 1): 1}), NOTHING)
        connection.execute("CREATE TABLE other AS SELECT 1 AS x UNION SELECT 2")
        reader = connection.execute("SELECT x FROM other")
        assert reader.fetchone() == (1,)
        replace(connection, PAIRS, as_rows({(1, 2): 3, (2, 2): 4}), as_rows({(1, 1): 1}))
        assert reader.fetchone() == (2,)
        assert stored(connection) == [[1, 2, 3], [2, 2, 4]]


def as_rows(pairs: dict[tuple[int, int], int]) -> Column:
    rows = [(left, right, weight) for (left, right), weight in sorted(pairs.items())]
    return np.array(rows, np.int32).reshape(-1, 3)


def stored(connection: sqlite3.Connection) -> list[list[int]]:
    return [list(row) for row in connection.execute("SELECT * FROM pair")]


@pytest.mark.parametrize("seed", range(20))
def test_the_table_holds_the_new_rows_however_little_or_much_differs(seed: int) -> None:
    draw = random.Random(seed)
    pairs: dict[tuple[int, int], int] = {}
    before: Column = NOTHING
    with closing(opened()) as connection:
        for _ in range(6):
            for _ in range(draw.choice([0, 1, 300])):
                pairs[draw.randrange(40), draw.randrange(40)] = draw.randrange(3)
            for pair in draw.sample(sorted(pairs), min(len(pairs), draw.choice([0, 1, 200]))):
                del pairs[pair]
            rows = as_rows(pairs)
            replace(connection, PAIRS, rows, before)
            assert stored(connection) == rows.tolist()
            before = rows


def changes_of(before: Column, rows: Column) -> int:
    """How many rows of the table are touched to come from the one to the other."""
    with closing(opened()) as connection:
        replace(connection, PAIRS, before, NOTHING)
        at_first = connection.total_changes
        replace(connection, PAIRS, rows, before)
        return connection.total_changes - at_first


def test_a_row_is_written_only_where_it_differs() -> None:
    many = {(left, 0): 1 for left in range(1000)}
    changed = as_rows({**many, (7, 0): 2})
    assert changes_of(as_rows(many), as_rows(many)) == 0
    assert changes_of(as_rows(many), changed) == 2


def names_of_indexes(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM pragma_index_list('pair') WHERE origin = 'c'")]


def test_an_emptied_table_gets_all_rows_and_its_index_again() -> None:
    with closing(opened()) as connection:
        replace(connection, PAIRS, as_rows({(1, 2): 3, (4, 4): 4}), NOTHING)
        empty(connection, PAIRS)
        assert (stored(connection), names_of_indexes(connection)) == ([], [])
        replace(connection, PAIRS, as_rows({(1, 2): 5}), NOTHING)
        assert (stored(connection), names_of_indexes(connection)) == ([[1, 2, 5]], ["ix_pair_right"])
