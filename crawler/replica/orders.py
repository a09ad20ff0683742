"""The rows of a listing in the order of its sort, and where a cursor continues in it.

Orders are kept as arrays of positions. Texts of cursors are read and written in `cursors`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from crawler.replica.catalogue import Catalogue

CREATED = "createdAt"
SORTS = (CREATED, "lastModified", "downloads", "likes", "trendingScore")
Positions = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.float64]


class Selection(NamedTuple):
    """What a listing's rows must have: (kind, exact value) pairs, and a text within the name."""

    values: tuple[tuple[str, str], ...] = ()
    search: str = ""


class Order:
    """Positions in listing order; `keys` are the negated sort keys in that order, None for `createdAt`."""

    def __init__(self, positions: Positions, keys: Keys | None = None) -> None:
        if keys is None:
            self.positions, self._keys = positions, None
        else:
            by_key = np.argsort(keys[positions], kind="stable")
            self.positions, self._keys = positions[by_key], keys[positions][by_key]

    def after(self, key: float, below: int) -> int:
        """Where the listing continues behind the row with this key and the position before `below`."""
        if self._keys is None:
            return int(np.searchsorted(self.positions, below))
        first, last = (int(np.searchsorted(self._keys, -key, side=side)) for side in ("left", "right"))
        return first + int(np.searchsorted(self.positions[first:last], below))


class Orders:
    """The orders of one catalogue; the last few are kept."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.get: Callable[[str, Selection], Order] = lru_cache(maxsize=32)(self._get)

    def _get(self, sort: str, selection: Selection) -> Order:
        return Order(self._selected(selection), None if sort == CREATED else self._columns[sort])

    def _selected(self, selection: Selection) -> Positions:
        chosen = np.arange(len(self._catalogue), dtype=np.uint32)
        for kind, value in selection.values:
            chosen = np.intersect1d(chosen, self._catalogue.lookup.with_value(kind, value), assume_unique=True)
        if selection.search:
            wanted = selection.search.lower()
            chosen = np.array([at for at in chosen if wanted in self._names[at]], dtype=np.uint32)
        return chosen

    @cached_property
    def _names(self) -> list[str]:
        return [str(_read(text).id).lower() for text in self._catalogue.texts()]

    @cached_property
    def _columns(self) -> dict[str, Keys]:
        """Negated keys of every moving sort, so that ascending order is the listing's."""
        columns = {sort: np.empty(len(self._catalogue)) for sort in SORTS[1:]}
        for position, text in enumerate(self._catalogue.texts()):
            row = _read(text)
            for sort, column in columns.items():
                column[position] = -sort_key(getattr(row, sort))
        return columns


class _Sortable(msgspec.Struct, gc=False):
    id: Any = None
    lastModified: Any = None  # noqa: N815 - the Hub's own field names, so that a sort's name finds its field
    downloads: Any = None
    likes: Any = None
    trendingScore: Any = None  # noqa: N815


_sortable = msgspec.json.Decoder(_Sortable)


def _read(text: memoryview) -> _Sortable:
    try:
        return _sortable.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        row = json.loads(bytes(text))
        return _Sortable(*(row.get(name) for name in _Sortable.__struct_fields__))


def sort_key(value: Any) -> float:
    """A number or a moment as a number; whatever is neither sorts last."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return -math.inf
    try:
        return _moment(value) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return -math.inf


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
