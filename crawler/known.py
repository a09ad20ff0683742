"""Rows that are stored already, told by their text: what has not changed need not be read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_digest

Ints: TypeAlias = npt.NDArray[np.int64]

READING = 3
"""Part of every fingerprint. To be raised when the parser reads something of a row that it did not read before."""


class KnownRows:
    """Fingerprints of stored rows, and the number that the store knows each row by; both in the fingerprints' order.

    A fingerprint is 64 bits of a row's whole text, its `_id` included. That another text has that of a row among
    three million happens once in a thousand thousand nights.
    """

    def __init__(self, fingerprints: Ints, numbers: npt.NDArray[np.uint32]) -> None:
        self._fingerprints = fingerprints
        self._numbers = numbers
        # Where those of the same first bits begin, one or two on average: a search would miss the caches at every step.
        self._bits = max(len(fingerprints).bit_length(), 1)
        begins = np.bincount(self._firsts(fingerprints) + 1, minlength=(1 << self._bits) + 1)
        self._begins = np.cumsum(begins).astype(np.uint32)

    def __len__(self) -> int:
        return len(self._fingerprints)

    def numbers_of(self, fingerprints: Ints) -> list[int]:
        """The number of each row; 0 for a row that is not known."""
        if not len(self):
            return [0] * len(fingerprints)
        firsts = self._firsts(fingerprints)
        places, ends = self._begins[firsts], self._begins[firsts + 1]
        while (is_open := places < ends).any():  # a search by halves: whoever makes rows alike gains nothing
            middles = (places + ends) // 2
            is_below = self._fingerprints.take(middles, mode="clip") < fingerprints
            places = np.where(is_open & is_below, middles + 1, places)
            ends = np.where(is_open & ~is_below, middles, ends)
        is_known = self._fingerprints.take(places, mode="clip") == fingerprints
        found: list[int] = np.where(is_known, self._numbers.take(places, mode="clip"), 0).tolist()
        return found

    def _firsts(self, fingerprints: Ints) -> Ints:
        """The first bits of each, as a number from 0 on in the order of the fingerprints."""
        return (fingerprints >> (64 - self._bits)) + (1 << self._bits >> 1)


def fingerprints_of(rows: Sequence[msgspec.Raw | bytes]) -> Ints:
    """Of each row's text, byte for byte."""
    # Quick, and not made against forgery: nobody gains from two rows of one fingerprint.
    digests = b"".join([xxh3_64_digest(row) for row in rows])
    return np.frombuffer(digests, ">i8").astype(np.int64) ^ READING
