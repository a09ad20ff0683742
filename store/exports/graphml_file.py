"""The lineage as one GraphML file, for yEd, Gephi, igraph and NetworkX: nodes, and edges from child to parent.

A name is no identifier there (NMTOKEN has no slash): a node's id is `n` and its number, its name is data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa

from store.exports.reading import Reader
from store.exports.tables import NUMBERED_EDGES, NUMBERED_NODES, Table
from store.exports.texts import Piece, lines
from store.exports.xml import TYPES, XML, data_of, escaped

_IDENTIFY = ("number", "child", "parent", "child_id", "parent_id")
"""The columns that are no data of a node or an edge, but say which one it is."""

_CALLED = {"id": "name"}
"""`id` is what many readers call a node's own identifier."""

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
    keys = [key for table in (NUMBERED_NODES, NUMBERED_EDGES) for key in _declared(table)]
    warning = readers[0].warning
    about = [f"<desc>{escaped(warning)}</desc>\n"] if warning else []
    file.write("".join([_BEGINNING, *keys, _GRAPH, *about]).encode())
    for table, make in ((NUMBERED_NODES, _nodes), (NUMBERED_EDGES, _edges)):
        for number, text in table.made(readers, make):
            file.write(text)
            rows += number
    file.write(_END.encode())
    return rows


def _declared(table: Table) -> Iterator[str]:
    element = table.name.removesuffix("s")
    for column, key in data_of(table, _IDENTIFY):
        name, kind = _CALLED.get(column.name, column.name), TYPES.get(column.kind, "string")
        yield f'<key id="{key}" for="{element}" attr.name="{name}" attr.type="{kind}"/>\n'


def _nodes(batch: pa.RecordBatch) -> memoryview:
    return _elements(batch, NUMBERED_NODES, XML.of(batch["number"], '<node id="n', '">'), "</node>\n")


def _edges(batch: pa.RecordBatch) -> memoryview:
    ends = [*XML.of(batch["child_id"], '<edge source="n', '" target="n'), *XML.of(batch["parent_id"], after='">')]
    return _elements(batch, NUMBERED_EDGES, ends, "</edge>\n")


def _elements(batch: pa.RecordBatch, table: Table, beginning: Sequence[Piece], end: str) -> memoryview:
    pieces = list(beginning)
    for column, key in data_of(table, _IDENTIFY):
        pieces += XML.of(batch[column.name], f'<data key="{key}">', "</data>")
    return lines([*pieces, end], absent="")
