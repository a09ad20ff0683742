"""The formats of two tables, read by DuckDB as it reads anybody's files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from store.exports.csv_file import write_csv
from store.exports.jsonl_file import write_compressed_jsonl, write_jsonl
from store.exports.parquet_file import write_parquet
from store.exports.tables import EDGES, NODES, Table
from tests.store.conftest import Store
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, saved

FORMATS: dict[str, tuple[Callable[..., int], str]] = {
    "csv": (partial(write_csv, raw=True), "read_csv('{}', header = true, quote = '\"', escape = '\"', delim = ',')"),
    "jsonl": (write_jsonl, "read_json('{}', format = 'newline_delimited')"),
    "jsonl.zst": (write_compressed_jsonl, "read_json('{}', format = 'newline_delimited', compression = 'zstd')"),
    "parquet": (write_parquet, "read_parquet('{}')"),
}


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def read(store: Store, table: Table, folder: Path, form: str, columns: str) -> list[tuple[Any, ...]]:
    write, reading = FORMATS[form]
    path = folder / f"{table.name}.{form}"
    rows = saved(path, write, store, table)
    found = duckdb.execute(f"SELECT {columns} FROM {reading.format(path)}").fetchall()
    assert len(found) == rows
    return found


def test_two_hundred_hostile_names_are_read_as_they_are(hostile: Store, tmp_path: Path, form: str) -> None:
    assert len(set(HOSTILE)) == 200
    found = {name for (name,) in read(hostile, NODES, tmp_path, form, "id")}
    assert found == {*HOSTILE, *(f"z/child-{place}" for place in range(len(HOSTILE)))}


def test_the_edges_of_hostile_names_are_read_as_they_are(hostile: Store, tmp_path: Path, form: str) -> None:
    assert sorted(read(hostile, EDGES, tmp_path, form, "child, parent, relation")) == sorted(
        (f"z/child-{place}", name, "finetune") for place, name in enumerate(HOSTILE)
    )


def test_real_nodes_are_read_with_their_counts(real: Store, tmp_path: Path, form: str) -> None:
    wanted = ("id", "is_model", "likes", "total_derivatives")
    assert read(real, NODES, tmp_path, form, ", ".join(wanted)) == [
        tuple(line[name] for name in wanted) for line in node_rows(real)
    ]


def test_real_edges_are_read(real: Store, tmp_path: Path, form: str) -> None:
    assert sorted(read(real, EDGES, tmp_path, form, "child, parent")) == sorted(edge_rows(real))
