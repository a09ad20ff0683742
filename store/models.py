"""Every present model as columns of numbers: tables are read once each, front to back, and joined in arrays.

That is several times quicker than to join them in SQL. It reads whatever the names of the tables mean on the
connection: the present, or an earlier crawl's state that `store.past` has put in their place.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from store.graph import Ints

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
    relations: Ints
    downloads: Ints
    downloads_all_time: Ints
    likes: Ints

    @staticmethod
    def load(connection: sqlite3.Connection) -> Models:
        counters = (f"coalesce({name}, 0)" for name in ("downloads", "downloads_all_time", "likes"))
        read = columns(connection, _PRESENT, "id", "coalesce(node_id, -id)", "coalesce(relation, -1)", *counters)
        return Models(connection, *read)

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
    def publisher_ids(self) -> Ints:
        return self.publishers_of(self.node_ids)

    def weights(self, metric: str) -> Ints:
        """What each model counts under a metric."""
        return np.ones(len(self), np.int64) if metric == "models" else getattr(self, metric)

    def with_ids(self, ids: Ints) -> Ints:
        """The number of the present model of each id; -1 for none."""
        return self._by_id.take(ids, mode="clip").astype(np.int64)

    def of_nodes(self, node_ids: Ints) -> Ints:
        """The number of the model that bears each name; -1 for a ghost."""
        return self._by_node.take(node_ids, mode="clip").astype(np.int64)

    def publishers_of(self, node_ids: Ints) -> Ints:
        """The publisher of each node; 0 for none."""
        return self._publishers.take(node_ids, mode="clip").astype(np.int64)

    def _column(self, name: str) -> Ints:
        return columns(self.connection, _PRESENT, f"coalesce({name}, 0)")[0]

    @cached_property
    def _by_id(self) -> npt.NDArray[np.int32]:
        return _inverse(self.ids)

    @cached_property
    def _by_node(self) -> npt.NDArray[np.int32]:
        return _inverse(self.node_ids)

    @cached_property
    def _publishers(self) -> npt.NDArray[np.int32]:
        nodes, publishers = columns(self.connection, "FROM node", "id", "publisher_id")
        found = np.zeros(int(nodes.max(initial=0)) + 1, np.int32)
        found[nodes] = publishers
        return found


def columns(connection: sqlite3.Connection, source: str, *expressions: str) -> list[Ints]:
    """The whole numbers that each expression has in every row of the source; none may be NULL.

    Rows come in the order in which the table lies, so columns of one source that are read one after the other agree.
    """
    return [numbers(text) for text in texts(connection, source, *expressions)]


def texts(connection: sqlite3.Connection, source: str, *expressions: str) -> list[str]:
    """Each expression's values in every row of the source, with commas between.

    SQLite writes a whole column as one text, of which NumPy makes an array: twice as quick as rows of Python's numbers.
    """
    wanted = ", ".join(f"group_concat({expression})" for expression in expressions)
    return [text or "" for text in connection.execute(f"SELECT {wanted} {source}").fetchone()]


def numbers(text: str) -> Ints:
    return np.fromstring(text, np.int64, sep=",")


def _inverse(numbers: Ints) -> npt.NDArray[np.int32]:
    """The place of each positive number; -1 for those that do not occur, among them 0 and the last."""
    places = np.full(int(numbers.max(initial=0)) + 2, -1, np.int32)
    positive = np.flatnonzero(numbers > 0)
    places[numbers[positive]] = positive
    return places
