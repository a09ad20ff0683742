"""References -> edges: which stored model, ghost or nothing each declared text means (METHOD, section 1).

A reference resolves by the base's `_id` where the Hub gave one, else by exact name, else by a former name
on record, else by the one stored name that differs only in case. What does not resolve points to a ghost
where the text has a name's form; else it is malformed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from store.arrays import Column, Ints, among, as_json, blocks, looked_up, marked
from store.columns import Columns, read
from store.graph import Lineage
from store.models import Models

_BY_FORMER_NAME = """
    SELECT node.id, model.node_id
    FROM json_each(?) AS loose
    JOIN node ON node.id = loose.value
    JOIN model_change ON model_change.before = node.name
    JOIN model ON model.id = model_change.model_id
    WHERE model_change.field = 'name' AND model.node_id IS NOT NULL AND model.missing_since IS NULL
    ORDER BY model_change.crawl_id"""

# What was asked after the last crawl is heeded from the next one on, so that every answer can be given again.
_BY_ALIAS = """
    SELECT alias.node_id, model.node_id
    FROM json_each(?) AS loose
    JOIN alias ON alias.node_id = loose.value
    LEFT JOIN model ON model.hub_id = alias.hub_id AND model.node_id IS NOT NULL AND model.missing_since IS NULL
    WHERE alias.crawl_id < (SELECT max(id) FROM crawl WHERE state IN ('complete', 'partial'))
    ORDER BY alias.crawl_id"""
_NAMED = "SELECT node.id, node.name FROM json_each(?) AS wanted JOIN node ON node.id = wanted.value"
_UNMARKED = 10
"""Lowest bits of a hash of 32 that are first left aside."""


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


class _Declared(NamedTuple):
    """What present models with a name declare, a row each: node of the child and of the declared text, and the rest.

    `bases` is the id of the model that the base's `_id` names, none where it is not positive.
    """

    children: Column
    targets: Column
    relations: Column
    times: Column
    bases: Column


@dataclass(frozen=True)
class Resolution:
    """The models, and the edges with what the arrays do not need: relation and times of each, in the lineage's order.

    `rootless` are the nodes of models whose only references are malformed. `odd` tells (child node, target node) of
    the references that make no edge to a model, by their item of the ledger.
    """

    models: Models
    lineage: Lineage
    rootless: Ints
    edge_relations: Column
    edge_times: Ints
    ledger: Ledger
    odd: dict[str, tuple[Ints, Ints]]


def resolve(connection: sqlite3.Connection, columns: Columns | None = None) -> Resolution:
    """Every valid reference of every present model, resolved against the present models.

    `columns` are those of the tables as they are, where they have been read already.
    """
    columns = columns or read(connection)
    models = Models.of(connection, columns)
    declared, disagreements = _declared(columns)
    bases = _bases(connection, models, columns, declared)
    resolved = bases > 0
    bases = np.where(resolved, bases, declared.targets)
    span = int(max(declared.children.max(initial=0), bases.max(initial=0))) + 1
    keys = bases.astype(np.int64)
    keys <<= 32
    keys |= declared.children
    keys, first, times = _distinct(keys, declared.times)
    parents, children = keys >> 32, np.bitwise_and(keys, 0xFFFFFFFF, out=keys)
    kept = resolved[first]
    malformed = ~kept & ~columns.nodes.well_formed[declared.targets[first]]
    is_self = parents == children
    is_edge = ~malformed & ~is_self
    dangling = is_edge & ~kept
    ledger = Ledger(
        models=len(models),
        models_declaring=int(np.count_nonzero(models.relations >= 0)),
        references_declared=int(times.sum()),
        repeats=int(times.sum()) - len(keys),
        resolved=int(kept.sum()),
        edges=int((is_edge & kept).sum()),
        dangling=int(dangling.sum()),
        ghosts=int(np.count_nonzero(marked(parents[dangling], span))),
        malformed=int(malformed.sum()),
        self_references=int((is_self & kept).sum()),
        disagreements=disagreements,
    )
    lineage = _lineage(parents[is_edge], children[is_edge], models, span)
    rootless = np.flatnonzero(marked(children[malformed], span) & ~marked(children[~malformed], span))
    kinds = {"dangling": dangling, "malformed": malformed, "self_references": is_self & kept}
    odd = {item: (children[those], parents[those]) for item, those in kinds.items()}
    relations = declared.relations[first[is_edge]]
    return Resolution(models, lineage, rootless, relations, times[is_edge], ledger, odd)


def _distinct(keys: Ints, times: Column) -> tuple[Ints, Ints, Ints]:
    """(the distinct keys, in order; where each stands first; how many times it is told together)."""
    order = np.argsort(keys)  # in no order of equal ones: half the time of a stable sort
    keys = keys[order]
    starts = np.flatnonzero(np.append(keys[:1] >= 0, keys[1:] != keys[:-1]))
    first = np.minimum.reduceat(order, starts)
    return keys[starts], first, np.add.reduceat(times[order], starts, dtype=np.int64)


def _declared(columns: Columns) -> tuple[_Declared, int]:
    """What counts as declared; how many models have sources that name different bases."""
    references = columns.references
    nodes = looked_up(columns.models.node_ids, references.models)
    used = np.flatnonzero((nodes > 0) & (references.is_evidence == 0))
    declared = _Declared(
        nodes[used],
        references.targets[used],
        references.relations[used],
        references.times[used],
        references.bases[used],
    )
    disagreeing = references.models[(nodes != 0) & (references.is_evidence > 0)]
    return declared, int(marked(disagreeing, len(columns.models.node_ids)).sum())


def _bases(connection: sqlite3.Connection, models: Models, columns: Columns, declared: _Declared) -> Ints:
    """The node of the present model that each reference means; 0 where it means none."""
    targets = declared.targets
    present = columns.models.node_ids
    # A base that is missing may have a higher number than any model that is there.
    told = np.where(declared.bases < len(present), np.maximum(declared.bases, 0), 0)
    by_hub_id = np.maximum(looked_up(present, told), 0)
    by_name = np.where(models.of_nodes(targets) >= 0, targets, 0)
    bases = np.where(by_hub_id > 0, by_hub_id, by_name)
    for meanings_of in (_by_former_name, _by_case):
        places = np.flatnonzero(bases == 0)
        loose, group = np.unique(targets[places], return_inverse=True)
        meanings = meanings_of(connection, loose, models, columns)
        bases[places] = np.array([meanings.get(node, 0) for node in loose.tolist()], np.int64)[group]
    return bases


def _by_former_name(
    connection: sqlite3.Connection, loose: Column, _models: Models, _columns: Columns
) -> dict[int, int]:
    """As crawls saw the renames; where none did, as the Hub said when it was asked."""
    seen = dict(connection.execute(_BY_FORMER_NAME, (as_json(loose),)))
    told = dict(connection.execute(_BY_ALIAS, (as_json(loose),)))  # the last word about each name
    return {name: node for name, node in told.items() if node is not None} | seen


def _by_case(connection: sqlite3.Connection, loose: Column, models: Models, columns: Columns) -> dict[int, int]:
    """For a loose node the only model's node that differs from it in case alone. Hashes propose, the names decide."""
    folded = columns.nodes.folded
    wanted = folded[loose]
    may_be_near = marked(wanted >> _UNMARKED, 1 << 32 - _UNMARKED)
    found = [np.flatnonzero(may_be_near[folded[some] >> _UNMARKED]) + some.start for some in blocks(len(folded))]
    near = np.concatenate(found)
    near = near[models.of_nodes(near) >= 0]
    near = near[among(folded[near], np.sort(wanted))]
    loose = loose[among(wanted, np.sort(folded[near]))]
    names = {node: _fold(name) for node, name in connection.execute(_NAMED, (as_json(np.append(near, loose)),))}
    bearers = defaultdict(list)
    for node in near.tolist():
        bearers[names[node]].append(node)
    alone = {name: nodes[0] for name, nodes in bearers.items() if len(nodes) == 1}
    return {node: alone[names[node]] for node in loose.tolist() if names[node] in alone}


def _fold(name: str) -> bytes:
    return name.encode().lower()


def _lineage(parents: Ints, children: Ints, models: Models, span: int) -> Lineage:
    touched = marked(parents, span) | marked(children, span)
    places = np.cumsum(touched, dtype=np.int32)
    places -= 1
    node_ids = np.flatnonzero(touched)
    bearers = models.of_nodes(node_ids)
    relations = np.where(bearers >= 0, models.relations[bearers], -1)
    return Lineage(node_ids, places[parents].astype(np.int64), places[children].astype(np.int64), relations)
