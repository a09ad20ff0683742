"""References -> edges: which stored model, ghost or nothing each declared text means (METHOD, section 1).

A reference resolves by the base's `_id` where the Hub gave one, else by exact name, else by a former name
on record, else by the one stored name that differs only in case. What does not resolve points to a ghost
where the text has a name's form; else it is malformed.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import msgspec
import numpy as np

from store.graph import Ints, Lineage

_REFERENCES = """
    SELECT child.node_id, reference.node_id, child.relation, reference.relation, reference.times,
        target.well_formed,
        coalesce(
            CASE WHEN reference.hub_id IS NULL OR reference.hub_id = named.hub_id THEN named.node_id END,
            (SELECT node_id FROM model WHERE hub_id = reference.hub_id AND missing_since IS NULL),
            named.node_id,
            0
        )
    FROM reference
    JOIN model AS child ON child.id = reference.model_id
    JOIN node AS target ON target.id = reference.node_id
    LEFT JOIN model AS named ON named.node_id = reference.node_id AND named.missing_since IS NULL
    WHERE reference.until_crawl IS NULL AND NOT reference.is_evidence
        AND child.missing_since IS NULL AND child.node_id IS NOT NULL
    ORDER BY reference.model_id, reference.position"""

_BY_FORMER_NAME = """
    SELECT node.id, model.node_id
    FROM json_each(?) AS loose
    JOIN node ON node.id = loose.value
    JOIN model_change ON model_change.before = node.name
    JOIN model ON model.id = model_change.model_id
    WHERE model_change.field = 'name' AND model.node_id IS NOT NULL AND model.missing_since IS NULL
    ORDER BY model_change.crawl_id"""

_BY_CASE = """
    WITH wanted AS (
        SELECT node.id, lower(node.name) AS folded FROM json_each(?) AS loose JOIN node ON node.id = loose.value
    ),
    bearing AS (
        SELECT lower(node.name) AS folded, min(node.id) AS id
        FROM node JOIN model ON model.node_id = node.id
        WHERE model.missing_since IS NULL AND lower(node.name) IN (SELECT folded FROM wanted)
        GROUP BY 1 HAVING count(*) = 1
    )
    SELECT wanted.id, bearing.id FROM wanted JOIN bearing USING (folded)"""

_MODELS = """
    SELECT count(*), count(relation),
        (SELECT count(DISTINCT reference.model_id) FROM reference JOIN model ON model.id = reference.model_id
         WHERE reference.is_evidence AND reference.until_crawl IS NULL AND model.missing_since IS NULL)
    FROM model WHERE missing_since IS NULL"""

_CHILD, _TARGET, _OWN, _RELATION, _TIMES, _WELL_FORMED, _MEANT = range(7)


@dataclass(frozen=True)
class Ledger:
    """What became of every reference: declared = repeats + resolved + dangling + malformed."""

    models: int
    models_declaring: int
    references_declared: int
    repeats: int
    resolved: int
    edges: int
    dangling: int
    ghosts: int
    malformed: int
    self_references: int
    disagreements: int


@dataclass(frozen=True)
class Resolution:
    """The edges with what the arrays do not need: relation and times of each, in the lineage's order.

    `rootless` are the nodes of models whose only references are malformed. `odd` tells (child node, target node) of
    the references that make no edge to a model, by their item of the ledger.
    """

    lineage: Lineage
    rootless: Ints
    edge_relations: Ints
    edge_times: Ints
    ledger: Ledger
    odd: dict[str, tuple[Ints, Ints]]


def resolve(connection: sqlite3.Connection) -> Resolution:
    """Every valid reference of every present model, resolved against the present models."""
    references = _load(connection)
    bases = _bases(connection, references)
    resolved = bases > 0
    bases = np.where(resolved, bases, references[:, _TARGET])
    span = int(max(references[:, _CHILD].max(initial=0), bases.max(initial=0))) + 1
    # Of one model's references to one base the first stands: np.unique gives the first of equal keys.
    keys, first, group = np.unique(bases * span + references[:, _CHILD], return_index=True, return_inverse=True)
    times = np.bincount(group, weights=references[:, _TIMES], minlength=len(keys)).astype(np.int64)
    parents, children = keys // span, keys % span
    kept = resolved[first]
    malformed = ~kept & (references[first, _WELL_FORMED] == 0)
    is_self = parents == children
    is_edge = ~malformed & ~is_self
    dangling = is_edge & ~kept
    models, declaring, disagreements = connection.execute(_MODELS).fetchone()
    ledger = Ledger(
        models=models,
        models_declaring=declaring,
        references_declared=int(times.sum()),
        repeats=int(times.sum()) - len(keys),
        resolved=int(kept.sum()),
        edges=int((is_edge & kept).sum()),
        dangling=int(dangling.sum()),
        ghosts=len(np.unique(parents[dangling])),
        malformed=int(malformed.sum()),
        self_references=int((is_self & kept).sum()),
        disagreements=disagreements,
    )
    lineage = _lineage(parents[is_edge], children[is_edge], references[first[is_edge], _OWN])
    rootless = np.setdiff1d(children[malformed], children[~malformed])
    kinds = {"dangling": dangling, "malformed": malformed, "self_references": is_self & kept}
    odd = {item: (children[those], parents[those]) for item, those in kinds.items()}
    return Resolution(lineage, rootless, references[first[is_edge], _RELATION], times[is_edge], ledger, odd)


def _load(connection: sqlite3.Connection) -> Ints:
    """A row a reference, in declared order; shape (references, 7)."""
    cursor = connection.execute(_REFERENCES)
    chunks = [np.empty((0, 7), np.int64)]
    while rows := cursor.fetchmany(100_000):
        chunks.append(np.array(rows, np.int64))
    return np.concatenate(chunks)


def _bases(connection: sqlite3.Connection, references: Ints) -> Ints:
    """The node of the present model that each reference means; 0 where it means none."""
    bases = references[:, _MEANT].copy()
    for query in (_BY_FORMER_NAME, _BY_CASE):
        places = np.flatnonzero(bases == 0)
        loose, group = np.unique(references[places, _TARGET], return_inverse=True)
        meanings = dict(connection.execute(query, (msgspec.json.encode(loose.tolist()).decode(),)))
        bases[places] = np.array([meanings.get(node, 0) for node in loose.tolist()], np.int64)[group]
    return bases


def _lineage(parents: Ints, children: Ints, own: Ints) -> Lineage:
    node_ids = np.unique(np.concatenate([parents, children]))
    child_places = np.searchsorted(node_ids, children)
    relations = np.full(len(node_ids), -1, np.int64)
    relations[child_places] = own
    return Lineage(node_ids, np.searchsorted(node_ids, parents), child_places, relations)
