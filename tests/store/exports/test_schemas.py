"""GraphML and GEXF held against their schemas by lxml: the real rows, hostile names, and files with a warning."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

import pytest
from lxml import etree

from store.exports.gexf_file import write_gexf
from store.exports.graphml_file import write_graphml
from store.exports.reading import readers_of
from tests.store.conftest import Store, row
from tests.store.exports.conftest import saved

SCHEMAS = Path(__file__).parent / "schemas"
WRITERS: dict[str, Callable[..., int]] = {
    "graphml": write_graphml,
    "gexf": partial(write_gexf, finished_at=1_790_000_000),
}
ROWS = [row("Qwen/A"), row("a/1", ["Qwen/A", "a/ghost"], createdAt="0001-01-01T00:00:00.000Z"), row("a/2", ["a/1"])]


def complaints(kind: str, file: Path | IO[bytes] | bytes) -> list[str]:
    """What the schema says against a file, a sentence each."""
    schema = etree.XMLSchema(etree.parse(SCHEMAS / f"{kind}.xsd"))
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)
    document = etree.fromstring(file, parser) if isinstance(file, bytes) else etree.parse(file, parser)
    schema.validate(document)
    return [entry.message for entry in schema.error_log]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("rows", ["real", "hostile"])
def test_a_file_fulfils_its_schema(kind: str, rows: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store: Store = request.getfixturevalue(rows)
    assert saved(tmp_path / "lineage", WRITERS[kind], store) > 200
    assert complaints(kind, tmp_path / "lineage") == []


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("rows", [[], ROWS])
def test_so_does_one_of_nothing_and_one_with_a_warning(
    kind: str, rows: list[dict[str, object]], store: Store, tmp_path: Path
) -> None:
    store.sweep(rows)
    with (tmp_path / "lineage").open("wb") as file:
        WRITERS[kind](readers_of([store.connection], warning="Not <all> & of \x01 it"), file)
    assert complaints(kind, tmp_path / "lineage") == []


@pytest.mark.parametrize(
    ("kind", "wrong", "instead", "told"),
    [
        ("graphml", r' id="n1"', "", "required but missing"),
        ("graphml", r' id="n1"', ' id="a/1"', "not a valid value"),
        ("graphml", r' id="n2"', ' id="n1"', "Duplicate key-sequence"),
        ("graphml", r' target="n1"', ' target="n99"', "No match found for key-sequence"),
        ("graphml", r'<data key="\w+">', '<data key="none">', "No match found for key-sequence"),
        ("graphml", r'attr.type="long"', 'attr.type="bigint"', "not an element of the set"),
        ("graphml", r' edgedefault="directed"', "", "required but missing"),
        ("gexf", r' id="Qwen/A"', "", "required but missing"),
        ("gexf", r' id="a/1"', ' id="Qwen/A"', "Duplicate key-sequence"),
        ("gexf", r' target="Qwen/A"', ' target="b/B"', "No match found for key-sequence"),
        ("gexf", r'<attvalue for="\w+"', '<attvalue for="none"', "No match found for key-sequence"),
        ("gexf", r'lastmodifieddate="[\d-]+"', 'lastmodifieddate="yesterday"', "not a valid value"),
        ("gexf", r' start="\d+-\d+-\d+"', ' start="2026-08-21 06:00"', "not a valid value"),
        ("gexf", r' version="1.3"', ' version="1.2"', "fixed"),
        ("gexf", r"<edges>", "<edges/><edges>", "not expected"),
    ],
)
def test_what_is_wrong_is_found(kind: str, wrong: str, instead: str, told: str, store: Store, tmp_path: Path) -> None:
    store.sweep(ROWS)
    saved(tmp_path / "lineage", WRITERS[kind], store)
    text = (tmp_path / "lineage").read_text(encoding="utf-8")
    spoilt, times = re.subn(wrong, instead, text, count=1)
    assert times == 1
    assert any(told in complaint for complaint in complaints(kind, spoilt.encode())), complaints(kind, spoilt.encode())
