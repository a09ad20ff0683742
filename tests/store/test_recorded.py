"""Answers that a computation wrote down: which rules they follow from, and that no others are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.choices import Choices
from store.recorded import recorded_rollup
from store.registry.loader import Registry
from store.standing import standing
from tests.store.conftest import REGISTRY, Store, row

OTHER_FAMILIES = '[qwen]\npublishers = ["Qwen", "someone"]\n'
OTHER_ORIGINS = "publisher,country,kind,name,source,checked\nQwen,CN,lab,Qwen,https://example.org/qwen,2026-01-01\n"


def registry(folder: Path, families: str, origins: str | None = None) -> Registry:
    folder.mkdir()
    (folder / "families.toml").write_text(families, encoding="utf-8")
    if origins is not None:
        (folder / "origins.csv").write_text(origins, encoding="utf-8")
    return Registry(folder)


@pytest.mark.parametrize(
    ("families", "origins", "is_recorded"),
    [
        (REGISTRY, None, {"country": True, "family": True}),
        (OTHER_FAMILIES, None, {"country": True, "family": False}),
        (REGISTRY, OTHER_ORIGINS, {"country": False, "family": True}),
        ("[qwen", None, {"country": True}),  # it would fail to be read
    ],
)
def test_each_follows_from_its_own_rules_alone(
    store: Store, tmp_path: Path, families: str, origins: str | None, is_recorded: dict[str, bool]
) -> None:
    store.sweep([row("Qwen/A"), row("a/1", ["Qwen/A"])])
    now = registry(tmp_path / "now", families, origins)
    basis = standing(store.connection)
    found = {by: recorded_rollup(store.connection, basis, now, by, Choices()) for by in is_recorded}
    assert {by: answer is not None for by, answer in found.items()} == is_recorded
