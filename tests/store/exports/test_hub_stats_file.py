"""The hub-stats form, read by DuckDB; and that what is imported from it is what was exported."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from crawler.dumps.reading import Dump
from store import crawls
from store.computation import compute
from store.database import reading, transaction, writing
from store.exports.files import save
from store.exports.hub_stats_file import SCHEMA, write_hub_stats
from store.exports.reading import readers_of
from store.past import go_back
from store.registry.loader import Registry
from store.stand_ins import Identities, stand_in
from store.writer import PageWriter
from tests.store.conftest import Store, hub_id, row
from tests.store.exports.conftest import HOSTILE, saved

EDGES = """
    SELECT child.name, parent.name, relation, times FROM edge
    JOIN node AS child ON child.id = child_id JOIN node AS parent ON parent.id = parent_id ORDER BY 1, 2"""
COUNTS = """
    SELECT name, direct_unknown, direct_finetune, direct_adapter, direct_quantized, direct_merge, total_unknown,
        total_finetune, total_adapter, total_quantized, total_merge
    FROM lineage_count JOIN node ON node.id = node_id ORDER BY 1"""
LEDGER = """
    SELECT models, models_declaring, references_declared, repeats, resolved, edges, dangling, ghosts, malformed,
        self_references, cycles, models_in_cycles, disagreements FROM computation ORDER BY crawl_id DESC LIMIT 1"""
MODELS = """
    SELECT node.name, hub_id, created_at, modified_at, downloads, downloads_all_time, likes, gated.text, disabled,
        task.text, library.text, license.text, parameters, model.relation
    FROM model JOIN node ON node.id = node_id
    LEFT JOIN label AS gated ON gated.id = gated_id LEFT JOIN label AS task ON task.id = task_id
    LEFT JOIN label AS library ON library.id = library_id LEFT JOIN label AS license ON license.id = license_id
    WHERE missing_since IS NULL ORDER BY 1"""
EVIDENCE = """
    SELECT child.name, base.name, reference.relation, source, times FROM reference
    JOIN model ON model.id = model_id JOIN node AS child ON child.id = model.node_id
    JOIN node AS base ON base.id = reference.node_id
    WHERE until_crawl IS NULL AND is_evidence AND missing_since IS NULL ORDER BY 1, source, position"""
SAME = {"edges": EDGES, "counts": COUNTS, "ledger": LEDGER, "models": MODELS, "evidence": EVIDENCE}

Again = Callable[[], Store]


def exported(store: Store) -> Path:
    path = store.path.with_name("models.parquet")
    saved(path, write_hub_stats, store)
    return path


def asked(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The answer of DuckDB to a query on `models`."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW models AS SELECT * FROM read_parquet('{path}')")
        return connection.execute(query).fetchall()


def content(store: Store) -> dict[str, list[Any]]:
    """All that has to come back."""
    return {what: store.all(query) for what, query in SAME.items()}


@pytest.fixture
def again(store: Store, registry: Registry, tmp_path: Path) -> Iterator[Again]:
    """Exports the store, imports the file into an empty one, and gives that."""
    path = tmp_path / "again.db"
    with writing(path) as connection:

        def imported() -> Store:
            second = Store(connection, registry, path)
            pages = Dump(exported(store)).pages(0, Identities(None).of)
            crawl = second.begin("import")
            with PageWriter(connection, crawl.id) as writer:
                for page in pages:
                    writer.write(page)
            with transaction(connection):
                writer.index_names()
                crawls.finish(connection, crawl.id, writer.listed, now=2000)
                compute(connection, crawl.id, registry, now=2000)
            return second

        yield imported


def test_the_columns_are_those_that_readers_of_the_dumps_know(store: Store) -> None:
    store.sweep([row("a/b")])
    told = asked(exported(store), "DESCRIBE models")
    assert [(name, kind) for name, kind, *_ in told] == [
        ("_id", "VARCHAR"), ("id", "VARCHAR"), ("author", "VARCHAR"),
        ("createdAt", "TIMESTAMP WITH TIME ZONE"), ("lastModified", "TIMESTAMP WITH TIME ZONE"),
        ("downloads", "BIGINT"), ("downloadsAllTime", "BIGINT"), ("likes", "BIGINT"), ("trendingScore", "DOUBLE"),
        ("pipeline_tag", "VARCHAR"), ("library_name", "VARCHAR"), ("gated", "VARCHAR"), ("disabled", "BOOLEAN"),
        ("tags", "VARCHAR[]"), ("cardData", "VARCHAR"), ("safetensors", 'STRUCT(total BIGINT)'),
        ("baseModels", 'STRUCT(relation VARCHAR, models STRUCT(_id VARCHAR, id VARCHAR)[])'),
    ]  # fmt: skip


def test_a_row_tells_what_the_hub_s_listing_told(store: Store) -> None:
    base = row("Qwen/Q", createdAt="2024-05-06T12:00:07.000Z")
    child = row(
        "alice/ft", ["Qwen/Q"], "adapter", gated="manual", library_name="peft", pipeline_tag="text-generation",
        downloads=5, likes=6, downloadsAllTime=7, safetensors={"total": 8}, lastModified="2024-05-07T00:00:00.000Z",
    )  # fmt: skip
    child["tags"] += ["license:mit"]
    store.sweep([base, child])
    columns = "author, gated, library_name, pipeline_tag, downloads, likes, downloadsAllTime, safetensors.total, tags"
    (found,) = asked(exported(store), f"SELECT {columns}, cardData, trendingScore FROM models WHERE id = 'alice/ft'")
    tags = ["peft", "text-generation", "base_model:Qwen/Q", "base_model:adapter:Qwen/Q", "license:mit"]
    card = '{"base_model":"Qwen/Q","base_model_relation":"adapter","license":"mit"}'
    assert found == ("alice", "manual", "peft", "text-generation", 5, 6, 7, 8, tags, card, None)


def test_base_models_name_each_base_with_its_id(store: Store) -> None:
    store.sweep([row("Qwen/Q"), row("a/m", ["Qwen/Q", "b/ghost"], "merge")])
    (found,) = asked(exported(store), "SELECT baseModels FROM models WHERE id = 'a/m'")[0]
    assert found == {
        "relation": "merge",
        "models": [{"_id": hub_id("Qwen/Q"), "id": "Qwen/Q"}, {"_id": None, "id": "b/ghost"}],
    }


def test_derivatives_of_a_base_are_found_as_readers_of_the_dumps_find_them(store: Store) -> None:
    store.sweep([row("Qwen/Q"), row("a/one", ["Qwen/Q"]), row("a/two", ["Qwen/Q"], "quantized")])
    query = (
        "SELECT id FROM (SELECT id, unnest(baseModels.models) AS base FROM models) WHERE base.id = 'Qwen/Q' ORDER BY 1"
    )
    assert asked(exported(store), query) == [("a/one",), ("a/two",)]


def test_no_value_is_null_and_a_single_name_has_no_author(store: Store) -> None:
    store.sweep([row("solo")])
    columns = "author, cardData, baseModels, safetensors, downloads, library_name, gated, tags"
    assert asked(exported(store), f"SELECT {columns} FROM models") == [
        (None, None, None, None, None, None, "False", [])
    ]


def test_a_store_without_models_is_a_file_without_rows(store: Store) -> None:
    store.sweep([])
    path = exported(store)
    assert pq.read_schema(path).equals(SCHEMA)
    assert asked(path, "SELECT count(*) FROM models") == [(0,)]


def test_missing_models_are_not_in_it(store: Store) -> None:
    store.sweep([row(f"a/m{number}") for number in range(100)])
    store.sweep([row(f"a/m{number}") for number in range(1, 100)])
    assert asked(exported(store), "SELECT count(*), min(id) FROM models") == [(99, "a/m1")]


def test_a_stand_in_is_no_id_in_it(store: Store) -> None:
    store.sweep([row("a/b") | {"_id": stand_in("a/b")}, row("c/d", ["a/b"])], kind="import")
    path = exported(store)
    assert asked(path, "SELECT _id FROM models WHERE id = 'a/b'") == [(None,)]
    assert asked(path, "SELECT baseModels.models[1]._id FROM models WHERE id = 'c/d'") == [(None,)]


def test_hostile_names_come_back_as_they_were(hostile: Store, again: Again) -> None:
    assert content(again()) == content(hostile)


def test_hostile_names_are_read_by_others_as_they_are(hostile: Store) -> None:
    names = {name for (name,) in asked(exported(hostile), "SELECT id FROM models")}
    assert set(HOSTILE) <= names


def test_real_rows_come_back_as_they_were(real: Store, again: Again) -> None:
    found = content(real)
    assert [what for what, rows in found.items() if not rows and what != "evidence"] == []
    assert content(again()) == found


ODD: dict[str, Sequence[dict[str, Any]]] = {
    "several relations": [
        row("a/m") | {"tags": ["base_model:c/x", "base_model:adapter:c/x", "base_model:c/y", "base_model:merge:c/y"]}
    ],
    "repeats": [
        row("a/m") | {"baseModels": {"relation": "merge", "models": [{"id": name} for name in ("c/x", "c/y", "c/x")]}}
    ],
    "repeated tags": [row("a/m") | {"tags": ["base_model:c/x", "base_model:c/x", "base_model:merge:c/y"] * 2}],
    "card alone": [
        row("a/m") | {"tags": [], "cardData": {"base_model": ["c/x", "c/x"], "base_model_relation": "adapter"}}
    ],
    "no relation": [row("a/m") | {"tags": ["base_model:c/x"]}],
    "malformed": [row("a/m") | {"tags": [], "cardData": {"base_model": ["/cache/x", "C:\\y", "", 5, {"a": "b"}]}}],
    "malformed tags": [row("a/m") | {"tags": ["base_model:C:\\y", "base_model:", "base_model:adapter:/cache/x"]}],
    "a colon in a name": [row("a/m") | {"tags": [], "cardData": {"base_model": ["ollama:latest", "c/x"]}}],
    "a tag with an odd word": [row("a/m") | {"tags": ["base_model:distill:c/x", "base_model:c/x"]}],
    "itself": [row("a/m", ["a/m"])],
    "a cycle": [row("a/m", ["a/n"]), row("a/n", ["a/m"])],
    "another case": [row("C/X"), row("a/m", ["c/x"])],
    "sources that disagree": [
        row("a/m") | {
            "baseModels": {"relation": "adapter", "models": [{"id": "c/x", "_id": "7" * 24}]},
            "tags": ["base_model:c/y", "base_model:merge:c/y"],
            "cardData": {"base_model": ["c/z", "c/z"], "base_model_relation": "finetune"},
        }
    ],
    "a card that disagrees with tags": [row("a/m", ["c/x", "c/y"]) | {"cardData": {"base_model": "c/x"}}],
    "odd licences": [
        row("a/m") | {"cardData": {"license": 'o"dd\n', "base_model": "c/x"}},
        row("a/n") | {"cardData": {"license": "é"}},
    ],
    "gatings": [row(f"a/m{place}", gated=gated) for place, gated in enumerate([True, False, "auto", "manual"])],
    "disabled": [row("a/m", disabled=True)],
    "extreme numbers": [row("a/m", downloads=10**12, likes=0, createdAt="1900-01-01T00:00:00.000Z")],
}  # fmt: skip


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_whatever_a_model_declares_comes_back_as_it_was(
    store: Store, again: Again, rows: Sequence[dict[str, Any]]
) -> None:
    store.sweep(rows)
    assert content(again()) == content(store)


def test_a_base_known_by_a_former_name_is_still_the_base(store: Store, again: Again) -> None:
    store.sweep([row("c/old"), row("a/m", ["c/old"])])
    store.sweep([row("c/new") | {"_id": hub_id("c/old")}, row("a/m", ["c/old"])])
    assert store.all(EDGES) == [("a/m", "c/new", 1, 1)]
    assert again().all(EDGES) == store.all(EDGES)


def test_a_base_told_by_its_id_is_still_the_base_when_it_is_renamed(store: Store, again: Again) -> None:
    child = row("a/m") | {"baseModels": {"relation": "merge", "models": [{"id": "c/old", "_id": hub_id("c/old")}]}}
    store.sweep([row("c/old"), child])
    store.sweep([row("c/new") | {"_id": hub_id("c/old")}, child])
    assert again().all(EDGES) == store.all(EDGES) == [("a/m", "c/new", 4, 1)]


def test_two_readers_write_what_one_does(real: Store, two: list[sqlite3.Connection], tmp_path: Path) -> None:
    path = tmp_path / "by-two.parquet"
    save(path, partial(write_hub_stats, readers_of(two)))
    assert path.read_bytes() == exported(real).read_bytes()


def test_an_earlier_crawl_s_models_are_written_as_they_were_then(store: Store, tmp_path: Path) -> None:
    rows = [row("c/x"), row("c/y"), row("a/m", ["c/x"], "merge"), *(row(f"b/{number}") for number in range(97))]
    store.sweep(rows)
    then = exported(store).read_bytes()
    store.sweep([row("c/new") | {"_id": hub_id("c/x")}, rows[1], row("a/m", ["c/y"], "adapter"), *rows[4:]])
    assert exported(store).read_bytes() != then
    path = tmp_path / "then.parquet"
    with reading(store.path) as connection:
        go_back(connection, 1)
        save(path, partial(write_hub_stats, readers_of([connection])))
    assert path.read_bytes() == then
