"""What was made of the registry's files is taken only for files that are the same to the byte."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from store.errors import RegistryError
from store.registry import remembered
from store.registry.loader import SHIPPED, Registry
from store.registry.remembered import place_of
from tests.store.conftest import Store, row


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, to be changed."""
    made = tmp_path / "registry"
    made.mkdir()
    for name in ("families.toml", "origins.csv"):
        shutil.copy(SHIPPED / name, made)
    return made


@pytest.fixture
def place(folder: Path, tmp_path: Path) -> Path:
    """Where what was made of them is kept."""
    Registry(folder).keep(tmp_path / "kept.registry")
    return tmp_path / "kept.registry"


def everything(registry: Registry) -> list[Any]:
    return [registry.families, registry.fingerprint, registry.origins, registry.origins_fingerprint]


def test_the_same_files_are_not_read_again(folder: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(Registry(folder))
    monkeypatch.setattr(tomllib, "loads", None)
    monkeypatch.setattr("store.registry.loader._sha256", None)
    assert everything(Registry(folder, place=place)) == before


def test_a_file_that_was_changed_is_read_and_the_other_is_not(folder: Path, place: Path) -> None:
    with (folder / "families.toml").open("a", encoding="utf-8") as file:
        file.write('\n[new]\npublishers = ["new"]\n')
    found = Registry(folder, place=place)
    assert "new" in found.families
    assert found.fingerprint == Registry(folder).fingerprint != Registry().fingerprint
    assert found.origins_fingerprint == Registry().origins_fingerprint


def test_other_origins_are_told_from_those_that_were_kept(folder: Path, place: Path) -> None:
    (folder / "origins.csv").unlink()
    assert Registry(folder, place=place).origins_fingerprint == Registry(folder).origins_fingerprint
    assert Registry(folder, place=place).origins == ()


def test_a_file_that_cannot_be_read_is_no_file_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    (folder / "origins.csv").unlink()
    Registry(folder).keep(tmp_path / "kept")
    (folder / "origins.csv").mkdir()
    with pytest.raises(RegistryError, match="cannot be read"):
        _ = Registry(folder, place=tmp_path / "kept").origins_fingerprint


@pytest.mark.parametrize(
    "spoilt", ["", "[]", "{", '{"format": 0, "made": {}}', '{"format": 1}', '{"format": 1, "made": {}}']
)
def test_what_cannot_be_used_is_as_if_it_were_not_there(folder: Path, place: Path, spoilt: str) -> None:
    place.write_text(spoilt)
    assert everything(Registry(folder, place=place)) == everything(Registry(folder))


def test_what_another_version_made_is_not_taken(folder: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = json.loads(place.read_text())
    for made in kept["made"].values():
        made["fingerprint"] = "of old rules"
    place.write_text(json.dumps(kept))
    assert Registry(folder, place=place).fingerprint == "of old rules"
    monkeypatch.setattr(remembered, "FORMAT", remembered.FORMAT + 1)
    assert Registry(folder, place=place).fingerprint == Registry(folder).fingerprint


def test_what_is_kept_is_of_the_bytes_that_were_read(folder: Path, tmp_path: Path) -> None:
    registry = Registry(folder)
    before = registry.families
    (folder / "families.toml").write_text('[other]\npublishers = ["other"]\n', encoding="utf-8")
    registry.keep(tmp_path / "kept")
    assert list(Registry(folder, place=tmp_path / "kept").families) == ["other"]
    shutil.copy(SHIPPED / "families.toml", folder)
    assert Registry(folder, place=tmp_path / "kept").families == before


def test_a_crawl_keeps_it_for_its_owner_alone(store: Store) -> None:
    store.sweep([row("Qwen/A")])
    assert place_of(store.path).stat().st_mode & 0o777 == 0o600
    assert remembered.recalled(place_of(store.path))


def test_where_it_cannot_be_written_the_crawl_ends_well(store: Store) -> None:
    place_of(store.path).mkdir()
    assert store.sweep([row("Qwen/A")]).state == "complete"
    assert remembered.recalled(place_of(store.path)) == {}
