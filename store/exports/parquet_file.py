"""A table as Parquet: zstd, typed columns, written in row groups so that memory stays flat."""

from __future__ import annotations

import sqlite3
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.exports.files import atomically
from store.exports.tables import Table

ROWS_A_GROUP = 100_000
_TYPES = {"text": pa.string(), "integer": pa.int64(), "time": pa.timestamp("s", tz="UTC"), "truth": pa.bool_()}


def write_parquet(connection: sqlite3.Connection, table: Table, path: Path) -> int:
    """Writes the file, and returns how many rows it has."""
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in table.columns])
    rows = table.rows(connection)
    written = 0
    with atomically(path) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        while group := list(islice(rows, ROWS_A_GROUP)):
            columns = zip(*group, strict=True)
            arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            written += len(group)
        if not written:
            writer.write_table(schema.empty_table())
    return written


def _array(column: tuple[object, ...], kind: pa.DataType) -> pa.Array:
    """SQLite has no truth values: its 0 and 1 are cast."""
    return pa.array(column, pa.int8()).cast(kind) if pa.types.is_boolean(kind) else pa.array(column, kind)
