"""Numbers of NumPy, and UTF-8, as arrays of Arrow over the same memory. `pa.array` would import pandas, a second long.

No table and no lineage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from store.arrays import Bools, Ints


def nullable(numbers: Ints) -> pa.Array:
    """The numbers in Arrow's form, null where they are negative."""
    return filled(pa.int64(), numbers, numbers >= 0)


def truths(values: Bools, is_there: Bools | None = None) -> pa.Array:
    """Truth values in Arrow's form, null where they are not there."""
    return filled(pa.bool_(), np.packbits(values, bitorder="little"), is_there, len(values))


def texts(values: Sequence[str]) -> pa.Array:
    """Texts in Arrow's form."""
    encoded = [value.encode() for value in values]
    return strings(b"".join(encoded), np.cumsum(np.array([len(value) for value in encoded], np.int64)))


def strings(data: bytes | npt.NDArray[np.uint8], ends: Ints) -> pa.Array:
    """Texts that stand one after the other in UTF-8, and where each ends."""
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))


def separated(text: bytes | None) -> pa.Array:
    """Names with a NUL between them; None for no names at all."""
    if text is None:
        return texts([])
    ends = np.append(np.flatnonzero(np.frombuffer(text, np.uint8) == 0), len(text))
    return strings(text.replace(b"\0", b""), ends - np.arange(len(ends)))


def worded(words: pa.Array, numbers: Ints, is_there: Bools) -> pa.Array:
    """The word of each number, in a dictionary of those that occur."""
    occurs = np.zeros(len(words), bool)
    occurs[numbers[is_there]] = True
    indices = (np.cumsum(occurs, dtype=np.int32) - 1)[numbers]
    dictionary = words.take(nullable(np.flatnonzero(occurs)))
    return pa.DictionaryArray.from_arrays(filled(pa.int32(), indices, is_there), dictionary)


def filled(kind: pa.DataType, values: npt.NDArray[Any], is_there: Bools | None, length: int | None = None) -> pa.Array:
    """An Arrow array over the values' own memory."""
    length = len(values) if length is None else length
    validity = None if is_there is None or is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(kind, length, [validity, pa.py_buffer(values)])


def whole(array: pa.Array) -> Ints:
    """An Arrow array of whole numbers without nulls in NumPy's form."""
    return np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array)]
