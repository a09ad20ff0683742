"""Examples of what does not resolve, as the resolution found it."""

from __future__ import annotations

import sqlite3

import numpy as np

from store.arrays import Ints, in_order
from store.resolution import Resolution

_NAMES = "SELECT node.id, node.name FROM json_each(?) AS wanted JOIN node ON node.id = wanted.value"
_DISAGREEING = """
    SELECT node.name, said.name, otherwise.name
    FROM reference AS evidence
    JOIN model ON model.id = evidence.model_id JOIN node ON node.id = model.node_id
    JOIN reference ON reference.model_id = model.id AND reference.position = 0 AND reference.until_crawl IS NULL
    JOIN node AS said ON said.id = reference.node_id
    JOIN node AS otherwise ON otherwise.id = evidence.node_id
    WHERE evidence.is_evidence AND evidence.until_crawl IS NULL AND model.missing_since IS NULL
    GROUP BY model.id ORDER BY node.name LIMIT ?"""


def examples(connection: sqlite3.Connection, resolution: Resolution, most: int) -> dict[str, list[str]]:
    """Up to `most` of each item of the ledger, as `model: base`, first by node; of a cycle its members."""
    found = {item: _named(connection, *pairs, most) for item, pairs in resolution.odd.items()}
    found["cycles"] = _cycles(connection, resolution, most)
    disagreeing = connection.execute(_DISAGREEING, (most,))
    found["disagreements"] = [f"{name}: {said}, and elsewhere {other}" for name, said, other in disagreeing]
    return found


def _named(connection: sqlite3.Connection, children: Ints, targets: Ints, most: int) -> list[str]:
    order = np.argsort(children, kind="stable")[:most]
    names = _names_of(connection, np.concatenate([children[order], targets[order]]))
    pairs = zip(children[order].tolist(), targets[order].tolist(), strict=True)
    return [f"{names[child]}: {names[target]}" for child, target in pairs]


def _cycles(connection: sqlite3.Connection, resolution: Resolution, most: int) -> list[str]:
    lineage, cycles = resolution.lineage, resolution.lineage.cycles
    groups = [lineage.node_ids[cycles.nodes[cycles.firsts == first]] for first in in_order(cycles.firsts)[:most]]
    names = _names_of(connection, np.concatenate(groups)) if groups else {}
    return [", ".join(names[node] for node in group.tolist()) for group in groups]


def _names_of(connection: sqlite3.Connection, nodes: Ints) -> dict[int, str]:
    return dict(connection.execute(_NAMES, (str(nodes.tolist()),)))
