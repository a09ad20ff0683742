"""The lineage as one PROV-JSON document: models are entities, and a derivative `wasDerivedFrom` its base.

A name is percent-encoded in an identifier (`hf:alice/a%20b`), whole in `prov:label`; no value is left out.
https://www.w3.org/submissions/prov-json/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import IO
from urllib.parse import quote

import pyarrow as pa

from store.exports.jsonl_file import JSON
from store.exports.reading import Reader
from store.exports.tables import NODES, NUMBERED_EDGES, Table
from store.exports.texts import Escapes, Piece, Written, lines

_BEGINNING = """\
{"prefix":{"hf":"https://huggingface.co/","modelroots":"urn:modelroots:"},
"entity":{
"""
_BETWEEN = '\n},\n"wasDerivedFrom":{\n'
_END = "\n}}\n"
_SEPARATOR = ",\n"
_IDENTIFY = ("id", "child", "parent", "child_id", "parent_id", "relation")
"""The columns that are no attribute of an entity or a derivation, but say which one it is."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
_LOCAL = Written(Escapes(bytes(set(range(0x100)) - _PLAIN), quote))
"""A name as the local part of an identifier."""


def write_prov(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """Writes the file, and tells how many nodes and edges it has together."""
    warning = readers[0].warning
    about = f'"modelroots:lineage":{{"prov:label":{json.dumps(warning)}}}' if warning else ""
    file.write(f"{_BEGINNING}{about}".encode())
    nodes = _write(readers, file, NODES, _entities, is_first=not about)
    file.write(_BETWEEN.encode())
    edges = _write(readers, file, NUMBERED_EDGES, _derivations, is_first=True)
    file.write(_END.encode())
    return nodes + edges


def _write(
    readers: Sequence[Reader],
    file: IO[bytes],
    table: Table,
    make: Callable[[pa.RecordBatch], memoryview],
    *,
    is_first: bool,
) -> int:
    """Members of a JSON object, of which each text has every one after a separator."""
    rows = 0
    for number, text in table.made(readers, make):
        if number:
            file.write(text[len(_SEPARATOR) :] if is_first else text)
            is_first = False
        rows += number
    return rows


def _entities(batch: pa.RecordBatch) -> memoryview:
    name = batch["id"]
    beginning = [*_LOCAL.of(name, _SEPARATOR + '"hf:', '":{"prov:label":'), *JSON.of(name)]
    return lines([*beginning, *_attributes(batch), "}"], absent="")


def _derivations(batch: pa.RecordBatch) -> memoryview:
    numbers = [*JSON.of(batch["child_id"], _SEPARATOR + '"_:e', "-"), *JSON.of(batch["parent_id"])]
    child = _LOCAL.of(batch["child"], '":{"prov:generatedEntity":"hf:', '","prov:usedEntity":"hf:')
    parent = _LOCAL.of(batch["parent"], after='","prov:type":{"$":"modelroots:')
    relation = _LOCAL.of(batch["relation"], after='","type":"prov:QUALIFIED_NAME"}')
    return lines([*numbers, *child, *parent, *relation, *_attributes(batch), "}"], absent="")


def _attributes(batch: pa.RecordBatch) -> list[Piece]:
    """The other columns, left out where there is no value."""
    found: list[Piece] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name in _IDENTIFY:
            continue
        is_time = pa.types.is_timestamp(column.type)
        before, after = ('{"$":', ',"type":"xsd:dateTime"}') if is_time else ("", "")
        found += JSON.of(column, f',"modelroots:{name}":{before}', after)
    return found
