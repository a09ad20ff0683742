"""rollups.parquet: one number a row, each once, and each the number that the program gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from store.choices import ATTRIBUTIONS, METRICS, POPULATIONS, RELATIONS, SIDES, Choices, Population, Side
from store.derivatives import derivatives
from store.recorded import recorded_rollup
from store.snapshots.rollups_file import COLUMNS
from store.standing import standing
from tests.store.conftest import Store
from tests.store.snapshots.conftest import Published, Snap

KEY = COLUMNS[:-1]


@pytest.fixture
def real(published: Published) -> Store:
    return published.store


@pytest.fixture
def path(published: Published) -> Path:
    return published.place / "rollups.parquet"


def value(path: Path, **where: Any) -> list[float]:
    """The values of the rows that have these in their columns."""
    condition = " AND ".join(f"{name} IS NOT DISTINCT FROM ${name}" for name in where)
    return [row[0] for row in duckdb.execute(f"SELECT value FROM '{path}' WHERE {condition}", where).fetchall()]


def test_every_key_is_there_once(path: Path) -> None:
    names = ", ".join(KEY)
    repeated = duckdb.execute(f"SELECT {names}, count(*) FROM '{path}' GROUP BY {names} HAVING count(*) > 1").fetchall()
    assert repeated == []


def test_the_rows_are_in_the_order_of_their_keys(path: Path) -> None:
    rows = duckdb.execute(f"SELECT {', '.join(KEY)} FROM '{path}'").fetchall()
    assert rows == sorted(rows, key=lambda row: [(cell is not None, cell) for cell in row])


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("population", POPULATIONS)
def test_countries_are_those_of_the_program(real: Store, path: Path, side: Side, population: Population) -> None:
    choices = Choices(side=side, population=population)
    told = recorded_rollup(real.connection, standing(real.connection), real.registry, "country", choices)
    assert told
    for key, counts in told.items():
        for metric in METRICS:
            where = {"dimension": "country", "key": key, "side": side, "population": population, "metric": metric}
            assert value(path, **where) == [counts[metric]]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_families_are_those_of_the_program(real: Store, path: Path, attribution: Any) -> None:
    for family in real.registry.families:
        told = derivatives(
            real.connection, family, real.registry, standing(real.connection), attribution=attribution, is_past=True
        )
        assert told is not None
        where = {"dimension": "family", "key": family, "attribution": attribution, "population": "all"}
        assert value(path, **where, metric="models", relation="all", distance="total") == [told.total]
        assert value(path, **where, metric="models", relation="all", distance="direct") == [told.direct]
        by_relation = {
            word: value(path, **where, metric="models", relation=word, distance="total") for word in RELATIONS
        }
        assert by_relation == {word: [told.relations[word]] for word in RELATIONS}
        assert value(path, dimension="family", key=family, metric="official") == [told.official]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_families_under_each_metric_are_those_of_the_program(real: Store, path: Path, attribution: Any) -> None:
    """The roll-up by family says the same of the whole number as the counts that take its place."""
    for population in POPULATIONS:
        choices = Choices(attribution=attribution, population=population)
        told = recorded_rollup(real.connection, standing(real.connection), real.registry, "family", choices)
        assert told
        for key, counts in told.items():
            for metric in METRICS:
                where = {"key": key, "attribution": attribution, "population": population, "metric": metric}
                distance = None if key in ("official", "none") else "total"
                assert value(path, dimension="family", relation="all", distance=distance, **where) == [counts[metric]]


def test_a_family_of_which_nothing_derives_has_its_zero(store: Store, snap: Snap) -> None:
    store.sweep([{"_id": f"{1:024x}", "id": "Qwen/Q"}])
    path = snap(store).place / "rollups.parquet"
    where = {"key": "deepseek", "attribution": "any", "metric": "models", "distance": "total", "relation": "all"}
    assert value(path, **where) == [0.0]
