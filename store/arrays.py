"""Arrays of whole numbers: their types, and what is asked of them everywhere. No database and no lineage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Column: TypeAlias = npt.NDArray[np.integer[Any]]
"""Whole numbers as narrow as they may be: of what there is much of. Codes are reckoned in `Ints`."""
Bools: TypeAlias = npt.NDArray[np.bool_]

_AT_ONCE = 65_536


def blocks(size: int) -> Iterator[slice]:
    """All places, some at a time: for what takes several times as much memory as what comes of it."""
    return (slice(first, min(first + _AT_ONCE, size)) for first in range(0, size, _AT_ONCE))


def looked_up(table: Column, places: Column) -> Column:
    """What the table has at each place; at its nearest end for one that it has not. NumPy makes narrow places wide."""
    found = np.empty(len(places), table.dtype)
    for some in blocks(len(places)):
        np.take(table, places[some], out=found[some], mode="clip")
    return found


def numbers(text: str | None) -> Ints:
    """The whole numbers of a text that has commas between them; none of None."""
    return np.fromstring(text or "", np.int64, sep=",")


def as_json(numbers: Column) -> str:
    """As SQLite's `json_each` reads them."""
    return msgspec.json.encode(numbers.tolist()).decode()


def marked(numbers: Column, size: int) -> Bools:
    """Which numbers below `size` occur."""
    found = np.zeros(size, bool)
    found[numbers] = True
    return found


def among(numbers: Column, others: Column) -> Bools:
    """Which numbers occur among the others, which are in order; np.isin would sort all of them."""
    if not len(others):
        return np.zeros(len(numbers), bool)
    found: Bools = others[np.minimum(np.searchsorted(others, numbers), len(others) - 1)] == numbers
    return found


def places(wanted: Column, among: Ints) -> Ints:
    """Where each wanted number is in the others, which are in order and distinct; -1 for those that are not there."""
    if not len(among):
        return np.full(len(wanted), -1, np.int64)
    found = np.searchsorted(among, wanted).clip(max=len(among) - 1)
    return np.where(among[found] == wanted, found, -1)


def in_order(numbers: Ints) -> Ints:
    """The distinct numbers, in order; many times as quick as np.unique, which hashes them."""
    numbers = np.sort(numbers)
    kept: Ints = numbers[np.diff(numbers, prepend=numbers[:1] - 1) > 0]
    return kept
