"""PROV-JSON read back by the reference reader of PROV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prov.model import ProvDerivation, ProvDocument, ProvEntity

from store.exports.prov_file import write_prov
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, saved


def read(store: Store, path: Path) -> ProvDocument:
    rows = saved(path, write_prov, store)
    with path.open(encoding="utf-8") as file:
        document = ProvDocument.deserialize(file, format="json")
    assert len(list(document.get_records())) == rows
    return document


def entities(document: ProvDocument) -> dict[str, dict[str, Any]]:
    """name -> attribute -> value."""
    found = ({str(key.localpart): value for key, value in one.attributes} for one in document.get_records(ProvEntity))
    return {str(attributes["label"]): attributes for attributes in found}


def derivations(document: ProvDocument) -> list[dict[str, Any]]:
    return [
        {str(key.localpart): value for key, value in one.attributes} for one in document.get_records(ProvDerivation)
    ]


def test_models_and_their_data_are_those_of_the_store(real: Store, tmp_path: Path) -> None:
    same = (
        "publisher",
        "downloads",
        "likes",
        "gated",
        "task",
        "license",
        "parameters",
        "total_derivatives",
        "is_model",
    )
    found = entities(read(real, tmp_path / "lineage.prov.json"))
    assert {name: {key: data.get(key) for key in same} for name, data in found.items()} == {
        line["id"]: {key: line[key] for key in same} for line in node_rows(real)
    }


def test_a_derivative_was_derived_from_its_base(real: Store, tmp_path: Path) -> None:
    document = read(real, tmp_path / "lineage.prov.json")
    named = {one.identifier: str(one.label) for one in document.get_records(ProvEntity)}
    found = [(named[one["generatedEntity"]], named[one["usedEntity"]]) for one in derivations(document)]
    assert sorted(found) == sorted(edge_rows(real))


def test_the_relation_is_the_type_of_the_derivation(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"], "adapter")])
    (only,) = derivations(read(store, tmp_path / "lineage.prov.json"))
    assert (only["type"].uri, only["times"], only["parent_is_model"]) == ("urn:modelroots:adapter", 1, False)


def test_a_time_is_one(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/b", createdAt="2024-05-06T12:00:07.000Z")])
    created = entities(read(store, tmp_path / "lineage.prov.json"))["a/b"]["created_at"]
    assert created.isoformat() == "2024-05-06T12:00:07+00:00"


def test_hostile_names_come_back(hostile: Store, tmp_path: Path) -> None:
    assert set(HOSTILE) <= set(entities(read(hostile, tmp_path / "lineage.prov.json")))


def test_an_identifier_is_the_hub_s_address(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/b"), row("c/d", ["x y/é"])])
    document = read(store, tmp_path / "lineage.prov.json")
    found = {one.identifier.uri for one in document.get_records(ProvEntity) if one.identifier}
    assert {"https://huggingface.co/a/b"} <= found
    assert all(uri.isascii() and " " not in uri for uri in found)


def test_an_empty_store_is_a_document_without_records(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    assert list(read(store, tmp_path / "lineage.prov.json").get_records()) == []
