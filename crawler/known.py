"""Rows that are stored already, told by their text: what has not changed need not be read again."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]

READING = 2
"""Part of every fingerprint. To be raised when the parser reads something of a row that it did not read before."""


class KnownRows:
    """Fingerprints of stored rows, and the number that the store knows each row by; both in the fingerprints' order.

    A fingerprint is 64 bits of a row's whole text, its `_id` included. That another text has that of a row among
    three million happens once in a thousand thousand nights.
    """

    def __init__(self, fingerprints: Ints, numbers: npt.NDArray[np.uint32]) -> None:
        self._fingerprints = fingerprints
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._fingerprints)

    def numbers_of(self, fingerprints: Ints) -> list[int]:
        """The number of each row; 0 for a row that is not known."""
        if not len(self):
            return [0] * len(fingerprints)
        places = np.minimum(np.searchsorted(self._fingerprints, fingerprints), len(self) - 1)
        found: list[int] = np.where(self._fingerprints[places] == fingerprints, self._numbers[places], 0).tolist()
        return found


NOTHING = KnownRows(np.empty(0, np.int64), np.empty(0, np.uint32))


def fingerprints_of(rows: Sequence[msgspec.Raw | bytes]) -> Ints:
    """Of each row's text, byte for byte."""
    # Of the library's hashes the quickest, processors help with it; nobody gains from two rows of one fingerprint.
    digests = b"".join([sha1(row, usedforsecurity=False).digest() for row in rows])
    whole = np.frombuffer(digests, np.uint8).reshape(-1, 20)
    return np.ascontiguousarray(whole[:, :8]).view("<i8").ravel().astype(np.int64) ^ READING
