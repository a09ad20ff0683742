"""What an export need not read through SQLite, which writes each number as text: it lies beside, as numbers.

Only of the tables' moment: whether what is kept is of that, `store.kept` decides. No Arrow; -1 stands for NULL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from store.arrays import Ints, marked
from store.graph import RELATIONS
from store.kept import Kept

_COUNTERS = ("downloads", "downloads_all_time", "likes")
"""In the order of their bits in `ModelColumns.absent`."""
_OF_EDGE = ("parent_id", "child_id", "relation", "times")

Known: TypeAlias = Mapping[str, Ints]
"""Numbers by the names of the columns that they are."""
NOTHING: Known = MappingProxyType({})


@dataclass(frozen=True)
class KeptColumns:
    """Copies of some rows of the mapped arrays at a time, of which memory then holds nothing else."""

    kept: Kept

    def models(self, first: int, last: int) -> Known:
        """Of the models of these ids that are there and have a name, in order."""
        columns = self.kept.columns.models
        ids = first + np.flatnonzero(columns.node_ids[first : last + 1] > 0)
        absent = columns.absent[ids]
        found = {
            name: np.where(absent >> bit & 1, -1, getattr(columns, name)[ids].astype(np.int64))
            for bit, name in enumerate(_COUNTERS)
        }
        found["relation"] = columns.relations[ids].astype(np.int64)
        found["node_id"] = columns.node_ids[ids].astype(np.int64)
        self.kept.let_go()
        return found

    def publishers(self, node_ids: Ints) -> Ints:
        """Of these nodes, by number."""
        found = self.kept.columns.nodes.publishers[node_ids].astype(np.int64)
        self.kept.let_go()
        return found

    def ghosts(self) -> Ints:
        """The nodes that some edge leads to and that no present model bears, in order."""
        node_ids, parents = self.kept.columns.models.node_ids, self.kept.edges[:, 0]
        size = len(self.kept.columns.nodes.publishers)
        found = np.flatnonzero(marked(parents, size) & ~marked(np.maximum(node_ids, 0), size))
        self.kept.let_go()
        return found

    def counts(self) -> tuple[Ints, list[Ints]]:
        """The nodes that have derivatives, in order, and how many each has: direct ones, all."""
        nodes, by_relation = self.kept.counts[:, 0], self.kept.counts[:, 1:]
        direct, total = by_relation[:, :RELATIONS], by_relation[:, RELATIONS:]
        return nodes.astype(np.int64), [some.sum(axis=1, dtype=np.int64) for some in (direct, total)]

    @property
    def number_of_edges(self) -> int:
        return len(self.kept.edges)

    def edges(self, first: int, number: int) -> Known:
        """So many edges from this one on, in the order of their key."""
        columns = self.kept.edges[first : first + number].T
        found = {name: column.astype(np.int64) for name, column in zip(_OF_EDGE, columns, strict=True)}
        self.kept.let_go()
        return found
