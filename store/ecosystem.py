"""Every present model and its lineage in arrays: what attribution and roll-ups are computed from."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from store.arrays import Bools, Column, Ints, among, marked
from store.attribution import Pairs, RootPairs, nearest_pairs, root_pairs
from store.families import official_nodes
from store.graph import Lineage, descendants
from store.models import Models
from store.registry.loader import Registry
from store.resolution import Resolution


@dataclass(frozen=True)
class Ecosystem:
    """The resolution's models and lineage, and what follows from them under a registry."""

    registry: Registry
    models: Models
    lineage: Lineage
    rootless: Ints
    known_official: list[list[int]] | None = None
    """Of each family, where names have been looked through for them already."""

    @staticmethod
    def of(resolution: Resolution, registry: Registry) -> Ecosystem:
        return Ecosystem(registry, resolution.models, resolution.lineage, resolution.rootless)

    def told_by(self, models: Models) -> Ecosystem:
        """The same with other rows, which stand for all models: official ones, and any with derivatives, among them."""
        return Ecosystem(self.registry, models, self.lineage, self.rootless, self._official_nodes)

    @property
    def connection(self) -> sqlite3.Connection:
        return self.models.connection

    @cached_property
    def of_place(self) -> Column:
        """For each place of the lineage its model, -1 for a ghost."""
        return self.models.of_nodes(self.lineage.node_ids)

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
        models = self.models.of_nodes(nodes)
        return models[models >= 0], families[models >= 0]

    @cached_property
    def roots(self) -> RootPairs:
        """(model, node id of a root) for every model and each of its roots; 0 for a model without any.

        Of roots in one cycle those alike are told by one: of the same publisher, and official nowhere.
        """
        node_ids = self.lineage.node_ids
        alike = self.models.publishers_of(node_ids).astype(np.int64)
        official = self._places(*self.official)[0]
        alike[official] = -1 - official
        bearing = np.flatnonzero(self.of_place >= 0)
        places, roots, numbers = root_pairs(self.lineage, alike, bearing)
        own = np.flatnonzero(~marked(self.of_place[bearing], len(self.models)))
        own_roots = self.models.node_ids[own]
        own_roots[among(own_roots, self.rootless)] = 0
        return RootPairs(
            np.concatenate([self.of_place[places], own.astype(np.int32)]),
            np.concatenate([node_ids.astype(np.int32)[roots], own_roots.astype(np.int32)]),
            None if numbers is None else np.concatenate([numbers, np.ones(len(own), np.int32)]),
        )

    @cached_property
    def nearest(self) -> Pairs:
        """(model, family) of the nearest official nodes, by model; none for official models."""
        nodes, families = self.official
        places, found = nearest_pairs(self.lineage, *self._places(nodes, families))
        models = self.of_place[places]
        return models[models >= 0], found[models >= 0]

    @cached_property
    def descent(self) -> tuple[Column, Column, Bools]:
        """(model, family, is direct) for every derivative of every family."""
        found: list[tuple[Column, Column, Bools]] = []
        for number, nodes in enumerate(self._official_nodes):
            reached, is_direct = descendants(self.lineage, self.lineage.places(np.array(nodes, np.int64)))
            models = self.of_place[reached]
            named = models >= 0
            found.append((models[named], np.full(int(named.sum()), number), is_direct[named]))
        models, families, directs = (np.concatenate(columns) for columns in zip(*found, strict=True))
        return models, families, directs

    @cached_property
    def _official_nodes(self) -> list[list[int]]:
        if self.known_official is not None:
            return self.known_official
        return [official_nodes(self.connection, family) for family in self.registry.families.values()]

    def _places(self, nodes: Column, families: Column) -> Pairs:
        """The pairs whose node an edge touches, with its place in the lineage instead."""
        if not len(self.lineage.node_ids):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        places = np.minimum(np.searchsorted(self.lineage.node_ids, nodes), len(self.lineage.node_ids) - 1)
        touched = self.lineage.node_ids[places] == nodes
        return places[touched], families[touched]
