"""Which nodes of the store are official in a family. The rules are the registry's; the finding is here.

Shared by the computation and by questions under another registry, so it imports nothing heavy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from store.registry.loader import Family

_WILDCARDS = "*?["
_IN_RANGE = "SELECT id, name FROM node WHERE name >= ? AND name < ?"
_IS_MODEL = """
    SELECT node_id FROM json_each(?) AS wanted JOIN model ON model.node_id = wanted.value
    WHERE model.missing_since IS NULL"""
_LAST = "\U0010ffff"


def official_nodes(connection: sqlite3.Connection, family: Family) -> list[int]:
    """Every node whose name the family's rules take in, models and ghosts alike."""
    found = {
        node_id
        for start, end in _ranges(family)
        for node_id, name in connection.execute(_IN_RANGE, (start, end))
        if family.official(name)
    }
    return sorted(found)


def official_models(connection: sqlite3.Connection, official: list[int]) -> int:
    """How many of the official nodes are present models: the family's `official` figure."""
    return sum(1 for _ in connection.execute(_IS_MODEL, (str(official),)))


def _ranges(family: Family) -> Iterator[tuple[str, str]]:
    """Stretches of the name index that hold every name the rules can match."""
    for publisher in family.publishers:
        yield f"{publisher}/", f"{publisher}0"  # "0" is the character after "/"
    for pattern in family.include:
        literal = pattern[: min((pattern.find(mark) for mark in _WILDCARDS if mark in pattern), default=len(pattern))]
        yield literal, literal + _LAST
