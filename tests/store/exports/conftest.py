"""Stores whose lineage is exported: hostile names, and real rows of which some have gone missing."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import pytest

from store.database import reading_together, writing
from store.exports.files import save
from store.exports.reading import Reader, readers_of
from store.exports.tables import Table
from store.registry.loader import load_registry
from tests.store.conftest import REGISTRY, Store, row

Listings: TypeAlias = Iterator[Sequence[dict[str, Any]]]

RADAR = Path(__file__).resolve().parents[3].parent / "shared" / "hub" / "radar"
_ODD = (
    "\x01\x07\x1b\x1f\x7f\x85\t\n\r \"'`<>&;,|\\%{}[]()$=+-~^*!#?:"
    "\u00a0\u00ad\u0301\u200b\u200f\u202e\u2028\ufeff\ufffd\ufffeé漢字א𝄞😀"
)


def _odd_name(number: int) -> str:
    """A name of odd characters that no tidying changes, the same in every run."""
    draw = random.Random(number)  # no secret
    return f"h{number}/a{''.join(draw.choices(_ODD, k=draw.randint(1, 12)))}z"


HOSTILE = [
    "=cmd()/x", "+a/b", "-a/b", "@a/b", 'quo"te/a,b', "back\\slash/a", "line\nbreak/a", "ta\tb/a", "re\rturn/a",
    "é/\u202ea", "a/\x1b[31m", "a/\x9b2J", "a/𝄞\U0001f600", "<b>&amp;/'a", "a/]]>", "a/\ufffe\uffff", "solo",
    "a/\u2028b", *map(_odd_name, range(182)),
]  # fmt: skip
"""Two hundred names."""


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Listings]], Path]:
    """Makes a database of a name from listings swept one after the other, once."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "families.toml").write_text(REGISTRY, encoding="utf-8")

    def made(name: str, listings: Callable[[], Listings]) -> Path:
        path = folder / f"{name}.db"
        if not path.exists():
            with writing(path) as connection:
                store = Store(connection, load_registry(folder), path)
                for rows in listings():
                    store.sweep(rows)
        return path

    return made


def filled(store: Store, database: Path) -> Store:
    """The store with all that the database holds."""
    with closing(sqlite3.connect(database)) as source:
        source.backup(store.connection)
    return store


def _hostile_rows() -> Listings:
    yield [
        *(row(name) for name in HOSTILE),
        *(row(f"z/child-{place}", [name]) for place, name in enumerate(HOSTILE)),
    ]


def _real_rows() -> Listings:
    for file in sorted(RADAR.glob("*.jsonl.gz"))[:2]:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield [json.loads(line) for line in lines]


@pytest.fixture
def hostile(store: Store, swept: Callable[..., Path]) -> Store:
    """Each hostile name is a model, and has a derivative."""
    return filled(store, swept("hostile", _hostile_rows))


@pytest.fixture
def real(store: Store, swept: Callable[..., Path]) -> Store:
    """Two real listings, one after the other: models of the first alone are missing."""
    if not RADAR.is_dir():
        pytest.skip("../shared/hub/radar is not here")
    return filled(store, swept("real", _real_rows))


@pytest.fixture
def two(store: Store) -> Iterator[list[sqlite3.Connection]]:
    """Two connections of their own to the store, as threads need them."""
    with reading_together(store.path, 2) as connections:
        yield connections


def readers(store: Store) -> list[Reader]:
    """One reader of the whole lineage."""
    return readers_of([store.connection])


def saved(path: Path, write: Callable[..., int], store: Store, *table: Table, **options: Any) -> int:
    """Writes a file of the whole lineage; tells what the format's function tells."""
    return save(path, lambda file: write(readers(store), *table, file, **options))


def node_rows(store: Store) -> list[dict[str, Any]]:
    """The nodes as one plain query gives them."""
    counted = {
        distance: " + ".join(f"{distance}_{word}" for word in ("unknown", "finetune", "adapter", "quantized", "merge"))
        for distance in ("direct", "total")
    }
    found = store.connection.execute(f"""
        SELECT node.name AS id, publisher.name AS publisher, model.id IS NOT NULL AS is_model,
            lower(hex(hub_id)) AS hub_id, created_at, modified_at, downloads, downloads_all_time, likes,
            (SELECT text FROM label WHERE id = gated_id) AS gated, disabled,
            (SELECT text FROM label WHERE id = task_id) AS task,
            (SELECT text FROM label WHERE id = library_id) AS library,
            (SELECT text FROM label WHERE id = license_id) AS license, parameters, relation,
            coalesce((SELECT {counted["direct"]} FROM lineage_count WHERE node_id = node.id), 0) AS direct_derivatives,
            coalesce((SELECT {counted["total"]} FROM lineage_count WHERE node_id = node.id), 0) AS total_derivatives
        FROM node JOIN publisher ON publisher.id = publisher_id
        LEFT JOIN model ON model.node_id = node.id AND missing_since IS NULL
        WHERE model.id IS NOT NULL OR node.id IN (SELECT parent_id FROM edge)
        ORDER BY model.id IS NULL, model.id, node.id""")
    return [dict(zip([told[0] for told in found.description], values, strict=True)) for values in found]


def edge_rows(store: Store) -> list[tuple[str, str]]:
    """(child, parent) as one plain query gives them, in the order of the exports."""
    return store.all("""
        SELECT child.name, parent.name FROM edge
        JOIN node AS child ON child.id = child_id JOIN node AS parent ON parent.id = parent_id
        ORDER BY parent_id, child_id""")


__all__ = ["HOSTILE", "edge_rows", "node_rows"]


def root_of(path: Path) -> ElementTree.Element:
    """Of a file that this test has just written: the parser, which is not made for hostile XML, reads no other."""
    return ElementTree.parse(path).getroot()  # noqa: S314  # a file that the test has just written
