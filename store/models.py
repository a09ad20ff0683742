"""Every present model as columns of numbers, without gaps: what roll-ups and the lineage are computed on."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from store.arrays import Column, Ints, blocks, looked_up
from store.columns import Columns, columns, stretches

_PRESENT = "missing_since IS NULL"


@dataclass(frozen=True)
class Models:
    """Models are numbered 0..n-1, in the table's order; every column has a number a model.

    0 stands for an absent label, time, counter or publisher. `node_ids` is negative for a model that has lost its
    name and was not listed under a new one; `relations` are those of `crawler.records`, -1 without a declared base.
    """

    connection: sqlite3.Connection
    node_ids: Column
    relations: Column
    downloads: Column
    downloads_all_time: Column
    likes: Column
    publishers: Column
    """By node id, not by model."""
    numbers: Column | None = None
    """How many models each stands for; None where that is one."""

    @staticmethod
    def of(connection: sqlite3.Connection, read: Columns) -> Models:
        found, is_present = read.models, read.models.node_ids != 0
        chosen = slice(1, None) if is_present[1:].all() else is_present  # without gaps nothing is copied
        return Models(
            connection,
            found.node_ids[chosen],
            found.relations[chosen],
            found.downloads[chosen],
            found.downloads_all_time[chosen],
            found.likes[chosen],
            read.nodes.publishers,
        )

    def __len__(self) -> int:
        return len(self.node_ids)

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
        if metric == "models":
            return np.ones(len(self), np.int64) if self.numbers is None else self.numbers
        counter: Column = getattr(self, metric)
        return counter

    def together(self, codes: Ints) -> Models:
        """One row for all models of one code, with their sums, in the order of the codes; it bears the name of one."""
        numbers = np.bincount(codes)
        used = np.flatnonzero(numbers)
        one_of = np.zeros(len(numbers), np.int32)
        one_of[codes] = np.arange(len(codes), dtype=np.int32)
        one_of = one_of[used]

        def summed(column: Column) -> Column:
            found: Column = np.bincount(codes, weights=column)[used]  # floats: no whole number holds them all
            return found

        return Models(
            self.connection,
            self.node_ids[one_of],
            self.relations[one_of],
            summed(self.downloads),
            summed(self.downloads_all_time),
            summed(self.likes),
            self.publishers,
            numbers[used],
        )

    def of_nodes(self, node_ids: Column) -> Column:
        """The number of the model that bears each name; -1 for a ghost."""
        return looked_up(self._by_node, node_ids)

    def publishers_of(self, node_ids: Column) -> Column:
        """The publisher of each node; 0 for none."""
        return looked_up(self.publishers, node_ids)

    def _column(self, name: str) -> Ints:
        return columns(self.connection, stretches(self.connection, "model", _PRESENT), f"coalesce({name}, 0)")[0]

    @cached_property
    def _by_node(self) -> npt.NDArray[np.int32]:
        return _inverse(self.node_ids)


def _inverse(numbers: Column) -> npt.NDArray[np.int32]:
    """The place of each positive number; -1 for those that do not occur, among them 0 and the last."""
    places = np.full(int(numbers.max(initial=0)) + 2, -1, np.int32)
    for some in blocks(len(numbers)):
        places[np.maximum(numbers[some], 0)] = np.arange(some.start, some.stop, dtype=np.int32)
    places[0] = -1
    return places
