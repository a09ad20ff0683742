"""Texts that are stored once and meant by a small integer: nodes, publishers, labels.

For the writer alone: there is one at a time, so ids are given out here and not by the database.

Until the first crawl into a file has ended, names are not indexed (`store.late_indexes`) but found by their hashes, in
memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Set
from itertools import repeat

import msgspec
import numpy as np

from store import late_indexes
from store.rows import insert

_REMEMBERED = 100_000
"""Names kept in memory beside their ids, some 10 MB; the popular bases are asked for again and again."""

_MARKS = 1 << 24  # bytes

_FIND_NODES = "SELECT node.name, node.id FROM json_each(?) AS wanted JOIN node ON node.name = wanted.value"
_NODES = "node (id, name, publisher_id, well_formed)"
_FIND_PUBLISHERS = """
    SELECT publisher.name, publisher.id FROM json_each(?) AS wanted
    JOIN publisher ON publisher.name = wanted.value"""
_PUBLISHERS = "publisher (id, name)"
_PUBLISHERS_BEFORE = "SELECT name, id FROM publisher"
_ADD_LABEL = "INSERT INTO label (id, text) VALUES (?, ?)"


class Labels(dict[str | None, int | None]):
    """text -> label id, made where it is new; None for None. They are few, so all are kept in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection.execute("SELECT text, id FROM label"))
        self._connection = connection
        self._last: int = len(self)
        self[None] = None

    def __missing__(self, text: str) -> int | None:
        stored = storable(text)
        if stored == text:
            self._last += 1
            self._connection.execute(_ADD_LABEL, (self._last, text))
            self[text] = self._last
        else:
            self[text] = self[stored]
        return self[text]


