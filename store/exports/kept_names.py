"""Names out of the file beside the database, as Arrow arrays: many times quicker than to look each up in a table."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pyarrow as pa

from store.arrays import Column, Ints
from store.exports.arrow import nullable
from store.kept_names import Extent, mapped

_AT_ONCE = 1 << 21
"""Bytes of the file: what memory holds of it at a time, wherever the names lie."""
_MOST = (1 << 31) - 1
"""Bytes, to which Arrow's texts can count."""


class KeptNames:
    """The names of the first `number` nodes."""

    def __init__(self, file: mmap.mmap, offsets: Column) -> None:
        self.number = len(offsets) - 2
        self._file = file
        self._offsets = offsets
        self._all = pa.StringArray.from_buffers(self.number + 1, pa.py_buffer(offsets), pa.py_buffer(file))

    @staticmethod
    def of(path: Path, known: Extent, lengths: Column) -> KeptNames | None:
        """`lengths` are those of the names by node id, from 0 on. None where the file is not what is known of it."""
        file = mapped(path, known) if known.end <= _MOST else None
        if file is None:
            return None
        offsets = np.zeros(len(lengths) + 1, np.int32)
        np.cumsum(lengths, dtype=np.int32, out=offsets[1:])
        offsets += np.int32(len(known.line) + 1)
        return KeptNames(file, offsets) if offsets[-1] == known.end else None

    def texts(self, node_ids: Ints) -> pa.Array:
        """The names of these nodes, which are in order."""
        cuts = np.flatnonzero(np.diff(self._offsets[node_ids] // _AT_ONCE)) + 1
        found = [self._taken(some) for some in np.split(node_ids, cuts)]
        return found[0] if len(found) == 1 else pa.concat_arrays(found)

    def _taken(self, node_ids: Ints) -> pa.Array:
        found = self._all.take(nullable(node_ids))
        self._file.madvise(mmap.MADV_DONTNEED)
        return found
