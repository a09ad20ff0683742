"""docs/at-scale.md, run as it stands over snapshots of a generated Hub, and held against the program's own numbers.

The DuckDB half is part of every run; the PySpark half where PySpark is installed, as `make test-scale` has it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from typing import Any, TypeAlias

import duckdb
import pyarrow.parquet as pq
import pytest

from crawler.replica.generate import generate
from store.choices import RELATIONS
from tests.jobs.program import ROOT, Program, opened_hub

MODELS = int(os.environ.get("SCALE_MODELS", "2000"))
"""Of the generated Hub; `make test-scale` asks for more."""

DAYS = {"2026-01-01": MODELS * 9 // 10, "2026-01-02": MODELS}
"""How many models each day's Hub has."""

Rows: TypeAlias = list[tuple[Any, ...]]
Ask: TypeAlias = Callable[[str], Rows]


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A folder with a day's snapshot of each Hub, laid as days, and the registry's origins."""
    program = Program(tmp_path_factory.mktemp("scaled"))
    for day, models in DAYS.items():
        with opened_hub(generate(models, seed=3), keep_log=False) as hub:
            program.succeeds("crawl", "sweep", "--endpoint", hub.url)
        with closing(sqlite3.connect(program.database)) as connection, connection:
            newest = "id = (SELECT max(id) FROM crawl)"
            connection.execute(f"UPDATE crawl SET finished_at = unixepoch(?) WHERE {newest}", (f"{day} 12:00:00",))
        program.succeeds("snapshot", "create")
    program.succeeds("snapshot", "tree", "days")
    program.succeeds("origins", "--csv", "-o", "origins.csv")
    return program


def blocks(language: str) -> list[str]:
    """What the document has in a language."""
    text = (ROOT / "docs" / "at-scale.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found
    return found


@pytest.fixture(scope="module")
def in_duckdb(scaled: Program) -> Iterator[Ask]:
    """Reads a table that the document makes."""
    with chdir(scaled.folder), closing(duckdb.connect()) as connection:
        for block in blocks("sql"):
            connection.execute(block)
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def in_spark(scaled: Program) -> Iterator[Ask]:
    pytest.importorskip("pyspark", reason="PySpark is not installed: make test-scale")
    names: dict[str, Any] = {}
    with chdir(scaled.folder):
        for block in blocks("python"):
            exec(block, names)  # noqa: S102  # the document's own code
        for table in ("closure", "counted", "countries", "origins_of_roots"):
            names[table].createOrReplaceTempView(table)
        yield lambda query: [tuple(row) for row in names["spark"].sql(query).collect()]
        names["spark"].stop()


@pytest.fixture(scope="module", params=["duckdb", "spark"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Asks an engine, after all that the document does in it."""
    found: Ask = request.getfixturevalue(f"in_{request.param}")
    return found


def day_rows(program: Program, day: str, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(program.folder / "days" / f"date={day}" / f"{table}.parquet").to_pylist()
    return rows


@pytest.mark.parametrize("day", DAYS)
def test_the_derivatives_of_every_base_are_the_program_s(scaled: Program, ask: Ask, day: str) -> None:
    found = ask(f"SELECT id, relation, derivatives FROM counted WHERE date = '{day}'")
    wanted = {
        (row["id"], word): row[f"total_{word}"]
        for row in day_rows(scaled, day, "derivatives")
        for word in RELATIONS
        if row[f"total_{word}"]
    }
    assert len(wanted) > 50
    assert {(name, relation): number for name, relation, number in found} == wanted


def test_the_models_of_a_country_s_publishers_are_the_program_s(scaled: Program, ask: Ask) -> None:
    answer = scaled.asks("rollup", "--by", "country", "--side", "publisher")
    found = ask(f"SELECT key, models FROM countries WHERE date = '{max(DAYS)}'")
    assert dict(found) == {item["key"]: item["models"] for item in answer["items"] if item["models"]}


def test_the_models_of_a_country_s_roots_are_the_program_s(scaled: Program, ask: Ask) -> None:
    answer = scaled.asks("rollup", "--by", "country")
    found = ask(f"SELECT key, models FROM origins_of_roots WHERE date = '{max(DAYS)}'")
    assert dict(found) == {item["key"]: item["models"] for item in answer["items"]}


@pytest.mark.parametrize("day", DAYS)
def test_the_closure_holds_each_pair_once_and_every_edge(scaled: Program, ask: Ask, day: str) -> None:
    pairs = ask(f"SELECT id, ancestor FROM closure WHERE date = '{day}'")
    assert len(pairs) == len(set(pairs))
    assert {(row["child"], row["parent"]) for row in day_rows(scaled, day, "edges")} <= set(pairs)


def test_each_day_has_the_models_of_its_hub(scaled: Program) -> None:
    assert {day: len(day_rows(scaled, day, "models")) for day in DAYS} == DAYS
