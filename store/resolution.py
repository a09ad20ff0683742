"""References -> edges: which stored model, ghost or nothing each declared text means (METHOD, section 1).

A reference resolves by the base's `_id` where the Hub gave one, else by exact name, else by a former name
on record, else by the one stored name that differs only in case. What does not resolve points to a ghost
where the text has a name's form; else it is malformed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import msgspec
import numpy as np

from store.graph import Ints, Lineage, marked
from store.models import Models, columns, numbers, texts

# In the order of the key, so those of a model come together and as it declares them: all began with one crawl.
_CURRENT = "FROM reference WHERE until_crawl IS NULL"
_DECLARED = ("model_id", "node_id", "relation", "times", "is_evidence")
_HUB_ID = "coalesce(hex(hub_id), '')"
_BEARERS = "SELECT hub_id, node_id FROM model WHERE hub_id IN (%s) AND missing_since IS NULL"
_AT_ONCE = 500  # values in one question

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
class _References:
    """A number each: child node, node of the declared text, relation, times, and the base's place in `hub_ids`.

    A place there is empty for a base without an `_id`.
    """

    children: Ints
    targets: Ints
    relations: Ints
    times: Ints
    hub_id_places: Ints
    hub_ids: list[bytes]


@dataclass(frozen=True)
class Resolution:
    """The models, and the edges with what the arrays do not need: relation and times of each, in the lineage's order.

    `rootless` are the nodes of models whose only references are malformed. `odd` tells (child node, target node) of
    the references that make no edge to a model, by their item of the ledger.
    """

    models: Models
    lineage: Lineage
    rootless: Ints
    edge_relations: Ints
    edge_times: Ints
    ledger: Ledger
    odd: dict[str, tuple[Ints, Ints]]


def resolve(connection: sqlite3.Connection) -> Resolution:
    """Every valid reference of every present model, resolved against the present models."""
    models = Models.load(connection)
    references, disagreements = _declared(connection, models)
    bases = _bases(connection, models, references)
    resolved = bases > 0
    bases = np.where(resolved, bases, references.targets)
    span = int(max(references.children.max(initial=0), bases.max(initial=0))) + 1
    # Of one model's references to one base the first stands: np.unique gives the first of equal keys.
    keys, first, group = np.unique(bases * span + references.children, return_index=True, return_inverse=True)
    times = np.bincount(group, weights=references.times, minlength=len(keys)).astype(np.int64)
    parents, children = keys // span, keys % span
    kept = resolved[first]
    (ill_formed,) = columns(connection, "FROM node WHERE NOT well_formed", "id")
    malformed = ~kept & np.isin(references.targets[first], ill_formed)
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
    relations = references.relations[first[is_edge]]
    return Resolution(models, lineage, rootless, relations, times[is_edge], ledger, odd)


def _declared(connection: sqlite3.Connection, models: Models) -> tuple[_References, int]:
    """What present models with a name declare; how many models have sources that name different bases."""
    *written, hub_ids = texts(connection, _CURRENT, *_DECLARED, _HUB_ID)
    model_ids, targets, relations, times, evidence = map(numbers, written)
    place_of: defaultdict[str, int] = defaultdict(count().__next__)
    places = np.fromiter(map(place_of.__getitem__, hub_ids.split(",") if len(times) else ()), np.int64, len(times))
    declaring = models.with_ids(model_ids)
    present = np.flatnonzero(declaring >= 0)
    nodes = np.zeros(len(declaring), np.int64)
    nodes[present] = models.node_ids[declaring[present]]
    used = (nodes > 0) & (evidence == 0)
    distinct = [bytes.fromhex(hub_id) for hub_id in place_of]
    references = _References(nodes[used], targets[used], relations[used], times[used], places[used], distinct)
    return references, len(np.unique(declaring[present][evidence[present] > 0]))


def _bases(connection: sqlite3.Connection, models: Models, references: _References) -> Ints:
    """The node of the present model that each reference means; 0 where it means none."""
    targets = references.targets
    bearers = _bearers(connection, references.hub_ids)
    by_hub_id = np.array([bearers.get(hub_id) or 0 for hub_id in references.hub_ids], np.int64)
    bases = by_hub_id[references.hub_id_places]
    by_name = np.where(models.of_nodes(targets) >= 0, targets, 0)
    bases = np.where(bases > 0, bases, by_name)
    for query in (_BY_FORMER_NAME, _BY_CASE):
        places = np.flatnonzero(bases == 0)
        loose, group = np.unique(targets[places], return_inverse=True)
        meanings = dict(connection.execute(query, (msgspec.json.encode(loose.tolist()).decode(),)))
        bases[places] = np.array([meanings.get(node, 0) for node in loose.tolist()], np.int64)[group]
    return bases


def _bearers(connection: sqlite3.Connection, hub_ids: list[bytes]) -> dict[bytes, int | None]:
    """The node of the present model of each `_id`. Asked in the order of the index, which is read once then."""
    wanted = sorted(hub_ids)
    found: dict[bytes, int | None] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        found |= connection.execute(_BEARERS % ", ".join("?" * len(some)), some)
    return found


def _lineage(parents: Ints, children: Ints, models: Models, span: int) -> Lineage:
    touched = marked(parents, span) | marked(children, span)
    places = np.cumsum(touched) - 1
    node_ids = np.flatnonzero(touched)
    bearers = models.of_nodes(node_ids)
    relations = np.where(bearers >= 0, models.relations[bearers], -1)
    return Lineage(node_ids, places[parents], places[children], relations)
