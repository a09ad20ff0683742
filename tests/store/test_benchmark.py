"""A table of models by country: by publisher, by developer, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.benchmark import Entry, Placed, by_country, load_benchmark
from store.errors import RegistryError
from store.registry.loader import load_registry

FAMILIES = """
[qwen]
developer = "Alibaba Cloud"
publishers = ["Qwen"]
[gemma]
developer = "Google"
include = ["google/*gemma*"]
[claude]
developer = "Anthropic"
publishers = ["Anthropic"]
"""
ORIGINS = """publisher,country,kind,name,source,checked
Qwen,CN,company,Qwen team (of Alibaba),https://example.org,2026-11-24
google,US,company,Alphabet,https://example.org,2026-11-24
mistralai,FR,company,Mistral AI (Paris),https://example.org,2026-11-24
"""


def placed(folder: Path, *models: tuple[str, str]) -> Placed:
    (folder / "families.toml").write_text(FAMILIES, encoding="utf-8")
    (folder / "origins.csv").write_text(ORIGINS, encoding="utf-8")
    return by_country(tuple(Entry(name, developer, 1.0) for name, developer in models), load_registry(folder))


@pytest.mark.parametrize(
    ("name", "developer", "country"),
    [
        ("Qwen/Qwen3-8B", "", "CN"),
        ("Qwen3 8B", "alibaba cloud", "CN"),
        ("Mistral Medium", "Mistral AI", "FR"),
        ("Gemini", "Google", "US"),
        ("nobody/Model", "Google", "US"),
        ("Claude", "Anthropic", "unreviewed"),
        ("Something", "", "unreviewed"),
    ],
)
def test_a_model_is_placed_by_publisher_or_developer(tmp_path: Path, name: str, developer: str, country: str) -> None:
    assert placed(tmp_path, (name, developer)).models == {country: 1}


def test_countries_stand_in_the_order_of_their_models(tmp_path: Path) -> None:
    found = placed(tmp_path, ("a", "Mistral AI"), ("b", "Google"), ("c", "Google"), ("d", "Alibaba Cloud"))
    assert list(found.models.items()) == [("US", 2), ("CN", 1), ("FR", 1)]


def test_models_without_a_place_are_named(tmp_path: Path) -> None:
    assert placed(tmp_path, ("Claude", "Anthropic"), ("b", "Google")).unplaced == ("Claude (Anthropic)",)


def test_a_table_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("score,name,developer\n61.5,One,Google\n60,Two,\n", encoding="utf-8")
    assert load_benchmark(path) == (Entry("One", "Google", 61.5), Entry("Two", "", 60.0))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,score\nOne,1\n", "no column developer"),
        ("name,developer,score\nOne,Google,high\n", "line 2: score: 'high'"),
        ("name,developer,score\n,Google,1\n", "line 2: no name"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=told):
        load_benchmark(path)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be read"):
        load_benchmark(tmp_path / "none.csv")
