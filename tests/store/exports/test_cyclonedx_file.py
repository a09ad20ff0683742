"""Bills of materials, read by CycloneDX's own validator."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from store.exports.cyclonedx_file import write_cyclonedx
from store.exports.files import save
from store.exports.reading import readers_of
from store.exports.selection import selected
from store.standing import standing
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def bill(store: Store, path: Path, model: str) -> Any:
    """The validated document of one model."""
    numbers = store.all("SELECT id FROM node WHERE name = ?", model)
    chosen = readers_of([store.connection], selected(store.connection, numbers, up=True))
    write = partial(write_cyclonedx, chosen, model=model, basis=standing(store.connection), version="1.2.3")
    components = save(path, write)
    text = path.read_text(encoding="utf-8")
    assert VALIDATOR.validate_str(text) is None
    found = json.loads(text)
    assert components == 1 + len(ancestors(found))
    return found


def ancestors(found: Any) -> dict[str, Any]:
    """The ancestors by what they are called in the document."""
    told = found["metadata"]["component"].get("pedigree", {}).get("ancestors", [])
    return {one["bom-ref"]: one for one in told}


def bases(component: Any) -> dict[str, list[str]]:
    """Relation -> the bases that are declared with it."""
    told: dict[str, list[str]] = {}
    for one in component.get("properties", []):
        if one["name"].startswith("modelroots:base:"):
            told.setdefault(one["name"].rpartition(":")[2], []).append(one["value"])
    return told


def test_the_ancestors_are_all_that_a_model_derives_from(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/base"), row("b/ft", ["a/base"]), row("c/m", ["b/ft", "x/ghost"], "merge"), row("d/other")])
    found = bill(store, tmp_path / "bill.json", "c/m")
    assert set(ancestors(found)) == {"a/base", "b/ft", "x/ghost"}
    assert bases(found["metadata"]["component"]) == {"merge": ["b/ft", "x/ghost"]}
    assert bases(ancestors(found)["b/ft"]) == {"finetune": ["a/base"]}


def test_models_have_purls_and_ghosts_none(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/base"), row("b/ft", ["a/base", "x/ghost"])])
    found = bill(store, tmp_path / "bill.json", "b/ft")
    assert found["metadata"]["component"]["purl"] == "pkg:huggingface/b/ft"
    assert ancestors(found)["a/base"]["purl"] == "pkg:huggingface/a/base"
    assert "purl" not in ancestors(found)["x/ghost"]


@pytest.mark.parametrize(
    ("tag", "wanted"), [("apache-2.0", {"id": "Apache-2.0"}), ("llama3.1", {"name": "llama3.1"})]
)  # fmt: skip
def test_a_licence_has_its_spdx_identifier_where_there_is_one(
    store: Store, tmp_path: Path, tag: str, wanted: dict[str, str]
) -> None:
    store.sweep([row("a/base", tags=[f"license:{tag}"])])
    found = bill(store, tmp_path / "bill.json", "a/base")
    assert found["metadata"]["component"]["licenses"] == [{"license": wanted}]


def test_a_circle_is_told_once(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/one", ["b/two"]), row("b/two", ["a/one"])])
    assert set(ancestors(bill(store, tmp_path / "bill.json", "a/one"))) == {"b/two"}


def test_the_same_crawl_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/base"), row("b/ft", ["a/base"])])
    bill(store, tmp_path / "first.json", "b/ft")
    bill(store, tmp_path / "second.json", "b/ft")
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()


def test_hostile_names_make_valid_bills(hostile: Store, tmp_path: Path) -> None:
    for place, name in enumerate(HOSTILE):
        assert set(ancestors(bill(hostile, tmp_path / "bill.json", f"z/child-{place}"))) == {name}


def test_real_lineages_make_valid_bills(real: Store, tmp_path: Path) -> None:
    children: dict[str, set[str]] = {}
    for child, parent in edge_rows(real):
        children.setdefault(child, set()).add(parent)
    many = sorted(children, key=lambda child: (-len(children[child]), child))[:10]
    for child in many:
        assert children[child] - {child} <= set(ancestors(bill(real, tmp_path / "bill.json", child)))
