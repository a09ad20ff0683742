"""The lineage as one GraphML file, for yEd, Gephi, igraph and NetworkX: nodes, and edges from child to parent.

A node's id is its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa

from store.exports.reading import Column, Kind, Reader
from store.exports.tables import EDGES, NODES, Table
from store.exports.texts import Piece, lines
from store.exports.xml import XML

_NAMES = ("id", "child", "parent")
"""The columns that are no data of a node or an edge, but say which one it is."""

_TYPES: dict[Kind, str] = {"integer": "long", "truth": "boolean"}
_BEGINNING = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_GRAPH = '<graph id="lineage" edgedefault="directed">\n'
_END = "</graph>\n</graphml>\n"


def write_graphml(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """Writes the file, and tells how many nodes and edges it has together."""
    rows = 0
    keys = [key for table in (NODES, EDGES) for key in _declared(table)]
    file.write("".join([_BEGINNING, *keys, _GRAPH]).encode())
    for table, make in ((NODES, _nodes), (EDGES, _edges)):
        for number, text in table.made(readers, make):
            file.write(text)
            rows += number
    file.write(_END.encode())
    return rows


def _declared(table: Table) -> Iterator[str]:
    element = table.name.removesuffix("s")
    for column, key in _keys(table):
        kind = _TYPES.get(column.kind, "string")
        yield f'<key id="{key}" for="{element}" attr.name="{column.name}" attr.type="{kind}"/>\n'


def _keys(table: Table) -> list[tuple[Column, str]]:
    """The columns that are data, and what stands for their names: each stands in every row."""
    data = [column for column in table.columns if column.name not in _NAMES]
    return [(column, f"{table.name[0]}{number}") for number, column in enumerate(data)]


def _nodes(batch: pa.RecordBatch) -> memoryview:
    return _elements(batch, NODES, ['<node id="', XML.of(batch["id"]), '">'], "</node>\n")


def _edges(batch: pa.RecordBatch) -> memoryview:
    child, parent = (XML.of(batch[end]) for end in ("child", "parent"))
    return _elements(batch, EDGES, ['<edge source="', child, '" target="', parent, '">'], "</edge>\n")


def _elements(batch: pa.RecordBatch, table: Table, beginning: Sequence[Piece], end: str) -> memoryview:
    data = [XML.of(batch[column.name], f'<data key="{key}">', "</data>") for column, key in _keys(table)]
    return lines([*beginning, *data, end], absent="")
