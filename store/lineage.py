"""Questions about one node: what it derives from, what derives from it, and how. Recursive queries on integers."""

from __future__ import annotations

import sqlite3
from collections import deque
from typing import TypeAlias

from store.choices import RELATIONS

_BELOW = "below.total_finetune + below.total_adapter + below.total_quantized + below.total_merge + below.total_unknown"
_CHILDREN = f"""
    SELECT edge.child_id, node.name, edge.relation, 1
    FROM edge JOIN node ON node.id = edge.child_id
    LEFT JOIN lineage_count AS below ON below.node_id = edge.child_id
    WHERE edge.parent_id = ?
    ORDER BY {_BELOW} DESC NULLS LAST, node.name
    LIMIT ?"""
_CHILDREN_WITH_CHILDREN = f"""
    SELECT edge.child_id, node.name, edge.relation, 1
    FROM {{}} JOIN node ON node.id = edge.child_id
    WHERE edge.parent_id = ? AND edge.child_id = below.node_id
    ORDER BY {_BELOW} DESC, node.name
    LIMIT ?"""
_OF_ALL_CHILDREN = _CHILDREN_WITH_CHILDREN.format("edge CROSS JOIN lineage_count AS below")
_OF_ALL_BASES = _CHILDREN_WITH_CHILDREN.format("lineage_count AS below CROSS JOIN edge")
_COUNT_BASES = "SELECT count(*) FROM lineage_count"
_CHILDREN_WITHOUT = """
    SELECT edge.child_id, node.name, edge.relation, 1
    FROM node CROSS JOIN edge ON edge.parent_id = :node AND edge.child_id = node.id
    WHERE node.name < (SELECT name FROM node ORDER BY name LIMIT 1 OFFSET :names)
        AND NOT EXISTS (SELECT 1 FROM lineage_count WHERE node_id = edge.child_id)
    ORDER BY node.name LIMIT :room"""
_PARENTS = """
    SELECT edge.parent_id, node.name, edge.relation,
        EXISTS (SELECT 1 FROM model WHERE model.node_id = edge.parent_id AND model.missing_since IS NULL)
    FROM edge JOIN node ON node.id = edge.parent_id
    WHERE edge.child_id = ? ORDER BY node.name LIMIT ?"""
_COUNT_CHILDREN = "SELECT count(*) FROM edge WHERE parent_id = ?"
_COUNT_PARENTS = "SELECT count(*) FROM edge WHERE child_id = ?"
_DESCENDANTS = """
    WITH RECURSIVE below (id) AS (
        SELECT child_id FROM edge WHERE parent_id = :node
        UNION
        SELECT edge.child_id FROM below CROSS JOIN edge ON edge.parent_id = below.id
    )
    SELECT node.name FROM below JOIN node ON node.id = below.id WHERE below.id != :node ORDER BY node.name"""
_ANCESTORS = """
    WITH RECURSIVE above (id) AS (
        SELECT parent_id FROM edge WHERE child_id = :node
        UNION
        SELECT edge.parent_id FROM above CROSS JOIN edge ON edge.child_id = above.id
    )
    SELECT node.name FROM above JOIN node ON node.id = above.id WHERE above.id != :node ORDER BY node.name"""

MANY = 20_000
"""Children whom to sort takes longer than to look for the first of them."""

_NAMES = 50_000
"""Names that are gone through for that, at the most."""

_Neighbour: TypeAlias = tuple[int, str, int, int]  # node, name, relation by number, whether a model


class Branch:
    """A node of a tree that is shown.

    `relation` is that of the edge towards the top, None at the top. `more` counts the neighbours that the
    limit or the depth left out; `again` marks a node whose own branch stands elsewhere in the tree.
    """

    def __init__(self, node_id: int, name: str, relation: str | None, *, is_model: bool, again: bool = False) -> None:
        self.id = node_id
        self.name = name
        self.relation = relation
        self.is_model = is_model
        self.branches: list[Branch] = []
        self.more = 0
        self.again = again


def descendants(connection: sqlite3.Connection, node_id: int) -> list[str]:
    """Names of all models from which the node is reached, by name; itself left out."""
    return [name for (name,) in connection.execute(_DESCENDANTS, {"node": node_id})]


def ancestors(connection: sqlite3.Connection, node_id: int) -> list[str]:
    """Names of all nodes that are reached from the node, by name; itself left out."""
    return [name for (name,) in connection.execute(_ANCESTORS, {"node": node_id})]


def tree(connection: sqlite3.Connection, top: Branch, *, up: bool, depth: int | None, limit: int) -> Branch:
    """Fills `top` with what derives from it, or with `up` what it derives from.

    Breadth first, so that a limit keeps what is near; among siblings those with most derivatives first.
    At most `limit` nodes below the top; every node's own branch is shown once, so cycles end.
    """
    neighbours, count = (_parents, _COUNT_PARENTS) if up else (children, _COUNT_CHILDREN)
    expanded, shown = {top.id}, 0
    pending = deque([(top, 0)])
    while pending:
        branch, level = pending.popleft()
        room = 0 if level == depth else limit - shown
        total = connection.execute(count, (branch.id,)).fetchone()[0]
        rows = neighbours(connection, branch.id, total, room) if total and room else []
        branch.more = total - len(rows)
        shown += len(rows)
        for node_id, name, relation, is_model in rows:
            twig = Branch(node_id, name, RELATIONS[relation], is_model=bool(is_model), again=node_id in expanded)
            branch.branches.append(twig)
            if not twig.again:
                expanded.add(node_id)
                pending.append((twig, level + 1))
    return top


def children(
    connection: sqlite3.Connection, node_id: int, total: int, room: int, *, many: int = MANY
) -> list[_Neighbour]:
    """At most `room` of the node's `total` children: those with most derivatives first, the others by name.

    Of `many` and more, few have derivatives, and the first of the others are soon met among all names in order.
    Where they are not, since their names come late in the alphabet, all are sorted after all.
    """
    if total >= many > room:
        bases = connection.execute(_COUNT_BASES).fetchone()[0]
        found = connection.execute(_OF_ALL_BASES if bases < total else _OF_ALL_CHILDREN, (node_id, room)).fetchall()
        values = {"node": node_id, "names": min(total, _NAMES), "room": room - len(found)}
        found += connection.execute(_CHILDREN_WITHOUT, values).fetchall()
        if len(found) == room:
            return found
    return connection.execute(_CHILDREN, (node_id, room)).fetchall()


def _parents(connection: sqlite3.Connection, node_id: int, _total: int, room: int) -> list[_Neighbour]:
    return connection.execute(_PARENTS, (node_id, room)).fetchall()


def path(connection: sqlite3.Connection, node_id: int, ancestor_id: int) -> list[str]:
    """A shortest line of names from a node up to an ancestor, both included; empty where there is none."""
    names: dict[int, str] = {}
    came_from: dict[int, int | None] = {node_id: None}
    pending = deque([node_id])
    while pending and ancestor_id not in came_from:
        current = pending.popleft()
        for parent_id, name, _, _ in connection.execute(_PARENTS, (current, -1)):
            names[parent_id] = name
            if parent_id not in came_from:
                came_from[parent_id] = current
                pending.append(parent_id)
    if ancestor_id not in came_from:
        return []
    names[node_id] = connection.execute("SELECT name FROM node WHERE id = ?", (node_id,)).fetchone()[0]
    line: list[str] = []
    step: int | None = ancestor_id
    while step is not None:
        line.insert(0, names[step])
        step = came_from[step]
    return line
