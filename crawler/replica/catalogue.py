"""Every listed model of the replica as its JSON text, newest first, in one block of bytes.

Holds the rows and their identities alone. Which rows an answer needs is found in `lookup` and `orders`,
which of their fields it shows in `projection`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from crawler.replica.lookup import Lookup
from crawler.replica.orders import Orders

Positions = npt.NDArray[np.uint32]


class Catalogue:
    """Rows in descending order of `_id`, which is the order of `sort=createdAt`.

    `rows` are pairs of `_id` and the row's JSON object as text, already in that order and each `_id` once.
    One block and an offset a row keep three million models within what their text needs.
    """

    def __init__(self, rows: Iterable[tuple[str, bytes]]) -> None:
        block = bytearray()
        ends = array("Q", [0])
        identities: list[bytes] = []
        for hub_id, text in rows:
            block += text
            block += b","
            ends.append(len(block))
            identities.append(_comparable(hub_id))
        self._block = memoryview(block)
        self._ends = ends
        # Ascending, as binary search wants it.
        self._identities = np.array(identities[::-1] or [b""], dtype=np.bytes_)[: len(identities)]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def hub_ids(self) -> list[str]:
        """The `_id` of every row, newest first."""
        return [bytes(identity).decode("utf-8", "surrogatepass") for identity in self._identities[::-1]]

    def text(self, position: int) -> memoryview:
        """The JSON object at a position, without what stands around it."""
        return self._block[self._ends[position] : self._ends[position + 1] - 1]

    def texts(self) -> Iterator[memoryview]:
        """Every row, newest first."""
        return (self.text(position) for position in range(len(self)))

    def array_text(self, positions: Positions) -> bytes:
        """The rows at these positions as one JSON array; neighbours are copied in one piece."""
        if not len(positions):
            return b"[]"
        first, last = int(positions[0]), int(positions[-1])
        if last - first + 1 == len(positions) and last >= first:
            return b"".join((b"[", self._block[self._ends[first] : self._ends[last + 1] - 1], b"]"))
        return b"[%b]" % b",".join(self.text(int(position)) for position in positions)

    def position_below(self, hub_id: str) -> int:
        """The position of the newest row whose `_id` is lower than this one, stored or not."""
        return len(self) - int(np.searchsorted(self._identities, np.bytes_(_comparable(hub_id)), side="left"))

    @cached_property
    def lookup(self) -> Lookup:
        """Names, tags, publishers and children; made at the first question that needs it."""
        return Lookup(self.texts())

    @cached_property
    def orders(self) -> Orders:
        """The rows in the order of each sort; made at the first question that needs it."""
        return Orders(self)


def _comparable(hub_id: str) -> bytes:
    return hub_id.encode("utf-8", "surrogatepass")
