"""The tables that are exported: their columns, and how a block of rows is read, in key order so that two runs agree.

No format. A new column of the models is a line here and in docs/columns.md, and appears in every format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from crawler.records import Relation
from store.arrays import Ints, among, as_json, in_order, places
from store.exports.arrow import nullable, truths, whole
from store.exports.blocks import ROWS, Block, chunks, ranges, side_by_side, starts
from store.exports.kept_columns import KeptColumns
from store.exports.reading import TYPES, Column, Reader
from store.exports.selection import Selection

Made = TypeVar("Made")

_OF_NODE = (Column("id", "name", "node.name"), Column("publisher", "publisher", "node.publisher_id"))
_IS_MODEL = Column("is_model", "truth", "model.id IS NOT NULL")
_CREATED = Column("created_at", "time", "created_at")
OF_MODEL = (
    Column("hub_id", "hub_id", "hub_id"),
    _CREATED,
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
_PARENT, _CHILD = (Column(name, "integer", name) for name in ("parent_id", "child_id"))
_ENDS = (_PARENT, _CHILD)

_NAMES_OF_ENDS = ("child", "parent")
_KNOWN = "parent_is_model"

_OF_NODES = """
    FROM json_each(?) AS wanted CROSS JOIN model ON model.node_id = wanted.value
    WHERE model.missing_since IS NULL"""
_EDGES = """
    FROM (SELECT parent_id, child_id, relation, times FROM edge WHERE (parent_id, child_id) >= (?, ?)
          ORDER BY parent_id, child_id LIMIT ?)"""
_EDGES_OF_CHILDREN = """
    FROM (SELECT parent_id, child_id, relation, times
          FROM json_each(?) AS wanted CROSS JOIN edge ON edge.child_id = wanted.value
          WHERE relation IN (SELECT value FROM json_each(?)) ORDER BY child_id, parent_id)"""
_DERIVATIVES = """
    FROM lineage_count AS below
    JOIN node ON node.id = below.node_id
    LEFT JOIN model ON model.node_id = below.node_id AND model.missing_since IS NULL
    WHERE below.node_id BETWEEN ? AND ?"""


Read: TypeAlias = Callable[[Reader, Any], pa.RecordBatch]
"""The rows of one block."""


@dataclass(frozen=True)
class Part:
    """Some of a table's rows: the blocks that they come in, and the reading of one."""

    blocks: Sequence[Any]
    read: Read


@dataclass(frozen=True)
class Table:
    """An exported table: its columns, and the parts that its rows are read in, one after the other."""

    name: str
    columns: tuple[Column, ...]
    parts: Callable[[Reader], Sequence[Part]]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, TYPES[column.kind]) for column in self.columns])

    def made(self, readers: Sequence[Reader], make: Callable[[pa.RecordBatch], Made]) -> Iterator[tuple[int, Made]]:
        """How many rows each block has, and what is made of it; memory stays flat."""
        for part in self.parts(readers[0]):
            yield from side_by_side(readers, part.blocks, partial(self._made, part.read, make))

    def _made(self, read: Read, make: Callable[[pa.RecordBatch], Made], reader: Reader, block: Any) -> tuple[int, Made]:
        batch = read(reader, block).select([column.name for column in self.columns])
        return batch.num_rows, make(batch)

    def rows(self, readers: Sequence[Reader], *names: str) -> Iterator[tuple[Any, ...]]:
        """The values of these columns, row by row: for small parts."""
        for _, batch in self.made(readers, lambda batch: batch):
            yield from zip(*(batch[name].to_pylist() for name in names), strict=True)


def _models(reader: Reader, block: Block) -> pa.RecordBatch:
    """Of a range of the models' table: to look models up by their nodes takes twice as long."""
    models = reader.models((_NODE_ID, *OF_MODEL), block)
    ids = whole(models[_NODE_ID.name])
    nodes = reader.names(ids, *_OF_NODE)
    are_models = truths(np.ones(len(ids), bool))
    return _batch(_of(nodes, _OF_NODE), [are_models], _of(models, OF_MODEL), _counts(reader, ids), [nullable(ids)])


def _nodes(reader: Reader, ids: Ints) -> pa.RecordBatch:
    """Any nodes, models or not."""
    models = reader.rows((_NODE_ID, *OF_MODEL), _OF_NODES, [as_json(ids)])
    bearers = places(ids, whole(models[_NODE_ID.name]))
    of_models = _of(models.take(nullable(bearers)), OF_MODEL)
    nodes = _of(reader.names(ids, *_OF_NODE), _OF_NODE)
    return _batch(nodes, [truths(bearers >= 0)], of_models, _counts(reader, ids), [nullable(ids)])


def _stretch(reader: Reader, block: Block) -> pa.RecordBatch:
    return reader.rows((*_ENDS, *_OF_EDGE), _EDGES, (*block, ROWS))


