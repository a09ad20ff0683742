"""Real rows: the older state of the Hub as a dump, the newer one swept, and the same answers as of two sweeps."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.replica.rows import load_rows
from tests.jobs.program import Program, Row, opened_hub
from tests.jobs.test_radar import COUNTS, FILES, Naive, names_of, rows_of

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/hub/radar is not here")

KEPT = (
    "_id",
    "id",
    "author",
    "createdAt",
    "lastModified",
    "downloads",
    "likes",
    "pipeline_tag",
    "library_name",
    "tags",
)
QUESTIONS = (
    ("derivatives", "qwen", "deepseek", "llama", "gemma"),
    ("growth", "qwen", "--by", "crawl"),
    ("growth", "qwen", "--by", "month"),
)


def write_dump(path: Path, rows: list[Row], *, with_ids: bool) -> None:
    """As the public dumps are: the card as text, the gating as a word, bases only in tags and cards."""
    table = [
        {name: row.get(name) for name in KEPT if with_ids or name != "_id"}
        | {"gated": str(row.get("gated")), "cardData": json.dumps(row.get("cardData"))}
        for row in rows
    ]
    pq.write_table(pa.Table.from_pylist(table), path, row_group_size=5_000)


def two_states(folder: Path, *, with_ids: bool) -> Program:
    """The second file imported, the third swept."""
    program = Program(folder)
    write_dump(folder / "older.parquet", rows_of(FILES[1]), with_ids=with_ids)
    program.succeeds("import", "older.parquet")
    with opened_hub(load_rows(FILES[2])) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return two_states(tmp_path_factory.mktemp("imported"), with_ids=True)


@pytest.fixture(scope="module")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return two_states(tmp_path_factory.mktemp("nameless"), with_ids=False)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The same two states, both swept."""
    program = Program(tmp_path_factory.mktemp("swept"))
    with opened_hub([]) as hub:
        for path in FILES[1:3]:
            hub.replica.catalogue = load_rows(path)
            program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("kind", ["imported", "nameless"])
def test_the_difference_from_a_dump_to_a_sweep_is_that_of_their_rows(kind: str, request: pytest.FixtureRequest) -> None:
    program: Program = request.getfixturevalue(kind)
    former, latter = rows_of(FILES[1]), rows_of(FILES[2])
    found: dict[str, set[str]] = defaultdict(set)
    for item in program.asks("diff", 1, 2)["items"]:
        found[item["change"]].add(item["name"])
    names = {row["_id"]: row["id"] for row in [*former, *latter]}
    before, now = names_of(former), names_of(latter)
    assert found["new"] == {names[one] for one in now - before}
    assert found["gone"] == {names[one] for one in before - now}
    assert found["back"] == set()


@pytest.mark.parametrize("kind", ["imported", "nameless"])
def test_the_bases_that_changed_are_those_between_two_sweeps(
    kind: str, swept: Program, request: pytest.FixtureRequest
) -> None:
    def changed(program: Program) -> list[Any]:
        return [item for item in program.asks("diff", 1, 2)["items"] if item["change"] in ("re-parented", "relation")]

    expected = changed(swept)
    assert expected
    assert changed(request.getfixturevalue(kind)) == expected


def test_every_model_of_a_dump_has_the_derivatives_that_a_naive_search_finds(tmp_path: Path) -> None:
    program = Program(tmp_path)
    write_dump(tmp_path / "older.parquet", rows_of(FILES[1]), with_ids=True)
    program.succeeds("import", "older.parquet")
    counts = {name: (direct, total) for name, direct, total in program.query(COUNTS)}
    assert counts == Naive.of(rows_of(FILES[1])).counts()


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("crawl", [1, 2])
def test_questions_as_of_either_are_answered_as_between_sweeps(
    imported: Program, swept: Program, question: tuple[str, ...], crawl: int
) -> None:
    asked = (*question, "--as-of", str(crawl))
    assert imported.asks(*asked)["items"] == swept.asks(*asked)["items"]


def test_the_ledger_of_a_dump_is_that_of_a_sweep(imported: Program, swept: Program) -> None:
    ledger = "SELECT models, models_declaring, references_declared, repeats, resolved, edges, dangling, ghosts, malformed, self_references, cycles, models_in_cycles, disagreements FROM computation"  # noqa: E501
    assert imported.query(ledger) == swept.query(ledger)


def test_the_day_of_the_dump_is_the_day_of_its_answers(imported: Program) -> None:
    newest = max(row["lastModified"] for row in rows_of(FILES[1]))
    assert imported.asks("derivatives", "qwen", "--as-of", newest[:10])["as_of"]["crawl"] == 1
