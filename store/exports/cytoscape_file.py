"""The lineage as one JSON document of Cytoscape's elements, for Cytoscape (.cyjs), Cytoscape.js and NetworkX.

An edge's source is the derivative and its target the base; `interaction` is what Cytoscape calls the relation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa

from store.exports.jsonl_file import members
from store.exports.reading import Reader
from store.exports.tables import EDGES, NODES, Table
from store.exports.texts import lines

_BEGINNING = """\
{"format_version":"1.0","generated_by":"modelroots","target_cytoscapejs_version":"~3.0",
"data":%s,"directed":true,"multigraph":false,
"elements":{
"nodes":["""
_BETWEEN = '\n],\n"edges":['
_END = "\n]}}\n"
_SEPARATOR = ",\n"
_CALLED = {"child": "source", "parent": "target", "relation": "interaction"}
"""Cytoscape's names for columns of the edges."""


def write_cytoscape(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """Writes the file, and tells how many nodes and edges it has together."""
    rows = 0
    about = [["name", "lineage"], *([["warning", warning]] if (warning := readers[0].warning) else [])]
    for table, before in ((NODES, _BEGINNING % json.dumps(about)), (EDGES, _BETWEEN)):
        file.write(before.encode())
        for number, text in _elements(readers, table):
            file.write(text)
            rows += number
    file.write(_END.encode())
    return rows


def _elements(readers: Sequence[Reader], table: Table) -> Iterator[tuple[int, bytes | memoryview]]:
    make = _nodes if table is NODES else _edges
    before = b"\n"
    for number, text in table.made(readers, make):
        if number:
            yield 0, before
            yield number, text[: -len(_SEPARATOR)]
            before = _SEPARATOR.encode()


def _nodes(batch: pa.RecordBatch) -> memoryview:
    names = batch["id"]  # NetworkX takes a node's `value` for what it is, Cytoscape shows its `name`
    return _objects(batch.append_column("name", names).append_column("value", names))


def _edges(batch: pa.RecordBatch) -> memoryview:
    return _objects(batch.rename_columns([_CALLED.get(name, name) for name in batch.schema.names]))


def _objects(batch: pa.RecordBatch) -> memoryview:
    return lines(['{"data":', *members(batch), "}}" + _SEPARATOR], absent="null")
