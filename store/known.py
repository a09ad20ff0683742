"""The rows that a sweep need not read again: those whose text is as it was when it was stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from store.arrays import Ints
from store.columns import Source, columns, stretches
from store.database import file_of, reading_beside


def fingerprints(connection: sqlite3.Connection) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """(fingerprints in order, model id of each). Two models of one fingerprint are both left out: neither is sure."""
    stored = stretches(connection, "model", "fingerprint IS NOT NULL")
    half = len(stored) // 2
    with ThreadPoolExecutor(1) as beside:  # SQLite lets another thread run meanwhile
        newer = beside.submit(_read_beside, file_of(connection), stored[half:])
        parts = _read(connection, stored[:half]), newer.result()
    found, ids = map(np.concatenate, zip(*parts, strict=True))
    order = np.argsort(found)
    found = found[order]
    repeats = found[1:] == found[:-1]
    alone = ~(np.append(repeats, False) | np.insert(repeats, 0, False)) if len(found) else np.empty(0, bool)
    return found[alone], ids[order][alone].astype(np.uint32)


def _read(connection: sqlite3.Connection, stored: Sequence[Source]) -> list[Ints]:
    return columns(connection, stored, "fingerprint", "id")


def _read_beside(path: Path, stored: Sequence[Source]) -> list[Ints]:
    with reading_beside(path) as connection:
        return _read(connection, stored)
