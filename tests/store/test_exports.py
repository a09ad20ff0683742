"""The lineage as files, read back by readers that are not ours."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from store.exports.csv_file import write_csv
from store.exports.files import atomically
from store.exports.parquet_file import write_parquet
from store.exports.tables import EDGES, MODELS, NODES
from tests.store.conftest import Store, row

HOSTILE = ["=cmd()/x", "+a/b", "-a/b", "@a/b", 'quo"te/a,b', "line\nbreak/a", "ta\tb/a", "é/\u202ea", "a/\x1b[31m"]


@pytest.fixture
def small(store: Store) -> Store:
    rows = [row("a/base", createdAt="2026-01-02T03:04:05.000Z", likes=7), row("b/ft", ["a/base", "c/ghost"])]
    store.sweep(rows)
    return store


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_nodes_are_models_and_ghosts(small: Store, tmp_path: Path) -> None:
    write_csv([small.connection], NODES, tmp_path / "nodes.csv")
    found = {line["id"]: line["is_model"] for line in read_csv(tmp_path / "nodes.csv")}
    assert found == {"a/base": "true", "b/ft": "true", "c/ghost": "false"}


def test_csv_has_times_numbers_and_counts(small: Store, tmp_path: Path) -> None:
    write_csv([small.connection], NODES, tmp_path / "nodes.csv")
    base = next(line for line in read_csv(tmp_path / "nodes.csv") if line["id"] == "a/base")
    wanted = ("created_at", "likes", "downloads", "total_derivatives")
    assert [base[name] for name in wanted] == ["2026-01-02T03:04:05Z", "7", "", "1"]


def test_csv_edges_name_both_ends(small: Store, tmp_path: Path) -> None:
    assert write_csv([small.connection], EDGES, tmp_path / "edges.csv") == 2
    found = {(line["child"], line["parent"], line["relation"], line["parent_is_model"])
             for line in read_csv(tmp_path / "edges.csv")}  # fmt: skip
    assert found == {("b/ft", "a/base", "finetune", "true"), ("b/ft", "c/ghost", "finetune", "false")}


def test_parquet_says_the_same_as_csv(small: Store, tmp_path: Path) -> None:
    write_csv([small.connection], NODES, tmp_path / "nodes.csv", raw=True)
    write_parquet([small.connection], NODES, tmp_path / "nodes.parquet")
    lines = pq.read_table(tmp_path / "nodes.parquet").to_pylist()
    ours = read_csv(tmp_path / "nodes.csv")
    assert [line["id"] for line in lines] == [line["id"] for line in ours]
    assert [str(line["total_derivatives"]) for line in lines] == [line["total_derivatives"] for line in ours]


@pytest.mark.parametrize("raw", [True, False])
def test_hostile_names_come_back_from_csv(store: Store, tmp_path: Path, raw: bool) -> None:  # noqa: FBT001
    store.sweep([row(name) for name in HOSTILE])
    write_csv([store.connection], MODELS, tmp_path / "models.csv", raw=raw)
    found = [line["id"] for line in read_csv(tmp_path / "models.csv")]
    cleaned = HOSTILE if raw else [f"'{name}" if name[0] in "=+-@" else name for name in HOSTILE]
    assert sorted(found) == sorted(cleaned)


def test_hostile_names_come_back_from_parquet(store: Store, tmp_path: Path) -> None:
    store.sweep([row(name) for name in HOSTILE])
    write_parquet([store.connection], MODELS, tmp_path / "models.parquet")
    assert sorted(pq.read_table(tmp_path / "models.parquet")["id"].to_pylist()) == sorted(HOSTILE)


def test_an_empty_lineage_is_a_file_with_columns(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    assert write_parquet([store.connection], EDGES, tmp_path / "edges.parquet") == 0
    assert pq.read_schema(tmp_path / "edges.parquet").names == [column.name for column in EDGES.columns]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), atomically(path) as beside:
        beside.write_bytes(bytes(1 // len("")))
    assert [(found.name, found.read_text(encoding="utf-8")) for found in tmp_path.iterdir()] == [("file", "old")]