def _kept_stretch(kept: KeptColumns, reader: Reader, first: int) -> pa.RecordBatch:
    return reader.rows((*_ENDS, *_OF_EDGE), "", known=kept.edges(first, ROWS))


def _selected(selection: Selection, reader: Reader, children: Ints) -> pa.RecordBatch:
    """The selected edges of these children."""
    values = [as_json(children), json.dumps([int(relation) for relation in selection.relations])]
    edges = reader.rows((*_ENDS, *_OF_EDGE), _EDGES_OF_CHILDREN, values)
    return edges.take(nullable(np.flatnonzero(among(whole(edges[_PARENT.name]), selection.nodes))))


def _edges(read: Read, reader: Reader, block: Any) -> pa.RecordBatch:
    return _named(reader, read(reader, block))


def _timed_edges(read: Read, reader: Reader, block: Any) -> pa.RecordBatch:
    edges = read(reader, block)
    children = whole(edges[_CHILD.name])
    models = reader.rows((_NODE_ID, _CREATED), _OF_NODES, [as_json(in_order(children))])
    created = models[_CREATED.name].take(nullable(places(children, whole(models[_NODE_ID.name]))))
    return _named(reader, edges).append_column(_CREATED.name, created)


def _named(reader: Reader, edges: pa.RecordBatch) -> pa.RecordBatch:
    parents, children = whole(edges[_PARENT.name]), whole(edges[_CHILD.name])
    names = [reader.names(ends, _OF_NODE[0])["id"] for ends in (children, parents)]
    arrays = [*names, *edges.columns, truths(~among(parents, reader.ghosts))]
    return pa.RecordBatch.from_arrays(arrays, [*_NAMES_OF_ENDS, *edges.schema.names, _KNOWN])


def _derivatives(reader: Reader, block: Block) -> pa.RecordBatch:
    return reader.rows(_OF_COUNT, _DERIVATIVES, block)


def _counts(reader: Reader, node_ids: Ints) -> list[pa.Array]:
    """How many derivatives each node has: direct ones, all."""
    counted, counts = reader.counts
    found = places(node_ids, counted)
    return [nullable(np.where(found >= 0, np.append(count, 0)[found], 0)) for count in counts]


def _of(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[pa.Array]:
    return [batch[column.name] for column in columns]


def _batch(*arrays: list[pa.Array]) -> pa.RecordBatch:
    """What is known of nodes, in the order of `_ALL_OF_NODES`."""
    return pa.RecordBatch.from_arrays(list(chain(*arrays)), [column.name for column in _ALL_OF_NODES])


def _parts_of_nodes(reader: Reader) -> list[Part]:
    if reader.selection:
        return [Part(chunks(reader.selection.nodes), _nodes)]
    return [Part(ranges(reader, "model"), _models), Part(chunks(reader.ghosts), _nodes)]


def _parts_of_edges(name: Callable[[Read, Reader, Any], pa.RecordBatch], reader: Reader) -> list[Part]:
    if reader.selection:
        return [Part(chunks(reader.selection.nodes), partial(name, partial(_selected, reader.selection)))]
    if reader.kept:
        firsts = range(0, reader.kept.number_of_edges, ROWS)
        return [Part(firsts, partial(name, partial(_kept_stretch, reader.kept)))]
    blocks = starts(reader, "edge", "parent_id", "child_id", rows=ROWS)
    return [Part(blocks, partial(name, _stretch))]


_NUMBER = Column("number", "integer")
_ALL_OF_NODES = (*_OF_NODE, _IS_MODEL, *OF_MODEL, *_COUNTS, _NUMBER)

NODES = Table("nodes", _ALL_OF_NODES[:-1], _parts_of_nodes)
"""Models, and then the ghosts that references point to; selected ones in the order of their names' numbers."""

NUMBERED_NODES = Table("nodes", _ALL_OF_NODES, _parts_of_nodes)
"""The same with the store's numbers, for formats in which a name is no identifier."""

MODELS = Table(
    "models",
    (*_OF_NODE, *OF_MODEL, *_COUNTS),
    lambda reader: [Part(ranges(reader, "model"), _models)],
)

EDGES = Table(
    "edges",
    (*(Column(name, "name") for name in _NAMES_OF_ENDS), *_OF_EDGE, Column(_KNOWN, "truth")),
    partial(_parts_of_edges, _edges),
)

NUMBERED_EDGES = Table("edges", (*EDGES.columns, *_ENDS), EDGES.parts)

TIMED_EDGES = Table("edges", (*EDGES.columns, _CREATED), partial(_parts_of_edges, _timed_edges))
"""The same, with the time from which each edge may be there: its child's creation."""

DERIVATIVES = Table(
    "derivatives",
    _OF_COUNT,
    lambda reader: [Part(ranges(reader, "node"), _derivatives)],
)
"""The counts of every node that has derivatives, each derivative under its own declared relation."""
