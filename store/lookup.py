"""What a user typed -> the node it means, or what it may have meant."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from store.errors import UnknownName

_BY_NAME = """
    SELECT node.id, node.name,
        EXISTS (SELECT 1 FROM model WHERE model.node_id = node.id AND model.missing_since IS NULL)
    FROM node WHERE node.name = ?"""
_BY_FORMER_NAME = """
    SELECT node.id, node.name, 1
    FROM model_change JOIN model ON model.id = model_change.model_id JOIN node ON node.id = model.node_id
    WHERE model_change.field = 'name' AND model_change.before = ? AND model.missing_since IS NULL
    ORDER BY model_change.crawl_id DESC LIMIT 1"""
_BY_ALIAS = """
    SELECT now.id, now.name, 1
    FROM node JOIN alias ON alias.node_id = node.id
    JOIN model ON model.hub_id = alias.hub_id JOIN node AS now ON now.id = model.node_id
    WHERE node.name = ? AND model.missing_since IS NULL
        AND alias.crawl_id < (SELECT max(id) FROM crawl WHERE state IN ('complete', 'partial'))
        AND alias.crawl_id = (SELECT max(crawl_id) FROM alias AS other WHERE other.node_id = node.id)"""
_BY_CASE = """
    SELECT node.id, node.name, 1 FROM node JOIN model ON model.node_id = node.id
    WHERE node.name = ? COLLATE NOCASE AND model.missing_since IS NULL LIMIT 2"""
_CONTAINING = """
    SELECT node.name FROM node JOIN model ON model.node_id = node.id
    LEFT JOIN lineage_count AS below ON below.node_id = node.id
    WHERE node.name LIKE '%' || ? || '%' ESCAPE '\\' AND model.missing_since IS NULL
    ORDER BY below.direct_finetune + below.direct_adapter + below.direct_quantized DESC NULLS LAST, node.name
    LIMIT 3"""
_IS_BASE = "SELECT 1 FROM edge WHERE parent_id = ? LIMIT 1"


class FoundNode(NamedTuple):
    """A node that a user named; `is_model` is false for a ghost."""

    id: int
    name: str
    is_model: bool


def find_node(connection: sqlite3.Connection, name: str, *, also: Sequence[str] = ()) -> FoundNode:
    """By exact name, else a former one, else the only one that differs in case. Raises `UnknownName`.

    A ghost is found where something derives from it; `also` are other names worth suggesting.
    """
    exact = connection.execute(_BY_NAME, (name,)).fetchone()
    if exact and (exact[2] or connection.execute(_IS_BASE, (exact[0],)).fetchone()):
        return FoundNode(exact[0], exact[1], bool(exact[2]))
    former = (
        connection.execute(_BY_FORMER_NAME, (name,)).fetchone() or connection.execute(_BY_ALIAS, (name,)).fetchone()
    )
    if former:
        return FoundNode(former[0], former[1], is_model=True)
    folded = connection.execute(_BY_CASE, (name,)).fetchall()
    if len(folded) == 1:
        return FoundNode(folded[0][0], folded[0][1], is_model=True)
    near = _suggestions(connection, name, also)
    hint = f" Did you mean {', '.join(near)}?" if near else " `modelroots families` lists the families."
    raise UnknownName(f"No family, model or missing base is called {name!r} here.{hint}", suggestions=near)


def _suggestions(connection: sqlite3.Connection, name: str, also: Sequence[str]) -> list[str]:
    """Up to three: near misses among `also`, then models that have it in their name, most used first."""
    import difflib  # only a mistyped name needs it

    near = difflib.get_close_matches(name.lower(), also, n=3)
    escaped = name.rpartition("/")[2].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    containing = [found for (found,) in connection.execute(_CONTAINING, (escaped,))] if escaped else []
    return list(dict.fromkeys([*near, *containing]))[:3]
