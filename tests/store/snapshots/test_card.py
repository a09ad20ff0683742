"""README.md as the Hub's own library reads it, and its dictionary against the files and the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from store.snapshots.dictionary import COLUMNS, TABLES
from store.snapshots.manifest import read_manifest

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def card(place: Path) -> DatasetCard:
    return DatasetCard((place / "README.md").read_text(encoding="utf-8"))


def head(card: DatasetCard) -> dict[str, Any]:
    found: dict[str, Any] = card.data.to_dict()  # type: ignore[no-untyped-call]
    return found


def test_each_table_is_a_configuration_of_the_dataset(card: DatasetCard, place: Path) -> None:
    told = head(card)["configs"]
    assert [one["config_name"] for one in told] == list(TABLES)
    assert [one["config_name"] for one in told if one.get("default")] == ["models"]
    assert all((place / one["data_files"]).is_file() for one in told)


def test_its_columns_are_those_of_the_files(card: DatasetCard, place: Path) -> None:
    for told in head(card)["dataset_info"]:
        schema = pq.read_schema(place / f"{told['config_name']}.parquet")
        wanted = {field.name: str(field.type).replace("double", "float64") for field in schema}
        assert {one["name"]: one["dtype"] for one in told["features"]} == wanted


def test_its_rows_are_those_of_the_manifest(card: DatasetCard, place: Path) -> None:
    manifest = read_manifest(place)
    for told in head(card)["dataset_info"]:
        assert told["splits"][0]["num_examples"] == manifest.rows(told["config_name"])


def test_it_has_a_licence_with_a_name_and_a_link(card: DatasetCard) -> None:
    data = head(card)
    assert data["license"] == "other"
    assert data["license_name"]
    assert data["license_link"].startswith("https://")


def test_it_tells_the_day_and_what_it_cannot_see(card: DatasetCard) -> None:
    assert "1970-01-01T00:33:20Z" in card.text
    assert "It cannot see models that are private" in card.text


def test_every_column_has_a_row_in_its_dictionary(card: DatasetCard, place: Path) -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", card.text, re.MULTILINE | re.DOTALL))
    for table in TABLES:
        told = re.findall(r"^\| `(\w+)` \|", sections[table], re.MULTILINE)
        assert told == pq.read_schema(place / f"{table}.parquet").names


def test_every_column_is_documented() -> None:
    text = (DOCS / "columns.md").read_text(encoding="utf-8")
    named = {
        name for names in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", names)
    }
    patterns = [name for name in COLUMNS["derivatives"] if re.fullmatch(r"(direct|total)_\w+", name)]
    assert "`direct_*`, `total_*`" in text
    assert {name for columns in COLUMNS.values() for name in columns} - {*patterns} - named == set()


def test_every_file_is_documented(place: Path) -> None:
    text = (DOCS / "snapshots.md").read_text(encoding="utf-8")
    assert [path.name for path in place.iterdir() if path.name not in text] == []
