"""`origins` and its lint, through the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.program import Reader, opened_hub
from tests.store.conftest import REGISTRY
from tests.store.test_rollups import ORIGINS
from tests.store.test_worked_example import EXAMPLE


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    program = Reader(tmp_path_factory.mktemp("origins"))
    (program.folder / "families.toml").write_text(REGISTRY, encoding="utf-8")
    bad = "Nobody,FR,person,,hearsay,2026-11-24\n"
    (program.folder / "origins.csv").write_text(ORIGINS + bad, encoding="utf-8")
    (program.folder / "modelroots.toml").write_text(f'registry = "{program.folder}"\n', encoding="utf-8")
    with opened_hub(EXAMPLE) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


def test_every_row_is_listed(asked: Reader) -> None:
    items = asked.asks("origins")["items"]
    assert len(items) == 8
    assert items[0] == {
        "publisher": "Qwen",
        "country": "CN",
        "kind": "company",
        "name": "Qwen",
        "source": "https://example.org",
        "checked": "2026-11-24",
    }


def test_the_lint_ranks_those_that_wait_by_what_waits_on_them(asked: Reader) -> None:
    items = asked.asks("origins", "lint")["items"]
    assert [(item["publisher"], item["derivatives"]) for item in items] == [("gina", 2), ("frank", 1)]


def test_the_lint_says_what_is_wrong(asked: Reader) -> None:
    answer = asked.asks("origins", "lint")
    assert [problem.split(": ", 1)[1].split(" (")[0].split(";")[0] for problem in answer["choices"]["problems"]] == [
        "no source that a reader can follow",
        "no name",
        "no longer seen in the database",
    ]
    assert "line 9, Nobody: no name" in asked.succeeds("origins", "lint").stdout


@pytest.mark.parametrize("by", ["country", "family"])
def test_shares_are_of_all_models_where_origins_have_changed_since_the_crawl(
    asked: Reader, tmp_path: Path, by: str
) -> None:
    (tmp_path / "families.toml").write_text(REGISTRY, encoding="utf-8")
    items = asked.asks("--registry", tmp_path, "rollup", "--by", by)["items"]
    assert [item["share"] for item in items] == [pytest.approx(item["models"] / len(EXAMPLE)) for item in items]


def test_a_folder_that_holds_no_country_is_told(tmp_path: Path) -> None:
    (tmp_path / "families.toml").write_text(REGISTRY, encoding="utf-8")
    (tmp_path / "origins.csv").write_text(ORIGINS.replace("CN,company,Qwen", "China,company,Qwen"), encoding="utf-8")
    ran = Reader(tmp_path).run("--registry", tmp_path, "origins")
    assert ran.code == 1
    assert "'China' is no country" in ran.stderr