class Nodes:
    """Names of models and of what they derive from. `last` is the greatest id given out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.last = _greatest(connection, "node")
        if not self.last:
            late_indexes.drop(connection)
        self._hashes = None if late_indexes.are_there(connection) else _Hashes(connection)
        self._last_publisher = _greatest(connection, "publisher")
        self._nodes: dict[str, int] = {}
        # A few hundred thousand at the most: there is room for all.
        self._publishers: dict[str, int] = {} if self.is_indexed else dict(connection.execute(_PUBLISHERS_BEFORE))

    @property
    def is_indexed(self) -> bool:
        """Whether a name is found by SQL as well: it is not while the first crawl into a file runs."""
        return self._hashes is None

    def ids_of(self, names: Mapping[str, bool], *, remember: bool) -> dict[str, int]:
        """name -> node id for all names, made where they are new; the values say whether each is well-formed.

        `remember` keeps them at hand: right for bases, wrong for models, which come by once.
        """
        known, unknown = _looked_up(names.keys(), self._nodes)
        found = self._found(unknown) if unknown else {}
        found |= self._added([name for name in unknown if name not in found], names)
        if remember:
            _keep(self._nodes, found)
        return known | found

    def index(self) -> None:
        """Has the names indexed from now on. To be called when a crawl ends: whoever reads looks for names."""
        if self._hashes is not None:
            self._hashes = None  # the sorting of the index has use for their memory
            late_indexes.make(self._connection)

    def _found(self, names: list[str]) -> dict[str, int]:
        if self._hashes is None:
            return dict(self._connection.execute(_FIND_NODES, (_json(names),)))
        return self._hashes.find(names)

    def _added(self, names: list[str], well_formed: Mapping[str, bool]) -> dict[str, int]:
        if not names:
            return {}
        if self._hashes is None:
            names.sort()  # neighbours in the index are then added one after the other
        namespaces = _publishers_of(names)
        publishers = self._publisher_ids(set(namespaces))
        ids = range(self.last + 1, self.last + 1 + len(names))
        rows = [
            (node_id, name, publishers[namespace], 1 if well_formed[name] else 0)
            for node_id, name, namespace in zip(ids, names, namespaces, strict=True)
        ]
        insert(self._connection, _NODES, rows)
        self.last += len(names)
        if self._hashes is not None:
            self._hashes.add(names, ids)
        return dict(zip(names, ids, strict=True))

    def _publisher_ids(self, names: set[str]) -> dict[str, int]:
        known, unknown = _looked_up(names, self._publishers)
        unknown.sort()
        found: dict[str, int] = {}
        if unknown and self.is_indexed:
            found |= self._connection.execute(_FIND_PUBLISHERS, (_json(unknown),))
        new = [name for name in unknown if name not in found]
        for number, name in enumerate(new, self._last_publisher + 1):
            found[name] = number
        insert(self._connection, _PUBLISHERS, [(found[name], name) for name in new])
        self._last_publisher += len(new)
        self._publishers |= found
        return known | found


class _Hashes:
    """name -> node id for names that no index finds: 12 bytes each in order, the newest ones apart in a dict.

    Most names are asked for once, when they are new: a mark for the end of each hash tells that, and saves the search.
    A hash only proposes; the stored name decides.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._marks = np.zeros(_MARKS, bool)
        self._new: dict[int, int] = {}
        self._hashes = np.empty(0, np.int64)  # in order
        self._ids = np.empty(0, np.uint32)
        stored = connection.execute("SELECT name, id FROM node ORDER BY id")
        while rows := stored.fetchmany(_REMEMBERED):
            self.add([name for name, _ in rows], [node_id for _, node_id in rows])

    def add(self, names: Iterable[str], ids: Iterable[int]) -> None:
        added = dict(zip(map(hash, names), ids, strict=True))
        self._marks[np.fromiter(added, np.int64, len(added)) % _MARKS] = True
        self._new |= added
        if len(self._new) >= _REMEMBERED:
            hashes = np.fromiter(self._new, np.int64, len(self._new))
            new_ids = np.fromiter(self._new.values(), np.uint32, len(self._new))
            order = np.argsort(hashes)
            places = np.searchsorted(self._hashes, hashes[order])
            self._hashes = np.insert(self._hashes, places, hashes[order])
            self._ids = np.insert(self._ids, places, new_ids[order])
            self._new.clear()

    def find(self, names: list[str]) -> dict[str, int]:
        hashes = np.fromiter(map(hash, names), np.int64, len(names))
        perhaps = np.flatnonzero(self._marks[hashes % _MARKS])
        names, hashes = [names[place] for place in perhaps.tolist()], hashes[perhaps]
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        hits = np.flatnonzero(self._hashes[places] == hashes) if len(self._hashes) else ()
        proposed = {names[hit]: int(self._ids[places[hit]]) for hit in hits}
        proposed |= {name: self._new[hash(name)] for name in names if hash(name) in self._new}
        checked = ((name, self._checked(node_id, name)) for name, node_id in proposed.items())
        return {name: node_id for name, node_id in checked if node_id}

    def _checked(self, node_id: int, name: str) -> int | None:
        """The node of this very name. Two names of one hash are looked for in the whole table: slow, and unheard of."""
        stored = self._connection.execute("SELECT name FROM node WHERE id = ?", (node_id,)).fetchone()
        if stored == (name,):
            return node_id
        found = self._connection.execute("SELECT id FROM node WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None


def _publishers_of(names: Iterable[str]) -> list[str]:
    """The namespace before the slash of each; empty for a legacy single name."""
    return [namespace if slash else "" for namespace, slash, _ in map(str.partition, names, repeat("/"))]


def storable(text: str) -> str:
    """The text as SQLite can hold it: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode()


def _looked_up(names: Set[str], memory: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """(what the memory has of them, those it has not)."""
    known = {name: memory[name] for name in memory.keys() & names}
    return known, [name for name in names if name not in known]


def _keep(memory: dict[str, int], found: dict[str, int]) -> None:
    if len(memory) > _REMEMBERED:
        memory.clear()
    memory |= found


def _json(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()


def _greatest(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])
