"""Every present model and its lineage in arrays: what attribution and roll-ups are computed from.

It reads whatever the names `model`, `reference` and `edge` mean on the connection: the present, or an earlier
crawl's state that `store.past` has put in their place.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

from store.attribution import Pairs, nearest_pairs, root_pairs
from store.families import official_nodes
from store.graph import Ints, Lineage, descendants
from store.registry.loader import Registry
from store.resolution import Resolution

Bools = npt.NDArray[np.bool_]

_COLUMNS = (
    "node_id", "publisher_id", "created_at", "relation", "task_id", "license_id", "downloads", "downloads_all_time",
    "likes",
)  # fmt: skip
_MODELS = """
    SELECT coalesce(model.node_id, -model.id), coalesce(node.publisher_id, 0), coalesce(model.created_at, 0),
        coalesce(model.relation, -1), coalesce(model.task_id, 0), coalesce(model.license_id, 0),
        coalesce(model.downloads, 0), coalesce(model.downloads_all_time, 0), coalesce(model.likes, 0)
    FROM model LEFT JOIN node ON node.id = model.node_id
    WHERE model.missing_since IS NULL"""
_PUBLISHERS = """
    SELECT node.id, node.publisher_id FROM json_each(?) AS wanted JOIN node ON node.id = wanted.value"""


@dataclass(frozen=True)
class Ecosystem:
    """Models are numbered 0..n-1 in the order of `node_ids`, which rises; every column has a number a model.

    0 stands for an absent label, time, counter or publisher; a model that has lost its name and was not listed
    under a new one has a negative node. `relations` are those of `crawler.records`, -1 where no base is declared.
    """

    connection: sqlite3.Connection
    registry: Registry
    lineage: Lineage
    rootless: Ints
    node_ids: Ints
    publisher_ids: Ints
    created_at: Ints
    relations: Ints
    task_ids: Ints
    license_ids: Ints
    downloads: Ints
    downloads_all_time: Ints
    likes: Ints

    def __len__(self) -> int:
        return len(self.node_ids)

    def weights(self, metric: str) -> Ints:
        """What each model counts under a metric."""
        return np.ones(len(self), np.int64) if metric == "models" else getattr(self, metric)

    def models_of(self, node_ids: Ints) -> Ints:
        """The number of the model that bears each name; -1 for a ghost."""
        if not len(self):
            return np.full(len(node_ids), -1, np.int64)
        places: Ints = np.minimum(np.searchsorted(self.node_ids, node_ids), len(self) - 1)
        return np.where(self.node_ids[places] == node_ids, places, -1)

    @cached_property
    def of_place(self) -> Ints:
        """For each place of the lineage its model, -1 for a ghost."""
        return self.models_of(self.lineage.node_ids)

    @cached_property
    def official(self) -> Pairs:
        """(node id, number of the family in the registry's order), models and ghosts, by node."""
        found = [(node, number) for number, nodes in enumerate(self._official_nodes) for node in nodes]
        pairs = np.array(sorted(found), np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    @cached_property
    def official_models(self) -> Pairs:
        """(model, family) of the official nodes that are present models."""
        nodes, families = self.official
        models = self.models_of(nodes)
        return models[models >= 0], families[models >= 0]

    @cached_property
    def roots(self) -> Pairs:
        """(model, node id of a root) for every model and each of its roots, by model; 0 for a model without any."""
        places, roots = root_pairs(self.lineage)
        models = self.of_place[places]
        named = models >= 0
        alone = np.ones(len(self), bool)
        alone[models[named]] = False
        own = np.flatnonzero(alone)
        own_roots = np.where(np.isin(self.node_ids[own], self.rootless), 0, self.node_ids[own])
        all_models = np.concatenate([models[named], own])
        all_roots = np.concatenate([self.lineage.node_ids[roots[named]], own_roots])
        order = np.argsort(all_models, kind="stable")
        return all_models[order], all_roots[order]

    @cached_property
    def nearest(self) -> Pairs:
        """(model, family) of the nearest official nodes, by model; none for official models."""
        nodes, families = self.official
        places, found = nearest_pairs(self.lineage, *self._places(nodes, families))
        models = self.of_place[places]
        return models[models >= 0], found[models >= 0]

    @cached_property
    def descent(self) -> tuple[Ints, Ints, Bools]:
        """(model, family, is direct) for every derivative of every family."""
        found: list[tuple[Ints, Ints, Bools]] = []
        for number, nodes in enumerate(self._official_nodes):
            reached, direct = descendants(self.lineage, self.lineage.places(np.array(nodes, np.int64)))
            models = self.of_place[reached]
            named = models >= 0
            is_direct = np.isin(reached, direct)
            found.append((models[named], np.full(int(named.sum()), number), is_direct[named]))
        models, families, directs = (np.concatenate(columns) for columns in zip(*found, strict=True))
        return models, families, directs

    def publishers_of(self, node_ids: Ints) -> Ints:
        """The publisher of each node; 0 for none."""
        models = self.models_of(node_ids)
        found = np.where(models >= 0, self.publisher_ids[models], 0) if len(self) else np.zeros(len(node_ids), np.int64)
        ghosts = np.flatnonzero((models < 0) & (node_ids > 0))
        distinct, places = np.unique(node_ids[ghosts], return_inverse=True)
        known = dict(self.connection.execute(_PUBLISHERS, (msgspec.json.encode(distinct.tolist()).decode(),)))
        found[ghosts] = np.array([known.get(node, 0) for node in distinct.tolist()], np.int64)[places]
        return found

    @cached_property
    def _official_nodes(self) -> list[list[int]]:
        return [official_nodes(self.connection, family) for family in self.registry.families.values()]

    def _places(self, nodes: Ints, families: Ints) -> Pairs:
        """The pairs whose node an edge touches, with its place in the lineage instead."""
        if not len(self.lineage.node_ids):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        places = np.minimum(np.searchsorted(self.lineage.node_ids, nodes), len(self.lineage.node_ids) - 1)
        touched = self.lineage.node_ids[places] == nodes
        return places[touched], families[touched]


def load(connection: sqlite3.Connection, registry: Registry, resolution: Resolution) -> Ecosystem:
    """The models as the connection shows them, with the lineage that was resolved on the same."""
    values = chain.from_iterable(connection.execute(_MODELS))
    table = np.fromiter(values, np.int64).reshape(-1, len(_COLUMNS))
    order = np.argsort(table[:, 0])
    columns = [column[order] for column in table.T]
    return Ecosystem(connection, registry, resolution.lineage, resolution.rootless, *columns)
