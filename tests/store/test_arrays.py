"""What is asked of arrays everywhere, against what NumPy does in one go."""

from __future__ import annotations

import numpy as np
import pytest

from store import arrays
from store.arrays import Column, blocks, looked_up


@pytest.mark.parametrize(("size", "expected"), [(0, []), (3, [3]), (4, [4]), (9, [4, 4, 1])])
def test_blocks_are_all_places_once(monkeypatch: pytest.MonkeyPatch, size: int, expected: list[int]) -> None:
    monkeypatch.setattr(arrays, "_AT_ONCE", 4)
    found = list(blocks(size))
    assert [some.stop - some.start for some in found] == expected
    assert [place for some in found for place in range(some.start, some.stop)] == list(range(size))


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64])
def test_what_is_looked_up_is_what_the_table_has(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    monkeypatch.setattr(arrays, "_AT_ONCE", 7)
    rng = np.random.default_rng(20261127)
    table: Column = rng.integers(-9, 9, 60).astype(kind)
    places = rng.integers(0, 60, 100).astype(np.int32)
    found = looked_up(table, places)
    assert found.tolist() == table[places].tolist()
    assert found.dtype == table.dtype


def test_a_place_that_the_table_has_not_is_its_nearest_end() -> None:
    assert looked_up(np.array([5, 6, 7]), np.array([-1, -100, 2, 3, 100])).tolist() == [5, 5, 7, 7, 7]
