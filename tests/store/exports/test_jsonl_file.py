"""JSON lines, read back by `json`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from store.exports.cells import iso
from store.exports.jsonl_file import write_jsonl
from store.exports.tables import EDGES, NODES, Table
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, saved


def written(store: Store, table: Table, path: Path) -> list[dict[str, Any]]:
    rows = saved(path, write_jsonl, store, table)
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == rows
    return [json.loads(line) for line in lines]


def test_an_object_a_node_with_the_columns_names(real: Store, tmp_path: Path) -> None:
    found = written(real, NODES, tmp_path / "nodes.jsonl")
    assert {tuple(line) for line in found} == {tuple(column.name for column in NODES.columns)}
    same = ("id", "publisher", "downloads", "likes", "gated", "task", "license", "parameters", "total_derivatives")
    assert [[line[name] for name in same] for line in found] == [
        [line[name] for name in same] for line in node_rows(real)
    ]


def test_times_are_iso_8601(real: Store, tmp_path: Path) -> None:
    found = written(real, NODES, tmp_path / "nodes.jsonl")
    times = [line["created_at"] for line in node_rows(real)]
    assert [line["created_at"] for line in found] == [None if time is None else iso(time) for time in times]


def test_edges_name_both_ends(real: Store, tmp_path: Path) -> None:
    found = written(real, EDGES, tmp_path / "edges.jsonl")
    assert [(line["child"], line["parent"]) for line in found] == edge_rows(real)


def test_what_a_ghost_has_not_is_null(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"])])
    ghost = written(store, NODES, tmp_path / "nodes.jsonl")[1]
    filled = {name: value for name, value in ghost.items() if value is not None}
    assert filled == {
        "id": "c/ghost", "publisher": "c", "is_model": False, "direct_derivatives": 1, "total_derivatives": 1,
    }  # fmt: skip


def test_hostile_names_come_back(hostile: Store, tmp_path: Path) -> None:
    assert {line["id"] for line in written(hostile, NODES, tmp_path / "nodes.jsonl")}.issuperset(HOSTILE)
    assert {line["parent"] for line in written(hostile, EDGES, tmp_path / "edges.jsonl")} == set(HOSTILE)


def test_nothing_in_the_file_steers_a_screen(hostile: Store, tmp_path: Path) -> None:
    written(hostile, NODES, tmp_path / "nodes.jsonl")
    text = (tmp_path / "nodes.jsonl").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", text)
