"""A file that is written past the kernel's cache, where the system allows it.

Who writes gigabytes that nobody reads soon fills the cache with them, at the cost of a copy and of what lay there
before, such as the pages of the database: a fifth of the processor's time of a GraphML file.
"""

from __future__ import annotations

import io
import mmap
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

AT_ONCE = 4 << 20
"""Bytes, of whole blocks of any disk."""

_SLOW = 0.04
"""Seconds for so many: a disk that takes longer would hold up whoever makes the rows, and is left to the cache."""


class StraightFile(io.RawIOBase):
    """For writing from its beginning on. Errors are those of any file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._buffer = memoryview(mmap.mmap(-1, AT_ONCE))  # begins at a page, as it has to
        self._filled = 0
        self._turn(straight=True)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() + self._filled

    def write(self, data: ReadableBuffer) -> int:
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            some = left[: AT_ONCE - self._filled]
            self._buffer[self._filled : self._filled + len(some)] = some
            self._filled += len(some)
            left = left[len(some) :]
            if self._filled == AT_ONCE:
                self._empty()
        return size

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._turn(straight=False)  # what is left is of no whole blocks
            self._empty()
        finally:
            self._file.close()
            super().close()

    def _empty(self) -> None:
        began = time.perf_counter()
        left = self._buffer[: self._filled]
        while left:
            try:
                left = left[self._file.write(left) :]
            except OSError:
                if not self._is_straight:
                    raise
                self._turn(straight=False)
            else:
                if left:  # perhaps of no whole blocks
                    self._turn(straight=False)
        if time.perf_counter() - began > _SLOW:
            self._turn(straight=False)
        self._filled = 0

    def _turn(self, *, straight: bool) -> None:
        """From now on past the cache, if the system and the disk know such a thing, or through it."""
        self._is_straight = False
        try:
            import fcntl

            others = fcntl.fcntl(self._file, fcntl.F_GETFL) & ~os.O_DIRECT
            fcntl.fcntl(self._file, fcntl.F_SETFL, others | os.O_DIRECT if straight else others)
            self._is_straight = straight
        except (ImportError, AttributeError, OSError):
            pass
