"""What the exported tables hold, against plain queries of the same store."""

from __future__ import annotations

import sqlite3
from typing import Any

import duckdb
import pytest

from crawler.records import Relation
from store.exports import blocks, reading, tables
from store.exports.cells import iso
from store.exports.parquet_file import write_parquet
from store.exports.reading import readers_of
from store.exports.tables import DERIVATIVES, EDGES, MODELS, NODES, Table
from tests.store.conftest import Store, row
from tests.store.exports.conftest import edge_rows, node_rows, readers, saved


def batches(store: Store, table: Table) -> list[dict[str, Any]]:
    return [line for _, rows in table.made(readers(store), lambda batch: batch.to_pylist()) for line in rows]


def plain(line: dict[str, Any]) -> dict[str, Any]:
    """A row of the plain query as a batch tells it: with words, times, truth and null."""
    relation = line["relation"]
    told = {
        "hub_id": line["hub_id"] or None,
        "relation": None if relation is None else Relation(relation).word,
        "disabled": None if line["disabled"] is None else bool(line["disabled"]),
        "is_model": bool(line["is_model"]),
    }
    return line | told


def comparable(line: dict[str, Any]) -> dict[str, Any]:
    times = ("created_at", "modified_at")
    return line | {name: None if line[name] is None else int(line[name].timestamp()) for name in times}


def test_nodes_are_what_a_plain_query_tells(real: Store) -> None:
    assert [comparable(line) for line in batches(real, NODES)] == [plain(line) for line in node_rows(real)]


@pytest.mark.parametrize("bits", [1, 20, 40])
def test_however_many_small_numbers_are_read_in_one_they_are_the_same(
    real: Store, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    wanted = batches(real, NODES)
    monkeypatch.setattr(reading, "_BITS", bits)
    assert batches(real, NODES) == wanted


def test_edges_are_what_a_plain_query_tells(real: Store) -> None:
    assert [(line["child"], line["parent"]) for line in batches(real, EDGES)] == edge_rows(real)


def test_models_are_the_nodes_that_are_models(real: Store) -> None:
    wanted = {line.pop("id"): line for line in batches(real, NODES) if line.pop("is_model")}
    assert {line.pop("id"): line for line in batches(real, MODELS)} == wanted


def test_derivatives_are_counted_of_every_node_that_has_any(real: Store) -> None:
    found = batches(real, DERIVATIVES)
    assert [line["id"] for line in found] == real.all(
        "SELECT node.name FROM lineage_count JOIN node ON node.id = node_id ORDER BY node_id"
    )
    totals = {line["id"]: line["total_derivatives"] for line in batches(real, NODES)}
    told = {line["id"]: sum(line[f"total_{relation.word}"] for relation in Relation) for line in found}
    assert {name: totals[name] for name in told} == told


@pytest.mark.parametrize("table", [NODES, MODELS, EDGES, DERIVATIVES], ids=lambda table: table.name)
@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_blocks_of_any_size_hold_every_row_once_and_in_order(
    hostile: Store, monkeypatch: pytest.MonkeyPatch, table: Table, rows: int
) -> None:
    whole = batches(hostile, table)
    monkeypatch.setattr(blocks, "ROWS", rows)
    monkeypatch.setattr(tables, "ROWS", rows)
    assert len(list(table.made(readers(hostile), len))) > 1
    assert batches(hostile, table) == whole


def test_two_connections_give_what_one_does(
    hostile: Store, two: list[sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = batches(hostile, NODES)
    monkeypatch.setattr(blocks, "ROWS", 3)
    assert [line for _, rows in NODES.made(readers_of(two), lambda batch: batch.to_pylist()) for line in rows] == whole


def test_who_stops_early_leaves_no_thread_at_work(
    hostile: Store, two: list[sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "ROWS", 1)
    made: list[int] = []
    reading = NODES.made(readers_of(two), lambda batch: made.append(len(batch)))
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert len(made) < len(batches(hostile, NODES))


def test_a_missing_model_is_a_ghost_where_others_name_it_and_else_no_node(store: Store) -> None:
    rows = [row("a/base"), row("b/ft", ["a/base"]), row("c/alone"), *(row(f"d/{number}") for number in range(200))]
    store.sweep(rows)
    store.sweep([one for one in rows if one["id"] not in ("a/base", "c/alone")])
    found = {line["id"]: line for line in batches(store, NODES)}
    assert "c/alone" not in found
    assert (found["a/base"]["is_model"], found["a/base"]["likes"], found["a/base"]["direct_derivatives"]) == (
        False, None, 1,
    )  # fmt: skip
    assert [line["parent_is_model"] for line in batches(store, EDGES)] == [False]


@pytest.mark.parametrize("table", [NODES, MODELS, EDGES, DERIVATIVES], ids=lambda table: table.name)
def test_an_empty_store_has_no_rows(store: Store, table: Table) -> None:
    store.sweep([])
    assert batches(store, table) == []


def test_times_before_1970_and_the_largest_count_are_kept(store: Store) -> None:
    store.sweep([row("a/old", createdAt="1969-12-31T23:59:59.000Z", downloads=10**12, likes=0)])
    (line,) = batches(store, MODELS)
    assert (iso(int(line["created_at"].timestamp())), line["downloads"], line["likes"]) == (
        "1969-12-31T23:59:59Z", 10**12, 0,
    )  # fmt: skip


def test_parquet_is_read_by_duckdb_as_the_store_has_it(real: Store, tmp_path: Any) -> None:
    path = tmp_path / "nodes.parquet"
    saved(path, write_parquet, real, NODES)
    found = duckdb.execute(f"SELECT id, hub_id, likes, total_derivatives FROM '{path}'").fetchall()
    wanted = ("id", "hub_id", "likes", "total_derivatives")
    assert found == [tuple(line[name] for name in wanted) for line in node_rows(real)]
