"""All models as the public hub-stats dumps have them: one Parquet file, a row a model. docs/import.md has its columns.

What a model declares is told so that `import` reads the same again: `baseModels` where one relation is told of all its
bases, tags and card as the Hub has them beside it, and the sources that disagree as they were. How `import` weighs the
three is `crawler.references`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import IO, Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawler.records import Relation, Source
from store.exports.blocks import Block, in_order, ranges
from store.exports.reading import Column, Reader, as_json, nullable, places, whole

Ints: TypeAlias = npt.NDArray[np.int64]

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
)
_OF_REFERENCE = (
    Column("model_id", "integer", "model_id"),
    Column("node_id", "integer", "node_id"),
    Column("said", "integer", "((times * 8 + relation) * 8 + source) * 2 + is_evidence"),
    Column("hub_id", "hub_id", f"coalesce(hub_id, x'{_NO_ID}')"),
)
_MODELS = "FROM model WHERE id BETWEEN ? AND ? AND missing_since IS NULL AND node_id IS NOT NULL"
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


class _Base(msgspec.Struct, frozen=True):
    """A base as a model declares it."""

    name: str
    hub_id: str | None
    relation: Relation
    source: Source
    times: int
    is_evidence: bool


def write_hub_stats(readers: Sequence[Reader], file: Path | IO[bytes]) -> int:
    """Writes the file, and returns how many models it has; memory stays flat."""
    former = dict(readers[0].connection.execute(_FORMER))
    blocks = ranges(readers[0], "model")
    written = 0
    with pq.ParquetWriter(file, SCHEMA, compression="zstd", compression_level=1, use_dictionary=_REPEATED) as writer:
        for batch in in_order(readers, blocks, partial(_rows, former)):
            writer.write_batch(batch)
            written += len(batch)
        if not written:
            writer.write_table(SCHEMA.empty_table())
    return written


def _rows(former: Mapping[int, str], reader: Reader, block: Block) -> pa.RecordBatch:
    models = reader.rows((_KEY, _NODE, *_OF_MODEL), _MODELS, block)
    names = reader.names(whole(models["node_id"]), _NAME)["id"]
    keys = whole(models["key"])
    declared = dict(_declared(former, reader, block))
    declaring = np.array(sorted(declared.keys() & set(keys.tolist())), np.int64)
    bases = [declared[model] for model in declaring.tolist()]
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
        "tags": _tags(len(models), words, rows, bases),
        "cardData": _cards(words["license"], rows, bases),
        "safetensors": pa.StructArray.from_arrays(
            [models["parameters"]], names=["total"], mask=pc.is_null(models["parameters"])
        ),
        "baseModels": _at(rows, len(models), pa.array(map(_base_models, bases), _BASES)),
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


def _tags(length: int, words: Mapping[str, pa.Array], rows: Ints, bases: Sequence[list[_Base]]) -> pa.Array:
    """Library, task, bases, licence: those tags that the lineage and the columns tell."""
    told = [_base_tags(one) for one in bases]
    parts = [
        (np.flatnonzero(pc.is_valid(words[name]).to_numpy(zero_copy_only=False)), words[name].drop_null())
        for name in ("library", "task")
    ]
    parts.append(
        (np.repeat(rows, [len(tags) for tags in told]), pa.array([tag for tags in told for tag in tags], pa.string()))
    )
    licenses = words["license"].drop_null()
    licensed = np.flatnonzero(pc.is_valid(words["license"]).to_numpy(zero_copy_only=False))
    parts.append((licensed, pc.binary_join_element_wise("license:", licenses, "")))
    places_of_all = np.concatenate([place for place, _ in parts])
    order = np.argsort(places_of_all, kind="stable")
    ends = np.cumsum(np.bincount(places_of_all, minlength=length))
    texts = pa.concat_arrays([text.cast(pa.string()) for _, text in parts]).take(nullable(order))
    return pa.ListArray.from_arrays(pa.array(np.append(0, ends).astype(np.int32)), texts)


def _cards(licenses: pa.Array, rows: Ints, bases: Sequence[list[_Base]]) -> pa.Array:
    """As JSON; none where there is neither a licence nor a base."""
    words = licenses.dictionary_encode()
    alone = pa.array([_json({"license": word}) for word in words.dictionary.to_pylist()], pa.string())
    whole_cards = alone.take(words.indices)
    told = [_card(one, word) for one, word in zip(bases, licenses.take(nullable(rows)).to_pylist(), strict=True)]
    order = np.arange(len(licenses))
    order[rows] = len(licenses) + np.arange(len(rows))
    return pa.concat_arrays([whole_cards, pa.array(told, pa.string())]).take(nullable(order))


def _at(rows: Ints, length: int, values: pa.Array) -> pa.Array:
    """The values in these rows of so many, and none in the others."""
    order = np.full(length, -1, np.int64)
    order[rows] = np.arange(len(rows))
    return values.take(nullable(order))


# What one model declares


def _base_models(bases: Sequence[_Base]) -> dict[str, Any] | None:
    """The bases where one relation is told of all. On the Hub, what the card alone tells is not there."""
    first = bases[0]
    declared = [base for base in bases if not base.is_evidence]
    if first.source is Source.CARD or len({base.relation for base in declared}) > 1:
        return None
    models = [{"_id": base.hub_id, "id": base.name} for base in declared for _ in range(base.times)]
    return {"relation": first.relation.word if first.relation else None, "models": models}


def _base_tags(bases: Sequence[_Base]) -> list[str]:
    """Both forms for each base; only the one with a relation where a colon in the name could be taken for one."""
    said = [base for base in bases if base.is_evidence and base.source is Source.TAG]
    if not said and bases[0].source is Source.CARD:
        return []
    counts = bool(said) or _base_models(bases) is None
    tags: list[str] = []
    for base in said or [base for base in bases if not base.is_evidence]:
        forms = [] if ":" in base.name else [f"base_model:{base.name}"]
        if base.relation or not forms:
            forms.append(f"base_model:{base.relation.word}:{base.name}")
        tags += forms * (base.times if counts else 1)
    return tags


def _card(bases: Sequence[_Base], licensed: str | None) -> str:
    said = [base for base in bases if base.is_evidence and base.source is Source.CARD]
    counts = bool(said) or bases[0].source is Source.CARD
    told = said or [base for base in bases if not base.is_evidence]
    names = [base.name for base in told for _ in range(base.times if counts else 1)]
    relations = {base.relation for base in told}
    card: dict[str, Any] = {"base_model": names[0] if len(names) == 1 else names}
    if len(relations) == 1 and told[0].relation:
        card["base_model_relation"] = told[0].relation.word
    return _json(card | ({} if licensed is None else {"license": licensed}))


def _json(card: Mapping[str, Any]) -> str:
    return msgspec.json.encode(card).decode()


# References


def _declared(former: Mapping[int, str], reader: Reader, block: Block) -> Iterator[tuple[int, list[_Base]]]:
    """Each declaring model of the block by its id, with what it declares in its order."""
    references = reader.rows(_OF_REFERENCE, _REFERENCES, block)
    nodes, said = whole(references["node_id"]), whole(references["said"])
    names = reader.names(nodes, _NAME)["id"].to_pylist()
    hub_ids = references["hub_id"].to_pylist()
    bearers = _bearers(reader, nodes)
    rows = zip(whole(references["model_id"]).tolist(), nodes.tolist(), names, said.tolist(), hub_ids, strict=True)
    for model, some in groupby(rows, key=lambda row: row[0]):
        yield (
            model,
            [
                _Base(
                    _name_now(former, reader.connection, node, name, hub_id),
                    bearers.get(node) if hub_id == _NO_ID else hub_id,
                    Relation(number >> 4 & 7),
                    Source(number >> 1 & 7),
                    number >> 7,
                    bool(number & 1),
                )
                for _, node, name, number, hub_id in some
            ],
        )


def _bearers(reader: Reader, nodes: Ints) -> dict[int, str]:
    """The real `_id`s of the present models among these nodes."""
    wanted = as_json(np.unique(nodes))
    found = reader.rows((_NODE, _OF_MODEL[0]), _BEARERS, [wanted])
    pairs = zip(whole(found["node_id"]).tolist(), found["hub_id"].to_pylist(), strict=True)
    return {node: hub_id for node, hub_id in pairs if not hub_id.startswith(_STAND_IN)}


def _name_now(former: Mapping[int, str], connection: sqlite3.Connection, node: int, name: str, hub_id: str) -> str:
    """The declared name, or the present one of the model that once bore it: the file has no former names."""
    if node not in former:
        return name
    by_id = connection.execute(_IS_THERE, (bytes.fromhex(hub_id),)).fetchone()
    return name if by_id else former[node]
