"""All models as the public hub-stats dumps have them: one Parquet file, a row a model. docs/import.md has its columns.

How a model's bases are told is `hub_stats_bases`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.aliases import heeded
from store.arrays import Ints, as_json, places
from store.exports.arrow import nullable, texts, whole
from store.exports.blocks import Block, ranges, side_by_side
from store.exports.hub_stats_bases import Base, Told, card_text, told_of
from store.exports.parquet_file import warned
from store.exports.reading import Column, Reader
from store.exports.tables import OF_MODEL

_TIME = pa.timestamp("us", tz="UTC")
_BASES = pa.struct(
    [("relation", pa.string()), ("models", pa.list_(pa.struct([("_id", pa.string()), ("id", pa.string())])))]
)
SCHEMA = pa.schema(
    [
        ("_id", pa.string()),
        ("id", pa.string()),
        ("author", pa.string()),
        ("createdAt", _TIME),
        ("lastModified", _TIME),
        ("downloads", pa.int64()),
        ("downloadsAllTime", pa.int64()),
        ("likes", pa.int64()),
        ("trendingScore", pa.float64()),
        ("pipeline_tag", pa.string()),
        ("library_name", pa.string()),
        ("gated", pa.string()),
        ("disabled", pa.bool_()),
        ("tags", pa.list_(pa.string())),
        ("cardData", pa.string()),
        ("safetensors", pa.struct([("total", pa.int64())])),
        ("baseModels", _BASES),
    ]
)
_REPEATED = ["pipeline_tag", "library_name", "gated", "tags.list.element", "baseModels.relation"]
_GATED = {"no": "False", "yes": "True"}
"""As those dumps write it; `auto` and `manual` are what they are."""

_NO_ID = "0" * 24
_STAND_IN = "0" * 8
_KEY, _NODE = Column("key", "integer", "id"), Column("node_id", "integer", "node_id")
_NAME = Column("id", "name", "node.name")
_OF_MODEL = tuple(column for column in OF_MODEL if column.name != "relation")
_OF_REFERENCE = (
    Column("model_id", "integer", "model_id"),
    Column("node_id", "integer", "node_id"),
    Column("said", "integer", "((times * 8 + relation) * 8 + source) * 2 + is_evidence"),
    Column("hub_id", "hub_id", f"coalesce(hub_id, x'{_NO_ID}')"),
)
_REFERENCES = "FROM reference WHERE model_id BETWEEN ? AND ? AND until_crawl IS NULL"
_BEARERS = """
    FROM json_each(?) AS wanted CROSS JOIN model ON model.node_id = wanted.value
    WHERE model.missing_since IS NULL"""
_FORMER = """
    SELECT former.id, node.name FROM model_change
    JOIN node AS former ON former.name = model_change.before
    JOIN model ON model.id = model_change.model_id
    JOIN node ON node.id = model.node_id
    WHERE model_change.field = 'name' AND model.missing_since IS NULL
        AND NOT EXISTS (SELECT 1 FROM model AS bearer
            WHERE bearer.node_id = former.id AND bearer.missing_since IS NULL)
    ORDER BY model_change.crawl_id"""
_IS_THERE = "SELECT 1 FROM model WHERE hub_id = ? AND missing_since IS NULL AND node_id IS NOT NULL"


def write_hub_stats(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """Writes the file, and returns how many models it has; memory stays flat."""
    former = heeded(readers[0].connection) | dict(readers[0].connection.execute(_FORMER))
    blocks = ranges(readers[0], "model")
    written = 0
    with pq.ParquetWriter(file, SCHEMA, compression="zstd", compression_level=1, use_dictionary=_REPEATED) as writer:
        writer.add_key_value_metadata(warned(readers))
        for batch in side_by_side(readers, blocks, partial(_rows, former)):
            writer.write_batch(batch)
            written += len(batch)
        if not written:
            writer.write_table(SCHEMA.empty_table())
    return written


def _rows(former: Mapping[int, str], reader: Reader, block: Block) -> pa.RecordBatch:
    models = reader.models((_KEY, _NODE, *_OF_MODEL), block)
    names = reader.names(whole(models["node_id"]), _NAME)["id"]
    keys = whole(models["key"])
    declared = dict(_declared(former, reader, block))
    declaring = np.array(sorted(declared.keys() & set(keys.tolist())), np.int64)
    told = [told_of(declared[model]) for model in declaring.tolist()]
    rows = places(declaring, keys)
    words = {name: models[name].cast(pa.string()) for name in ("gated", "task", "library", "license")}
    columns = {
        "_id": _real(models["hub_id"]),
        "id": names,
        "author": _author(names),
        "createdAt": models["created_at"].cast(_TIME),
        "lastModified": models["modified_at"].cast(_TIME),
        "downloads": models["downloads"],
        "downloadsAllTime": models["downloads_all_time"],
        "likes": models["likes"],
        "trendingScore": pa.nulls(len(models), pa.float64()),
        "pipeline_tag": words["task"],
        "library_name": words["library"],
        "gated": _gated(words["gated"]),
        "disabled": models["disabled"],
        "tags": _tags(len(models), words, rows, told),
        "cardData": _cards(words["license"], rows, told),
        "safetensors": pa.StructArray.from_arrays(
            [models["parameters"]], names=["total"], mask=pc.is_null(models["parameters"])
        ),
        "baseModels": _base_models(len(models), rows, told),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)


# Columns of every model


def _real(hub_ids: pa.Array) -> pa.Array:
    """Without the stand-ins: whoever reads the file makes their own of the name."""
    return pc.if_else(pc.starts_with(hub_ids, _STAND_IN), None, hub_ids)


def _author(names: pa.Array) -> pa.Array:
    """The namespace; none for a legacy single name."""
    return pc.if_else(
        pc.match_substring(names, "/"), pc.list_element(pc.split_pattern(names, "/", max_splits=1), 0), None
    )


def _gated(words: pa.Array) -> pa.Array:
    for ours, theirs in _GATED.items():
        words = pc.if_else(pc.equal(words, ours), theirs, words)
    return words


def _tags(length: int, words: Mapping[str, pa.Array], rows: Ints, told: Sequence[Told]) -> pa.Array:
    """Library, task, bases, licence: those tags that the lineage and the columns tell."""
    licenses = pc.binary_join_element_wise("license:", words["license"], "")
    parts = [(_valid(column), column.drop_null()) for column in (words["library"], words["task"])]
    parts.append((np.repeat(rows, [len(one.tags) for one in told]), texts([tag for one in told for tag in one.tags])))
    parts.append((_valid(licenses), licenses.drop_null()))
    order = np.argsort(np.concatenate([place for place, _ in parts]), kind="stable")
    values = pa.concat_arrays([text for _, text in parts]).take(nullable(order))
    return _lists(np.bincount(np.concatenate([place for place, _ in parts]), minlength=length), values)


def _cards(licenses: pa.Array, rows: Ints, told: Sequence[Told]) -> pa.Array:
    """As JSON; none where there is neither a licence nor a base."""
    words = licenses.dictionary_encode()
    of_words = texts([card_text({"license": word}) for word in words.dictionary.to_pylist()])
    licensed = licenses.take(nullable(rows)).to_pylist()
    with_bases = [
        card_text(one.card if word is None else one.card | {"license": word})
        for one, word in zip(told, licensed, strict=True)
    ]
    order = np.arange(len(licenses))
    order[rows] = len(licenses) + np.arange(len(rows))
    return pa.concat_arrays([of_words.take(words.indices), texts(with_bases)]).take(nullable(order))


def _base_models(length: int, rows: Ints, told: Sequence[Told]) -> pa.Array:
    listed = [base for one in told for base in one.bases]
    hub_ids, names = _filled([hub_id for hub_id, _ in listed]), texts([name for _, name in listed])
    models = pa.StructArray.from_arrays([hub_ids, names], names=["_id", "id"])
    lists = _lists(np.array([len(one.bases) for one in told], np.int64), models)
    found = pa.StructArray.from_arrays([_filled([one.relation for one in told]), lists], names=["relation", "models"])
    order = np.full(length, -1, np.int64)
    order[rows] = np.where([bool(one.bases) for one in told], np.arange(len(rows)), -1)
    return found.take(nullable(order))


def _valid(column: pa.Array) -> Ints:
    """The rows in which there is a value."""
    return np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False))


def _filled(values: Sequence[str]) -> pa.Array:
    """Texts, of which empty ones are none."""
    found = texts(values)
    return pc.if_else(pc.equal(found, ""), None, found)


def _lists(lengths: Ints, values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(nullable(np.append(0, np.cumsum(lengths))).cast(pa.int32()), values)


# References


def _declared(former: Mapping[int, str], reader: Reader, block: Block) -> Iterator[tuple[int, tuple[Base, ...]]]:
    """Each declaring model of the block by its id, with what it declares in its order."""
    references = reader.rows(_OF_REFERENCE, _REFERENCES, block)
    nodes = whole(references["node_id"])
    names = reader.names(nodes, _NAME)["id"].to_pylist()
    hub_ids = references["hub_id"].to_pylist()
    bearers = _bearers(reader, nodes)
    known = [
        bearers.get(node) if hub_id == _NO_ID else hub_id for node, hub_id in zip(nodes.tolist(), hub_ids, strict=True)
    ]
    for place in np.flatnonzero(np.isin(nodes, list(former))).tolist():
        names[place] = _name_now(former, reader.connection, int(nodes[place]), names[place], hub_ids[place])
    models = whole(references["model_id"])
    bases = list(map(Base, names, known, whole(references["said"]).tolist()))
    starts = np.flatnonzero(np.append(True, models[1:] != models[:-1])) if len(models) else models
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(bases)], strict=False):
        yield int(models[start]), tuple(bases[start:end])


def _bearers(reader: Reader, nodes: Ints) -> dict[int, str]:
    """The real `_id`s of the present models among these nodes."""
    wanted = as_json(np.unique(nodes))
    found = reader.rows((_NODE, _OF_MODEL[0]), _BEARERS, [wanted])
    pairs = zip(whole(found["node_id"]).tolist(), found["hub_id"].to_pylist(), strict=True)
    return {node: hub_id for node, hub_id in pairs if not hub_id.startswith(_STAND_IN)}


def _name_now(former: Mapping[int, str], connection: sqlite3.Connection, node: int, name: str, hub_id: str) -> str:
    """The present name of the model that once bore the declared one: the file has no former names.

    The declared one where the base's `_id` is known to be a model's, for that comes first.
    """
    return name if connection.execute(_IS_THERE, (bytes.fromhex(hub_id),)).fetchone() else former[node]
