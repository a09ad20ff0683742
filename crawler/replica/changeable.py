"""A catalogue that changes in place: one row comes, goes or is edited, and no other is touched.

For Hubs of some ten thousand rows that change while they are paged. It keeps an object for each row, which the block of
`catalogue` spares a Hub of millions. What changes when is in `changing`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from crawler.replica.catalogue import Catalogue, Positions


class ChangeableCatalogue(Catalogue):
    """The rows of another one, which stays as it is; what is derived from all rows is made anew after a change."""

    def __init__(self, catalogue: Catalogue) -> None:
        # Ascending, as binary search wants it.
        self._hub_ids = catalogue.hub_ids()[::-1]
        self._texts = [bytes(text) for text in catalogue.texts()][::-1]

    def __len__(self) -> int:
        return len(self._hub_ids)

    def oldest_first(self) -> Sequence[str]:
        """Every `_id`: no copy, and so another one after a change."""
        return self._hub_ids

    def hub_ids(self) -> list[str]:
        return self._hub_ids[::-1]

    def row(self, hub_id: str) -> bytes:
        """The row of this `_id`. Raises `KeyError` where there is none."""
        at = bisect_left(self._hub_ids, hub_id)
        if self._hub_ids[at : at + 1] != [hub_id]:
            raise KeyError(hub_id)
        return self._texts[at]

    def put(self, hub_id: str, text: bytes) -> None:
        """Lists a row, in the place of the one of this `_id` if there was one."""
        at = bisect_left(self._hub_ids, hub_id)
        is_there = self._hub_ids[at : at + 1] == [hub_id]
        self._hub_ids[at : at + is_there] = [hub_id]
        self._texts[at : at + is_there] = [text]
        self._forget()

    def take(self, hub_id: str) -> bytes:
        """The row of this `_id`, which is listed no more. Raises `KeyError` where there is none."""
        text = self.row(hub_id)
        at = bisect_left(self._hub_ids, hub_id)
        del self._hub_ids[at], self._texts[at]
        self._forget()
        return text

    def text(self, position: int) -> memoryview:
        return memoryview(self._texts[len(self) - 1 - position])

    def array_text(self, positions: Positions) -> bytes:
        return b"[%b]" % b",".join(self.text(int(position)) for position in positions)

    def position_below(self, hub_id: str) -> int:
        return len(self) - bisect_left(self._hub_ids, hub_id)

    def _forget(self) -> None:
        for derived in ("lookup", "orders"):
            self.__dict__.pop(derived, None)
