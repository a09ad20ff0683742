"""How many derivatives a family, a model or a ghost has: read from tables, or walked where no table knows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.records import Relation
from store.families import official_models, official_nodes
from store.lookup import find_node
from store.registry.loader import Family, Registry
from store.standing import Standing

_WORDS = tuple(relation.word for relation in Relation)
_COLUMNS = ", ".join(f"{distance}_{word}" for distance in ("direct", "total") for word in _WORDS)
_OF_NODE = f"SELECT {_COLUMNS} FROM lineage_count WHERE node_id = ?"
_OF_FAMILY = f"SELECT official, {_COLUMNS} FROM family_count WHERE crawl_id = ? AND family = ?"
_BELOW = """
    WITH RECURSIVE official (id) AS (SELECT value FROM json_each(?)),
    direct (id) AS (
        SELECT edge.child_id FROM official CROSS JOIN edge ON edge.parent_id = official.id
    ),
    below (id) AS (
        SELECT id FROM direct
        UNION
        SELECT edge.child_id FROM below CROSS JOIN edge ON edge.parent_id = below.id
    )
    SELECT model.relation, sum(below.id IN (SELECT id FROM direct)), count(*)
    FROM below JOIN model ON model.node_id = below.id
    WHERE below.id NOT IN (SELECT id FROM official)
    GROUP BY model.relation"""


@dataclass(frozen=True)
class Derivatives:
    """The count for one name. `relations` splits the total; `official` is None for a model or ghost."""

    name: str
    kind: str  # family, model, ghost
    official: int | None
    direct: int
    indirect: int
    total: int
    relations: dict[str, int]


def derivatives(connection: sqlite3.Connection, name: str, registry: Registry, basis: Standing) -> Derivatives:
    """Of a family, by its key or title, or of a model id. Raises `UnknownName`."""
    family = registry.find(name)
    if family is not None:
        return _of_family(connection, family, registry, basis)
    node = find_node(connection, name, also=tuple(registry.families))
    row = connection.execute(_OF_NODE, (node.id,)).fetchone() or (0,) * 2 * len(_WORDS)
    return _answer(node.name, "model" if node.is_model else "ghost", None, row)


def _of_family(connection: sqlite3.Connection, family: Family, registry: Registry, basis: Standing) -> Derivatives:
    row = None
    if registry.fingerprint == basis.registry_fingerprint:
        row = connection.execute(_OF_FAMILY, (basis.crawl, family.key)).fetchone()
    official, *counts = row or _walked(connection, family)
    return _answer(family.key, "family", official, counts)


def _walked(connection: sqlite3.Connection, family: Family) -> list[int]:
    """The row of `family_count` for rules that were not those of the last crawl."""
    official = official_nodes(connection, family)
    direct, total = [0] * len(_WORDS), [0] * len(_WORDS)
    for relation, near, all_of_it in connection.execute(_BELOW, (str(official),)):
        direct[relation], total[relation] = near, all_of_it
    return [official_models(connection, official), *direct, *total]


def _answer(name: str, kind: str, official: int | None, counts: Sequence[int]) -> Derivatives:
    direct, total = sum(counts[: len(_WORDS)]), sum(counts[len(_WORDS) :])
    relations = dict(zip(_WORDS, counts[len(_WORDS) :], strict=True))
    relations["unknown"] = relations.pop("unknown")  # last, as in every table
    return Derivatives(name, kind, official, direct, total - direct, total, relations)
