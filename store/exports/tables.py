"""The tables that are exported: their columns, and how a block of rows is read, in key order so that two runs agree.

No format. A new column of the models is a line here and in docs/columns.md, and appears in every format.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from crawler.records import Relation
from store.exports.blocks import Block, chunks, in_order, ranges, starts
from store.exports.reading import TYPES, Column, Common, Ints, Reader, as_json, is_in, nullable, places, truths, whole

Made = TypeVar("Made")

_OF_NODE = (Column("id", "name", "node.name"), Column("publisher", "publisher", "node.publisher_id"))
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
_ENDS = (Column("parent_id", "integer", "parent_id"), Column("child_id", "integer", "child_id"))

EDGES_A_BLOCK = 65_536
"""More than of nodes: their children are all over the table of names, most of which each block reads."""

_MODELS = "FROM model WHERE id BETWEEN ? AND ? AND missing_since IS NULL AND node_id IS NOT NULL"
_OF_NODES = """
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
class Part:
    """Some of a table's rows: the blocks that they come in, and the reading of one."""

    blocks: Sequence[Any]
    read: Callable[[Reader, Any], pa.RecordBatch]


@dataclass(frozen=True)
class Table:
    """An exported table: its columns, and the parts that its rows are read in, one after the other."""

    name: str
    columns: tuple[Column, ...]
    parts: Callable[[Reader], Sequence[Part]]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, TYPES[column.kind]) for column in self.columns])

    def made(
        self, connections: Sequence[sqlite3.Connection], make: Callable[[pa.RecordBatch], Made]
    ) -> Iterator[tuple[int, Made]]:
        """How many rows each block has, and what is made of it; memory stays flat. For connections see `in_order`."""
        common = Common()
        readers = [Reader(connection, common) for connection in connections]
        for part in self.parts(readers[0]):
            yield from in_order(readers, part.blocks, partial(_made, part.read, make))


def _made(
    read: Callable[[Reader, Any], pa.RecordBatch], make: Callable[[pa.RecordBatch], Made], reader: Reader, block: Any
) -> tuple[int, Made]:
    batch = read(reader, block)
    return batch.num_rows, make(batch)


def _models(reader: Reader, block: Block) -> pa.RecordBatch:
    """Of a range of the models' table: to look models up by their nodes takes twice as long."""
    models = reader.rows((_NODE_ID, *_OF_MODEL), _MODELS, block)
    ids = whole(models[_NODE_ID.name])
    nodes = reader.names(ids, *_OF_NODE)
    return _batch(MODELS, _of(nodes, _OF_NODE), _of(models, _OF_MODEL), _counts(reader, ids))


def _models_as_nodes(reader: Reader, block: Block) -> pa.RecordBatch:
    models = _models(reader, block)
    return models.add_column(len(_OF_NODE), _IS_MODEL.name, truths(np.ones(len(models), bool))).select(_NAMES_OF_NODES)


def _nodes(reader: Reader, ids: Ints) -> pa.RecordBatch:
    """Any nodes, models or not."""
    models = reader.rows((_NODE_ID, *_OF_MODEL), _OF_NODES, [as_json(ids)])
    bearers = places(ids, whole(models[_NODE_ID.name]))
    of_models = _of(models.take(nullable(bearers)), _OF_MODEL)
    nodes = _of(reader.names(ids, *_OF_NODE), _OF_NODE)
    return _batch(NODES, nodes, [truths(bearers >= 0)], of_models, _counts(reader, ids))


def _edges(reader: Reader, block: Block) -> pa.RecordBatch:
    edges = reader.rows((*_ENDS, *_OF_EDGE), _EDGES, (*block, EDGES_A_BLOCK))
    parents, children = (whole(edges[column.name]) for column in _ENDS)
    names = [reader.names(ends, _OF_NODE[0])["id"] for ends in (children, parents)]
    return _batch(EDGES, names, _of(edges, _OF_EDGE), [truths(~is_in(parents, reader.ghosts))])


def _derivatives(reader: Reader, block: Block) -> pa.RecordBatch:
    return reader.rows(_OF_COUNT, _DERIVATIVES, block)


def _counts(reader: Reader, node_ids: Ints) -> list[pa.Array]:
    """How many derivatives each node has: direct ones, all."""
    counted, counts = reader.counts
    found = places(node_ids, counted)
    return [nullable(np.where(found >= 0, np.append(count, 0)[found], 0)) for count in counts]


def _of(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[pa.Array]:
    return [batch[column.name] for column in columns]


def _batch(table: Table, *arrays: list[pa.Array]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(list(chain(*arrays)), [column.name for column in table.columns])


NODES = Table(
    "nodes",
    (*_OF_NODE, _IS_MODEL, *_OF_MODEL, *_COUNTS),
    lambda reader: [Part(ranges(reader, "model"), _models_as_nodes), Part(chunks(reader.ghosts), _nodes)],
)
"""Models, and then the ghosts that references point to."""

_NAMES_OF_NODES = [column.name for column in NODES.columns]

MODELS = Table(
    "models",
    (*_OF_NODE, *_OF_MODEL, *_COUNTS),
    lambda reader: [Part(ranges(reader, "model"), _models)],
)

EDGES = Table(
    "edges",
    (Column("child", "name"), Column("parent", "name"), *_OF_EDGE, Column("parent_is_model", "truth")),
    lambda reader: [Part(starts(reader, "edge", "parent_id", "child_id", rows=EDGES_A_BLOCK), _edges)],
)

DERIVATIVES = Table(
    "derivatives",
    _OF_COUNT,
    lambda reader: [Part(ranges(reader, "node"), _derivatives)],
)
"""The counts of every node that has derivatives, each derivative under its own declared relation."""
