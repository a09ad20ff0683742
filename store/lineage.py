"""Questions about one node: what it derives from, what derives from it, and how. Recursive queries on integers."""

from __future__ import annotations

import sqlite3
from collections import deque

from store.choices import RELATIONS

_CHILDREN = """
    SELECT edge.child_id, node.name, edge.relation, 1
    FROM edge JOIN node ON node.id = edge.child_id
    LEFT JOIN lineage_count AS below ON below.node_id = edge.child_id
    WHERE edge.parent_id = ?
    ORDER BY below.total_finetune + below.total_adapter + below.total_quantized + below.total_merge
        + below.total_unknown DESC NULLS LAST, node.name
    LIMIT ?"""
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
    neighbours, count = (_PARENTS, _COUNT_PARENTS) if up else (_CHILDREN, _COUNT_CHILDREN)
    expanded, shown = {top.id}, 0
    pending = deque([(top, 0)])
    while pending:
        branch, level = pending.popleft()
        room = 0 if level == depth else limit - shown
        rows = connection.execute(neighbours, (branch.id, room)).fetchall() if room > 0 else []
        total = connection.execute(count, (branch.id,)).fetchone()[0]
        branch.more = total - len(rows)
        shown += len(rows)
        for node_id, name, relation, is_model in rows:
            twig = Branch(node_id, name, RELATIONS[relation], is_model=bool(is_model), again=node_id in expanded)
            branch.branches.append(twig)
            if not twig.again:
                expanded.add(node_id)
                pending.append((twig, level + 1))
    return top


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
