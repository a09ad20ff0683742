"""The lineage as one GEXF 1.3 file, for Gephi: nodes, and edges from child to parent, each with the day it is from.

A model is there from its creation on, and so is each of its edges: the Hub does not tell when a base was declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from store.exports.arrow import nullable
from store.exports.reading import Reader
from store.exports.tables import NODES, TIMED_EDGES, Table
from store.exports.texts import Piece, days, lines
from store.exports.xml import TYPES, XML, data_of, escaped

_IDENTIFY = ("id", "child", "parent")
"""The columns that are no attribute of a node or an edge, but say which one it is."""

_BEGINNING = """\
<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" version="1.3">
<meta lastmodifieddate="{day}"><creator>modelroots</creator><description>{about}</description></meta>
<graph defaultedgetype="directed" mode="dynamic" timeformat="date">
"""
_END = "</graph>\n</gexf>\n"


def write_gexf(readers: Sequence[Reader], file: IO[bytes], *, finished_at: int) -> int:
    """Writes the file, and tells how many nodes and edges it has together. `finished_at` is the crawl's, in seconds."""
    day = datetime.fromtimestamp(finished_at, UTC).strftime("%Y-%m-%d")
    beginning = _BEGINNING.format(day=day, about=escaped(readers[0].warning or "Lineage of models"))
    file.write("".join([beginning, *_declared(NODES), *_declared(TIMED_EDGES), "<nodes>\n"]).encode())
    rows = 0
    for number, text in NODES.made(readers, _nodes):
        file.write(text)
        rows += number
    file.write(b"</nodes>\n<edges>\n")
    edges = 0
    for number, batch in TIMED_EDGES.made(readers, lambda batch: batch):
        file.write(_edges(batch, edges))
        edges += number
    file.write(("</edges>\n" + _END).encode())
    return rows + edges


def _declared(table: Table) -> Iterator[str]:
    yield f'<attributes class="{table.name.removesuffix("s")}" mode="static">\n'
    for column, key in data_of(table, _IDENTIFY):
        yield f'<attribute id="{key}" title="{column.name}" type="{TYPES.get(column.kind, "string")}"/>\n'
    yield "</attributes>\n"


def _nodes(batch: pa.RecordBatch) -> memoryview:
    name = XML.of(batch["id"])
    return _elements(batch, NODES, ['<node id="', *name, '" label="', *name, '"'], "</node>\n")


def _edges(batch: pa.RecordBatch, before: int) -> memoryview:
    """They are numbered from `before` on, as GEXF wants it."""
    number = nullable(np.arange(before, before + len(batch))).cast(pa.string())
    child, parent = (XML.of(batch[end]) for end in ("child", "parent"))
    beginning = ['<edge id="', number, '" source="', *child, '" target="', *parent, '"']
    return _elements(batch, TIMED_EDGES, beginning, "</edge>\n")


def _elements(batch: pa.RecordBatch, table: Table, beginning: Sequence[Piece], end: str) -> memoryview:
    day = days(batch["created_at"])
    start = pc.binary_join_element_wise(' start="', day, '"', "")
    pieces = [*beginning, start, "><attvalues>"]
    for column, key in data_of(table, _IDENTIFY):
        pieces += XML.of(batch[column.name], f'<attvalue for="{key}" value="', '"/>')
    return lines([*pieces, "</attvalues>", end], absent="")
