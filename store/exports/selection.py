"""Which part of the lineage is exported: the nodes below or above some others, and the relations of its edges.

Found by walking the edges level by level, on the connection as it is: in the present, or in an earlier crawl's place.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crawler.records import Relation
from store.arrays import Ints, among, as_json, in_order, numbers

_BELOW = """
    SELECT group_concat(DISTINCT edge.child_id)
    FROM json_each(?) AS wanted CROSS JOIN edge ON edge.parent_id = wanted.value"""
_ABOVE = """
    SELECT group_concat(DISTINCT edge.parent_id)
    FROM json_each(?) AS wanted CROSS JOIN edge ON edge.child_id = wanted.value"""
_EXIST = """
    SELECT group_concat(wanted.value) FROM json_each(?) AS wanted
    WHERE EXISTS (SELECT 1 FROM model WHERE node_id = wanted.value AND missing_since IS NULL)
        OR EXISTS (SELECT 1 FROM edge WHERE parent_id = wanted.value)"""
_ENDS = """
    SELECT group_concat(parent_id), group_concat(child_id) FROM edge
    WHERE relation IN (SELECT value FROM json_each(?))"""


@dataclass(frozen=True)
class Selection:
    """These nodes, by number and in order, and those edges between them that have one of these relations."""

    nodes: Ints
    relations: tuple[Relation, ...] = tuple(Relation)


def selected(
    connection: sqlite3.Connection,
    tops: Sequence[int] | None,
    *,
    up: bool = False,
    depth: int | None = None,
    relations: Sequence[Relation] = (),
) -> Selection | None:
    """The nodes of these numbers and what derives from them, or with `up` what they derive from; all for None.

    `depth` is how many steps are gone. Where relations are chosen, edges of the others are left out after the walk,
    and with them the nodes, other than the first, that no edge touches then. None where nothing was chosen.
    """
    if tops is None:
        return Selection(in_order(_touched(connection, None, relations)), tuple(relations)) if relations else None
    first = _existing(connection, tops)
    reached = _reached(connection, first, _ABOVE if up else _BELOW, depth)
    if not relations:
        return Selection(reached)
    touched = _touched(connection, reached, relations)
    return Selection(in_order(np.concatenate([first, touched])), tuple(relations))


def _reached(connection: sqlite3.Connection, tops: Ints, step: str, depth: int | None) -> Ints:
    found = level = tops
    while len(level) and depth != 0:
        (text,) = connection.execute(step, (as_json(level),)).fetchone()
        level = in_order(numbers(text))
        level = level[~among(level, found)]
        found = in_order(np.concatenate([found, level]))
        depth = None if depth is None else depth - 1
    return found


def _existing(connection: sqlite3.Connection, nodes: Sequence[int]) -> Ints:
    """Those that are models, or that some edge leads to: a name alone is no node."""
    (text,) = connection.execute(_EXIST, (json.dumps(list(nodes)),)).fetchone()
    return in_order(numbers(text))


def _touched(connection: sqlite3.Connection, nodes: Ints | None, relations: Sequence[Relation]) -> Ints:
    """The ends of the edges of these relations, both of which are among the nodes."""
    wanted = json.dumps([int(relation) for relation in relations])
    parents, children = (numbers(text) for text in connection.execute(_ENDS, (wanted,)).fetchone())
    if nodes is not None:
        inside = among(parents, nodes) & among(children, nodes)
        parents, children = parents[inside], children[inside]
    return np.concatenate([parents, children])
