"""How many derivatives a family, a model or a ghost has: read from tables, or walked where no table knows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from store.choices import ATTRIBUTIONS, RELATIONS, Attribution
from store.errors import WrongChoice
from store.families import official_models, official_nodes
from store.lookup import find_node
from store.recorded import recorded_share
from store.registry.loader import Family, Registry
from store.standing import Standing

if TYPE_CHECKING:
    from fractions import Fraction  # only the arrays' answers are made of them

Count: TypeAlias = int | float

_COLUMNS = ", ".join(f"{distance}_{word}" for distance in ("direct", "total") for word in RELATIONS)
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


class Derivatives(NamedTuple):
    """The count for one name. `relations` splits the total; `official` is None for a model or ghost.

    Where models are split among families, counts that are no whole numbers are the floats nearest to them.
    """

    name: str
    kind: str  # family, model, ghost
    official: int | None
    direct: Count
    indirect: Count
    total: Count
    relations: dict[str, Count]


def derivatives(
    connection: sqlite3.Connection,
    name: str,
    registry: Registry,
    basis: Standing,
    *,
    attribution: Attribution = "any",
    is_past: bool = False,
) -> Derivatives | None:
    """Of a family, by its key or title, or of a model id; None where no table knows it, by these rules or as of then.

    Raises `UnknownName`, and `WrongChoice` for an attribution that is about families alone.
    """
    family = registry.find(name)
    if family is None:
        if attribution != "any":
            raise WrongChoice(f"{name!r} is no family: attribution {attribution} shares models out among families.")
        return None if is_past else _of_node(connection, name, registry)
    row = _recorded(connection, family, registry, basis)
    if attribution != "any":
        shares = recorded_share(connection, basis, registry, family.key, attribution)
        return of_shares(family.key, row[0], shares) if row and shares else None
    if row is None and not is_past:
        row = _walked(connection, family)
    return _answer(family.key, "family", row[0], row[1:]) if row else None


def other_definitions(
    connection: sqlite3.Connection, name: str, registry: Registry, basis: Standing, attribution: Attribution
) -> dict[str, Count]:
    """attribution -> total of the family under each of the others; empty where they are not written down."""
    family = registry.find(name)
    found: dict[str, Count] = {}
    for other in ATTRIBUTIONS:
        counted = family and derivatives(connection, name, registry, basis, attribution=other, is_past=True)
        if counted and other != attribution:
            found[other] = counted.total
    return found


def of_shares(name: str, official: int | None, shares: Sequence[float | Fraction], kind: str = "family") -> Derivatives:
    """From direct, total and the total by relation, in parts."""
    direct, total, *by_relation = shares
    relations = {word: number(value) for word, value in zip(RELATIONS, by_relation, strict=True)}
    indirect = number(total - direct)
    return Derivatives(name, kind, official, number(direct), indirect, number(total), _ordered(relations))


def number(value: float | Fraction) -> Count:
    """An integer where it is whole, else the float nearest to it."""
    return int(value) if value == int(value) else float(value)


def _of_node(connection: sqlite3.Connection, name: str, registry: Registry) -> Derivatives:
    node = find_node(connection, name, also=tuple(registry.families))
    row = connection.execute(_OF_NODE, (node.id,)).fetchone() or (0,) * 2 * len(RELATIONS)
    return _answer(node.name, "model" if node.is_model else "ghost", None, row)


def _recorded(
    connection: sqlite3.Connection, family: Family, registry: Registry, basis: Standing
) -> Sequence[int] | None:
    """Official, direct by relation, total by relation; None where other rules were in force."""
    if registry.fingerprint != basis.registry_fingerprint:
        return None
    row: Sequence[int] | None = connection.execute(_OF_FAMILY, (basis.crawl, family.key)).fetchone()
    return row


def _walked(connection: sqlite3.Connection, family: Family) -> list[int]:
    """The row of `family_count` for rules that were not those of the last crawl."""
    official = official_nodes(connection, family)
    direct, total = [0] * len(RELATIONS), [0] * len(RELATIONS)
    for relation, near, all_of_it in connection.execute(_BELOW, (str(official),)):
        direct[relation], total[relation] = near, all_of_it
    return [official_models(connection, official), *direct, *total]


def _answer(name: str, kind: str, official: int | None, counts: Sequence[int]) -> Derivatives:
    direct, total = sum(counts[: len(RELATIONS)]), sum(counts[len(RELATIONS) :])
    relations = dict(zip(RELATIONS, counts[len(RELATIONS) :], strict=True))
    return Derivatives(name, kind, official, direct, total - direct, total, _ordered(relations))


def _ordered(relations: Mapping[str, Count]) -> dict[str, Count]:
    """`unknown` last, as in every table."""
    return {word: relations[word] for word in (*RELATIONS[1:], RELATIONS[0])}
