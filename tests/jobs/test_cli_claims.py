"""`claims` and `benchmark`, as they are typed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.jobs.program import Program, Reader

TABLE = "name,developer,score\nQwen/Qwen3-8B,Alibaba Cloud,61\nSomething,Nobody at all,60\n"
FIELDS = ["id", "text", "claimed", "verdict", "reason", "source", "date", "measured"]


@pytest.fixture
def table(asked: Reader) -> Path:
    path = asked.folder / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_claims_have_their_fields(asked: Reader) -> None:
    assert [list(item) for item in asked.asks("claims")["items"]] == [FIELDS] * 15


def test_a_small_database_tests_no_claim_about_the_hub(asked: Reader) -> None:
    item = asked.asks("claims")["items"][0]
    assert (item["id"], item["verdict"]) == ("qwen-100000", "not testable here")
    assert "it knows 7 models, and 1,000,000 are needed" in item["reason"]


def test_what_is_measured_is_printed_all_the_same(asked: Reader) -> None:
    hub = next(item for item in asked.asks("claims")["items"] if item["id"] == "hub-qwen")
    assert hub["measured"][:2] == [
        {"definition": "all derivatives", "value": 5},
        {"definition": "direct derivatives", "value": 3},
    ]


def test_a_table_of_claims_has_a_row_for_each_definition(asked: Reader) -> None:
    rows = list(csv.DictReader(io.StringIO(asked.succeeds("claims", "--csv").stdout)))
    assert sum(row["id"] == "hub-qwen" for row in rows) == 5


def test_quiet_gives_each_claim_once(asked: Reader) -> None:
    names = asked.succeeds("claims", "-q").stdout.split()
    assert len(names) == len(set(names)) == 15


def test_claims_about_a_table_are_measured_where_one_is_given(asked: Reader, table: Path) -> None:
    items = asked.asks("claims", "--benchmark", table)["items"]
    assert next(item for item in items if item["id"] == "top20-cn")["measured"][0]["value"] == 1


def test_claims_can_be_asked_as_of_a_crawl(asked: Reader) -> None:
    assert asked.asks("claims", "--as-of", 1) == asked.asks("claims")


def test_claims_go_to_a_file(asked: Reader) -> None:
    assert asked.succeeds("claims", "--json", "-o", "claims.json").stdout == ""
    assert (asked.folder / "claims.json").is_file()


def test_claims_without_a_database_fail(program: Program) -> None:
    assert program.run("claims").code == 1


def test_a_benchmark_is_counted_by_country_without_a_database(program: Program) -> None:
    (program.folder / "table.csv").write_text(TABLE, encoding="utf-8")
    assert program.asks("benchmark", "table.csv")["items"] == [
        {"key": "CN", "models": 1, "share": 0.5},
        {"key": "unreviewed", "models": 1, "share": 0.5},
    ]


def test_a_benchmark_names_what_it_cannot_place(asked: Reader, table: Path) -> None:
    assert "Something (Nobody at all)" in asked.succeeds("benchmark", table).stdout


def test_a_benchmark_of_nothing_has_no_items(program: Program) -> None:
    (program.folder / "table.csv").write_text("name,developer,score\n", encoding="utf-8")
    assert program.asks("benchmark", "table.csv")["items"] == []


def test_a_table_without_its_columns_fails(program: Program) -> None:
    (program.folder / "table.csv").write_text("model\nOne\n", encoding="utf-8")
    ran = program.run("benchmark", "table.csv")
    assert (ran.code, ran.stdout) == (1, "")
    assert "no column name, developer, score" in ran.stderr


def test_a_broken_claims_file_fails_with_its_place(asked: Reader) -> None:
    folder = asked.folder / "registry"
    folder.mkdir(exist_ok=True)
    (folder / "families.toml").write_text('[qwen]\npublishers = ["Qwen"]\n', encoding="utf-8")
    (folder / "claims.toml").write_text('[[claim]]\nid = "one"\n', encoding="utf-8")
    ran = asked.run("--registry", folder, "claims")
    assert (ran.code, ran.stdout) == (1, "")
    assert "claim one" in ran.stderr
