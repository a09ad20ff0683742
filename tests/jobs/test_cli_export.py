"""`export`: what it writes where, of the whole and of parts, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest
import zstandard

from tests.jobs.program import Program, Reader, model, opened_hub, small_rows


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl", "jsonl.zst"])
def test_an_export_has_every_node_and_edge(asked: Reader, form: str, tmp_path: Path) -> None:
    asked.succeeds("export", "--format", form, "--out", tmp_path)
    nodes, edges = (rows_of(tmp_path / f"{name}.{form}") for name in ("nodes", "edges"))
    assert {row["id"] for row in nodes} == {row["id"] for row in small_rows()} | {"Qwen/Gone"}
    assert {(row["child"], row["parent"], row["relation"]) for row in edges} == {
        ("alice/ft", "Qwen/Q", "finetune"),
        ("alice/lora", "alice/ft", "adapter"),
        ("bob/gguf", "Qwen/Q", "quantized"),
        ("erin/orphan", "Qwen/Gone", "finetune"),
        ("dave/card", "alice/ft", "unknown"),
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        found: list[dict[str, str]] = pyarrow.parquet.read_table(path).to_pylist()
        return found
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".zst":
        return [json.loads(line) for line in zstandard.open(path, "rt", encoding="utf-8")]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_export_says_what_it_wrote(asked: Reader, tmp_path: Path) -> None:
    items = asked.asks("export", "--out", tmp_path)["items"]
    assert [(item["name"], item["rows"]) for item in items] == [
        (str(tmp_path / "nodes.csv"), 8),
        (str(tmp_path / "edges.csv"), 5),
    ]


@pytest.mark.parametrize(
    ("form", "file"),
    [("graphml", "lineage.graphml"), ("gexf", "lineage.gexf"), ("cytoscape", "lineage.cyjs"), ("dot", "lineage.dot"),
     ("mermaid", "lineage.mmd"), ("prov", "lineage.prov.json")],
)  # fmt: skip
def test_a_graph_is_one_file_with_every_node_and_edge(asked: Reader, form: str, file: str, tmp_path: Path) -> None:
    (item,) = asked.asks("export", "--format", form, "--out", tmp_path)["items"]
    assert (item["name"], item["rows"]) == (str(tmp_path / file), 13)
    assert (tmp_path / file).stat().st_size == item["bytes"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--format", "graphml"], "made.graphml"),
        (["--format", "prov"], "all.json"),
        (["--format", "jsonl.zst", "--table", "nodes"], "nodes.jsonl.zst"),
    ],
)
def test_one_file_may_have_a_name_and_takes_the_place_of_an_older_one(
    asked: Reader, words: list[str], name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("older", encoding="utf-8")
    (item,) = asked.asks("export", *words, "-o", tmp_path / name)["items"]
    assert item["name"] == str(tmp_path / name)
    assert (tmp_path / name).stat().st_size == item["bytes"] > len("older")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["kimi", "v1.2"])
def test_what_ends_like_no_file_is_a_folder_for_it(asked: Reader, name: str, tmp_path: Path) -> None:
    (item,) = asked.asks("export", "--format", "gexf", "-o", tmp_path / name)["items"]
    assert item["name"] == str(tmp_path / name / "lineage.gexf")


def test_two_tables_are_not_one_file(asked: Reader, tmp_path: Path) -> None:
    ran = asked.run("export", "-o", tmp_path / "lineage.csv")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--table" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_a_bill_of_materials_is_of_one_model(asked: Reader) -> None:
    found = asked.run("export", "--format", "cyclonedx", "--above", "alice/lora", "--out", "-").json
    component = found["metadata"]["component"]
    assert component["purl"] == "pkg:huggingface/alice/lora"
    assert [one["purl"] for one in component["pedigree"]["ancestors"]] == [
        "pkg:huggingface/Qwen/Q", "pkg:huggingface/alice/ft",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "nodes", "edges"),
    [
        (["--below", "Qwen/Q"], 5, 4),
        (["--below", "Qwen/Q", "--depth", "1"], 3, 2),
        (["--below", "Qwen/Gone"], 2, 1),
        (["--above", "alice/lora"], 3, 2),
        (["--relation", "adapter", "--relation", "quantized"], 4, 2),
        (["--below", "alice/ft", "--relation", "adapter"], 2, 1),
    ],
)
def test_a_part_is_what_was_asked_for(asked: Reader, tmp_path: Path, part: list[str], nodes: int, edges: int) -> None:
    found = asked.asks("export", *part, "--out", tmp_path)
    assert [item["rows"] for item in found["items"]] == [nodes, edges]
    assert found["choices"][part[0].removeprefix("--")]


def test_a_family_is_its_official_models_and_what_derives_from_them(asked: Reader, tmp_path: Path) -> None:
    asked.succeeds("export", "--family", "qwen", "--out", tmp_path)
    (counted,) = asked.asks("derivatives", "qwen")["items"]
    models = [row for row in rows_of(tmp_path / "nodes.csv") if row["is_model"] == "true"]
    assert len(models) == counted["official"] + counted["total"]


def test_an_earlier_crawl_is_exported_as_it_was(prepared: Program, tmp_path: Path) -> None:
    rows = small_rows()
    with opened_hub(rows) as hub:
        prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    prepared.succeeds("export", "--out", tmp_path / "then")
    with opened_hub([*rows, model(9, "late/one", ("merge", "Qwen/Q"))]) as hub:
        prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    prepared.succeeds("export", "--out", tmp_path / "again", "--as-of", "1")
    prepared.succeeds("export", "--out", tmp_path / "now")
    then, again, now = ((tmp_path / name / "edges.csv").read_bytes() for name in ("then", "again", "now"))
    assert then == again != now
    assert (tmp_path / "then" / "nodes.csv").read_bytes() == (tmp_path / "again" / "nodes.csv").read_bytes()


def test_stdout_takes_one_table(asked: Reader) -> None:
    ran = asked.succeeds("export", "--out", "-", "--table", "edges", "--below", "alice/ft", "--depth", "1")
    assert ran.stdout.splitlines()[0] == "child,parent,relation,times,parent_is_model"
    assert len(ran.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (["--out", "-"], "--table nodes"),
        (["--format", "gexf", "--table", "nodes"], "one file"),
        (["--depth", "2"], "--below"),
        (["--below", "a/b", "--family", "qwen"], "choose one"),
        (["--format", "cyclonedx"], "--above ID"),
        (["--format", "hub-stats", "--below", "Qwen/Q"], "all models"),
    ],
)
def test_what_cannot_be_is_a_usage_error_with_the_way_out(asked: Reader, words: list[str], way_out: str) -> None:
    ran = asked.run("export", *words)
    assert (ran.code, ran.stdout) == (2, "")
    assert way_out in ran.stderr


@pytest.mark.parametrize(("option", "name"), [("--family", "qwem"), ("--below", "Qwen/Quu"), ("--above", "nobody/x")])
def test_an_unknown_name_writes_nothing(asked: Reader, tmp_path: Path, option: str, name: str) -> None:
    ran = asked.run("export", option, name, "--out", tmp_path / "out")
    assert (ran.code, ran.stdout) == (1, "")
    assert name in ran.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("below", ["", "/folder"])
def test_an_export_to_where_a_file_is_says_so(asked: Reader, tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    ran = asked.run("export", "--out", f"{tmp_path / 'taken'}{below}")
    assert (ran.code, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1)
    assert f"{tmp_path / 'taken'}" in ran.stderr
    assert "--out" in ran.stderr
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_an_export_to_where_nothing_can_be_written_says_so(asked: Reader) -> None:
    ran = asked.run("export", "--out", "/proc/lineage")
    assert (ran.code, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1)
    assert "/proc/lineage" in ran.stderr
    assert "--out" in ran.stderr
