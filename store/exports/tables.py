"""The tables that are exported: their columns, and how a block of rows is read, in key order so that two runs agree.

No format. A new column of the models is a line here and in docs/columns.md, and appears in every format.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
import pyarrow as pa

from crawler.records import Relation
from store.exports.blocks import Block, in_order, ranges, starts
from store.exports.reading import TYPES, Column, Ints, Reader, nullable, places, truths, whole

Made = TypeVar("Made")

_OF_NODE = (Column("id", "text", "node.name"), Column("publisher", "publisher", "node.publisher_id"))
_IS_MODEL = Column("is_model", "truth", "model.id IS NOT NULL")
_OF_MODEL = (
    Column("hub_id", "hub_id", "hub_id"),
    Column("created_at", "time", "created_at"),
    Column("modified_at", "time", "modified_at"),
    Column("downloads", "integer", "downloads"),
    Column("downloads_all_time", "integer", "downloads_all_time"),
    Column("likes", "integer", "likes"),
    Column("gated", "label", "gated_id"),
    Column("disabled", "truth", "disabled"),
    Column("task", "label", "task_id"),
    Column("library", "label", "library_id"),
    Column("license", "label", "license_id"),
    Column("parameters", "integer", "parameters"),
    Column("relation", "relation", "relation"),
)
_COUNTS = (Column("direct_derivatives", "integer"), Column("total_derivatives", "integer"))
_OF_EDGE = (Column("relation", "relation", "relation"), Column("times", "integer", "times"))
_BY_RELATION = tuple(f"{distance}_{relation.word}" for distance in ("direct", "total") for relation in Relation)
_OF_COUNT = (_OF_NODE[0], _IS_MODEL, *(Column(name, "integer", f"below.{name}") for name in _BY_RELATION))

_NODE_ID = Column("node_id", "integer", "node_id")
_NODE_KEY = Column("key", "integer", "node.id")
_ENDS = (Column("parent_id", "integer", "parent_id"), Column("child_id", "integer", "child_id"))

EDGES_A_BLOCK = 65_536
"""More than of nodes: their children are all over the table of names, most of which each block reads."""

_NODES = "FROM node WHERE id BETWEEN ? AND ?"
_MODELS_OF_NODES = "FROM model WHERE node_id BETWEEN ? AND ? AND missing_since IS NULL"
_MODELS = "FROM model WHERE id BETWEEN ? AND ? AND missing_since IS NULL AND node_id IS NOT NULL"
_NAMED = "FROM json_each(?) AS wanted CROSS JOIN node ON node.id = wanted.value"
_BEARERS = """
    FROM json_each(?) AS wanted CROSS JOIN model ON model.node_id = wanted.value
    WHERE model.missing_since IS NULL"""
_EDGES = """
    FROM (SELECT parent_id, child_id, relation, times FROM edge WHERE (parent_id, child_id) >= (?, ?)
          ORDER BY parent_id, child_id LIMIT ?)"""
_DERIVATIVES = """
    FROM lineage_count AS below
    JOIN node ON node.id = below.node_id
    LEFT JOIN model ON model.node_id = below.node_id AND model.missing_since IS NULL
    WHERE below.node_id BETWEEN ? AND ?"""


@dataclass(frozen=True)
class Table:
    """An exported table: its columns, the blocks that its rows come in, and the reading of one."""

    name: str
    columns: tuple[Column, ...]
    blocks: Callable[[Reader], Sequence[Block]]
    read: Callable[[Reader, Block], pa.RecordBatch]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, TYPES[column.kind]) for column in self.columns])

    def made(
        self, connections: Sequence[sqlite3.Connection], make: Callable[[pa.RecordBatch], Made]
    ) -> Iterator[tuple[int, Made]]:
        """How many rows each block has, and what is made of it; memory stays flat. For connections see `in_order`."""

        def read(reader: Reader, block: Block) -> tuple[int, Made]:
            batch = self.read(reader, block)
            return batch.num_rows, make(batch)

        return in_order(connections, self.blocks, read)


def _nodes(reader: Reader, block: Block) -> pa.RecordBatch:
    nodes = reader.rows((_NODE_KEY, *_OF_NODE), _NODES, block)
    models = reader.rows((_NODE_ID, *_OF_MODEL), _MODELS_OF_NODES, block)
    ids = whole(nodes["key"])
    bearers = places(ids, whole(models["node_id"]))
    kept = np.flatnonzero((bearers >= 0) | (places(ids, reader.parents) >= 0))
    nodes, bearers = nodes.take(nullable(kept)), bearers[kept]
    of_models, counts = models.take(nullable(bearers)), _counts(reader, ids[kept])
    return _batch(NODES, _of(nodes, _OF_NODE), [truths(bearers >= 0)], _of(of_models, _OF_MODEL), counts)


def _models(reader: Reader, block: Block) -> pa.RecordBatch:
    models = reader.rows((_NODE_ID, *_OF_MODEL), _MODELS, block)
    ids = whole(models["node_id"])
    nodes = _named(reader, np.sort(ids), _OF_NODE)
    nodes = nodes.take(nullable(places(ids, whole(nodes["key"]))))
    return _batch(MODELS, _of(nodes, _OF_NODE), _of(models, _OF_MODEL), _counts(reader, ids))


def _edges(reader: Reader, block: Block) -> pa.RecordBatch:
    edges = reader.rows((*_ENDS, *_OF_EDGE), _EDGES, (*block, EDGES_A_BLOCK))
    parents, children = (whole(edges[column.name]) for column in _ENDS)
    nodes = _named(reader, np.unique(np.concatenate([parents, children])), _OF_NODE[:1])
    (bearers,) = reader.numbers(_BEARERS, ["model.node_id"], [_json(np.unique(parents))])
    names = [nodes["id"].take(nullable(places(ends, whole(nodes["key"])))) for ends in (children, parents)]
    return _batch(EDGES, names, _of(edges, _OF_EDGE), [truths(places(parents, bearers) >= 0)])


def _derivatives(reader: Reader, block: Block) -> pa.RecordBatch:
    return reader.rows(_OF_COUNT, _DERIVATIVES, block)


def _named(reader: Reader, node_ids: Ints, columns: Sequence[Column]) -> pa.RecordBatch:
    """The nodes of these ids, which are asked for in their order: that of the table."""
    return reader.rows((_NODE_KEY, *columns), _NAMED, [_json(node_ids)])


def _counts(reader: Reader, node_ids: Ints) -> list[pa.Array]:
    """How many derivatives each node has: direct ones, all."""
    counted, counts = reader.counts
    found = places(node_ids, counted)
    return [nullable(np.where(found >= 0, np.append(count, 0)[found], 0)) for count in counts]


def _json(numbers: Ints) -> str:
    return json.dumps(numbers.tolist())


def _of(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[pa.Array]:
    return [batch[column.name] for column in columns]


def _batch(table: Table, *arrays: list[pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(chain(*arrays)), [column.name for column in table.columns])


NODES = Table(
    "nodes",
    (*_OF_NODE, _IS_MODEL, *_OF_MODEL, *_COUNTS),
    lambda reader: ranges(reader, "node"),
    _nodes,
)
"""Models, and the ghosts that references point to."""

MODELS = Table(
    "models",
    (*_OF_NODE, *_OF_MODEL, *_COUNTS),
    lambda reader: ranges(reader, "model"),
    _models,
)

EDGES = Table(
    "edges",
    (Column("child", "text"), Column("parent", "text"), *_OF_EDGE, Column("parent_is_model", "truth")),
    lambda reader: starts(reader, "edge", "parent_id", "child_id", rows=EDGES_A_BLOCK),
    _edges,
)

DERIVATIVES = Table(
    "derivatives",
    _OF_COUNT,
    lambda reader: ranges(reader, "node"),
    _derivatives,
)
"""The counts of every node that has derivatives, each derivative under its own declared relation."""
