"""The cursors of `Link`: base64 of a condition on the rows still to come. Where they lead is in `orders`.

`createdAt` pages on `{"_id":{"$lt":"<24 hex>"}}`, an immutable key that a client can make up. Every other
sort pages on its own key: `{"$or":[{"likes":5,"_id":{"$lt":"..."}},{"likes":{"$lt":5}}]}`.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple

from crawler.replica.orders import CREATED, sort_key


class Mark(NamedTuple):
    """The row that a listing continues behind: its sort key (0 for `createdAt`) and its `_id`."""

    key: float
    hub_id: str


class CursorError(ValueError):
    """A cursor that this sort did not write."""


def write(sort: str, row: dict[str, Any], *, filtered: bool = False) -> str:
    """The cursor behind a row. Filtered lists carry a `searchSequenceToken` too, as the Hub's do."""
    below = {"_id": {"$lt": row["_id"]}}
    value = row.get(sort)
    condition: dict[str, Any] = below if sort == CREATED else {"$or": [{sort: value, **below}, {sort: {"$lt": value}}]}
    if filtered:
        condition["searchSequenceToken"] = base64.b64encode(str(row["_id"]).encode()[:12]).decode()
    return base64.b64encode(json.dumps(condition, separators=(",", ":")).encode()).decode()


def read(sort: str, text: str) -> Mark:
    """Raises `CursorError` for anything that `write` could not have written for this sort."""
    try:
        condition = json.loads(base64.b64decode(text, validate=True))
        here = condition if sort == CREATED else condition["$or"][0]
        key = 0.0 if sort == CREATED else sort_key(here[sort])
        hub_id = here["_id"]["$lt"]
    except (binascii.Error, ValueError, KeyError, IndexError, TypeError, RecursionError) as problem:
        raise CursorError(f"Invalid cursor for sort={sort}") from problem
    return Mark(key, str(hub_id))
