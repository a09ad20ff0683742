"""Models whose `_id` nobody told: the stand-in for it, and how it gives way to the real one.

A stand-in is made of the model's name and opens with eight zeros, where an ObjectId has the seconds of its creation:
no real `_id` of the Hub does. Under a real `_id` a model is recognised whatever its name is; a stand-in knows its name
alone. So whoever is listed with a real `_id` under the name that a stand-in's model bears, and was not created at
another time, is that model, and its history goes on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from crawler.records import Models
from store.names import Nodes

ABOVE = bytes.fromhex("000000010000000000000000")
"""Below it are the stand-ins."""

_DAY = 86_400

_ANY_REAL = "SELECT EXISTS (SELECT 1 FROM model WHERE hub_id >= ? AND first_crawl != ?)"
_ANY_STAND_IN = "SELECT EXISTS (SELECT 1 FROM model WHERE hub_id < ?)"
_BEARERS = """
    SELECT node.name, model.id, lower(hex(model.hub_id)), model.created_at
    FROM json_each(?) AS wanted
    CROSS JOIN node ON node.name = wanted.value
    CROSS JOIN model ON model.node_id = node.id"""
_RENAME = "UPDATE OR IGNORE model SET hub_id = ? WHERE id = ?"  # ignored: that model is stored under another name


def stand_in(name: str) -> str:
    """24 hex digits, always the same for a name."""
    return "00000000" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def is_stand_in(hub_id: str) -> bool:
    return hub_id.startswith("00000000")


def any_stand_ins(connection: sqlite3.Connection) -> bool:
    """Whether any stored model waits for its real `_id`. None does before its first crawl has ended."""
    return bool(connection.execute(_ANY_STAND_IN, (ABOVE,)).fetchone()[0])


def any_known(connection: sqlite3.Connection, crawl_id: int) -> bool:
    """Whether other crawls than this one have stored any real `_id`, of a model that a name may then mean.

    Has the names indexed if so.
    """
    if not connection.execute(_ANY_REAL, (ABOVE, crawl_id)).fetchone()[0]:
        return False
    Nodes(connection).index()  # where no crawl has ended yet
    return True


class Identities:
    """The `_id`s of models that are known by name alone: of the stored model that bears the name, else a stand-in.

    `connection` is None where no real `_id` is stored.
    """

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    def of(self, names: Sequence[str], created: Sequence[int | None]) -> list[str]:
        """For each name and creation. A model that was created at another time is another one of that name."""
        rows = self._connection.execute(_BEARERS, (_json(names),)) if self._connection else ()
        found = {name: (hub_id, created_at) for name, _, hub_id, created_at in rows}
        known = (found.get(name, (None, None)) for name in names)
        return [self._of(name, moment, *bearer) for name, moment, bearer in zip(names, created, known, strict=True)]

    def _of(self, name: str, moment: int | None, hub_id: str | None, created_at: int | None) -> str:
        return hub_id if hub_id and _may_be_one(moment, created_at) else stand_in(name)


def give_way(connection: sqlite3.Connection, models: Models) -> None:
    """Stored stand-ins become those of the listed models that bear their names."""
    listed = {
        name: place for place, name in enumerate(models.repo_ids) if models.hub_ids[place] >= ABOVE
    }  # of two models under one name any may be the one
    rows = connection.execute(_BEARERS, (_json(listed),)).fetchall()
    given = [
        (bytearray(models.hub_ids[listed[name]]), model_id)
        for name, model_id, hub_id, created_at in rows
        if is_stand_in(hub_id) and _may_be_one(models.created_at[listed[name]], created_at)
    ]
    connection.executemany(_RENAME, given)


def _may_be_one(one: int | None, other: int | None) -> bool:
    """Whether two creations may be of one model: to the second, give or take what rounding does to it, or by the day
    where one is told by the day alone. Real models have been deleted and made anew within hours.
    """
    if one is None or other is None or abs(one - other) <= 1:
        return True
    return one // _DAY == other // _DAY and 0 in (one % _DAY, other % _DAY)


def _json(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
