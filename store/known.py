"""The rows that a sweep need not read again: those whose text is as it was when it was stored."""

from __future__ import annotations

import sqlite3

import numpy as np
import numpy.typing as npt

from store.arrays import Ints
from store.columns import columns, stretches


def fingerprints(connection: sqlite3.Connection) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """(fingerprints in order, model id of each). Two models of one fingerprint are both left out: neither is sure."""
    stored = stretches(connection, "model", "fingerprint IS NOT NULL")
    found, ids = columns(connection, stored, "fingerprint", "id")
    order = np.argsort(found)
    found = found[order]
    repeats = found[1:] == found[:-1]
    alone = ~(np.append(repeats, False) | np.insert(repeats, 0, False)) if len(found) else np.empty(0, bool)
    return found[alone], ids[order][alone].astype(np.uint32)
