"""A table as Parquet: zstd, typed columns, written in row groups so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.exports.reading import REPEATED, Reader
from store.exports.tables import Table

ROWS_A_GROUP = 65_536


def write_parquet(readers: Sequence[Reader], table: Table, file: IO[bytes]) -> int:
    """Writes the file, and tells how many rows it has."""
    repeated = [column.name for column in table.columns if column.kind in REPEATED]
    schema = _with_dictionaries(table.schema, repeated)
    ordered = [name for name in schema.names if name not in repeated]
    written = 0
    with pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=repeated,
        write_statistics=ordered,  # words are all over every group: their least and greatest would leave none out
        store_schema=False,  # else readers would be told of dictionaries that are none of theirs
    ) as writer:
        writer.add_key_value_metadata((table.schema.metadata or {}) | warned(readers))
        for group in _groups(batch for _, batch in table.made(readers, _filed)):
            whole = pa.Table.from_batches(group).unify_dictionaries()
            writer.write_table(whole, row_group_size=len(whole))
            written += len(whole)
        if not written:
            writer.write_table(schema.empty_table())
    return written


def warned(readers: Sequence[Reader]) -> dict[bytes, bytes]:
    """What the file says of itself, for its metadata."""
    warning = readers[0].warning
    return {b"modelroots.warning": warning.encode()} if warning else {}


def _with_dictionaries(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """To make the dictionaries that Parquet has anyway takes longer than to hand over those that the batches have."""
    words = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([field.with_type(words) if field.name in names else field for field in schema])


def _filed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch as it is filed. A ghost's `_id` is an empty text there."""
    if "hub_id" not in batch.schema.names or not batch["hub_id"].null_count:
        return batch
    filled = pc.fill_null(batch["hub_id"], "")
    return batch.set_column(batch.schema.get_field_index("hub_id"), "hub_id", filled)


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches together that have enough rows for a row group; the last may have fewer."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(map(len, group)) >= ROWS_A_GROUP:
            yield group
            group = []
    if any(map(len, group)):
        yield group
