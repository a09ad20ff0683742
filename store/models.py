"""Every present model as columns of numbers, without gaps: what roll-ups and the lineage are computed on."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from store.columns import Columns, columns
from store.graph import Column, Ints

_PRESENT = "FROM model WHERE missing_since IS NULL"


@dataclass(frozen=True)
class Models:
    """Models are numbered 0..n-1, in the table's order; every column has a number a model.

    0 stands for an absent label, time, counter or publisher. `node_ids` is negative for a model that has lost its
    name and was not listed under a new one; `relations` are those of `crawler.records`, -1 without a declared base.
    """

    connection: sqlite3.Connection
    ids: Ints
    node_ids: Ints
    relations: Column
    downloads: Column
    downloads_all_time: Column
    likes: Column
    publishers: Column
    """By node id, not by model."""

    @staticmethod
    def of(connection: sqlite3.Connection, read: Columns) -> Models:
        found = read.models
        ids = np.flatnonzero(found.node_ids)
        counters = (found.downloads[ids], found.downloads_all_time[ids], found.likes[ids])
        node_ids = found.node_ids[ids].astype(np.int64)
        return Models(connection, ids, node_ids, found.relations[ids], *counters, read.nodes.publishers)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def created_at(self) -> Ints:
        return self._column("created_at")

    @cached_property
    def task_ids(self) -> Ints:
        return self._column("task_id")

    @cached_property
    def license_ids(self) -> Ints:
        return self._column("license_id")

    @cached_property
    def publisher_ids(self) -> Column:
        return self.publishers_of(self.node_ids)

    def weights(self, metric: str) -> Column:
        """What each model counts under a metric."""
        return np.ones(len(self), np.int64) if metric == "models" else getattr(self, metric)

    def with_ids(self, ids: Column) -> Ints:
        """The number of the present model of each id; -1 for none."""
        return self._by_id.take(ids, mode="clip").astype(np.int64)

    def of_nodes(self, node_ids: Column) -> Ints:
        """The number of the model that bears each name; -1 for a ghost."""
        return self._by_node.take(node_ids, mode="clip").astype(np.int64)

    def publishers_of(self, node_ids: Column) -> Column:
        """The publisher of each node; 0 for none."""
        found: Column = self.publishers.take(node_ids, mode="clip")
        return found

    def _column(self, name: str) -> Ints:
        return columns(self.connection, _PRESENT, f"coalesce({name}, 0)")[0]

    @cached_property
    def _by_id(self) -> npt.NDArray[np.int32]:
        return _inverse(self.ids)

    @cached_property
    def _by_node(self) -> npt.NDArray[np.int32]:
        return _inverse(self.node_ids)


def _inverse(numbers: Ints) -> npt.NDArray[np.int32]:
    """The place of each positive number; -1 for those that do not occur, among them 0 and the last."""
    places = np.full(int(numbers.max(initial=0)) + 2, -1, np.int32)
    positive = np.flatnonzero(numbers > 0)
    places[numbers[positive]] = positive
    return places
