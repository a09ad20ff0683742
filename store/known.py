"""The rows that a sweep need not read again: those whose text is as it was when it was stored."""

from __future__ import annotations

import sqlite3

import numpy as np
import numpy.typing as npt

from store.arrays import Ints
from store.columns import columns


def fingerprints(connection: sqlite3.Connection) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """(fingerprints in order, model id of each). Two models of one fingerprint are both left out: neither is sure."""
    found, ids = columns(connection, "FROM model WHERE fingerprint IS NOT NULL", "fingerprint", "id")
    order = np.argsort(found)
    found = found[order]
    repeats = found[1:] == found[:-1]
    alone = ~(np.append(repeats, False) | np.insert(repeats, 0, False)) if len(found) else np.empty(0, bool)
    return found[alone], ids[order][alone].astype(np.uint32)
