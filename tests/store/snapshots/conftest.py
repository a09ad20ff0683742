"""Snapshots of small, hostile and real lineages; and whole chains of them, a day each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from store.database import writing
from store.registry.loader import load_registry
from store.snapshots.creating import Made, create
from store.snapshots.marks import mark
from store.standing import standing
from tests.store.conftest import REGISTRY, Store, row
from tests.store.exports.conftest import RADAR, hostile, real, swept

Snap = Callable[..., Made]
PROGRAM = "modelroots test"

SMALL = [
    row("Qwen/Q", createdAt="2026-01-02T03:04:05.000Z", likes=7, downloads=70, pipeline_tag="text-generation"),
    row("alice/ft", ["Qwen/Q"], downloads=5),
    row("alice/lora", ["alice/ft"], "adapter"),
    row("bob/gguf", ["Qwen/Q"], "quantized"),
    row("carol/blend", ["Qwen/Q", "meta-llama/L"], "merge"),
    row("meta-llama/L"),
    row("erin/orphan", ["Qwen/Gone"]),
    row("frank/path", ["/home/frank/secret/model"]),
]


@pytest.fixture
def small(store: Store) -> Store:
    """A family with a derivative of each kind, a ghost's child, and one whose base is no model's name."""
    store.sweep(SMALL)
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def snap(folder: Path) -> Snap:
    """Makes the snapshot of a store's last crawl, with the switches of `mark`."""

    def made(store: Store, into: Path = folder, **switches: bool) -> Made:
        found = mark(store.connection, standing(store.connection), **switches)
        return create(store.path, into, found, program=PROGRAM)

    return made


class Published(NamedTuple):
    """A store and the snapshot of it: both to be read alone, by many tests."""

    store: Store
    place: Path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Two real listings, one after the other, as `real` has them."""
    files = sorted(RADAR.glob("*.jsonl.gz"))[:2]
    if not files:
        pytest.skip("../shared/hub/radar is not here")
    folder = tmp_path_factory.mktemp("published")
    (folder / "families.toml").write_text(REGISTRY, encoding="utf-8")
    with writing(folder / "real.db") as connection:
        store = Store(connection, load_registry(folder), folder / "real.db")
        for file in files:
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                store.sweep([json.loads(line) for line in lines])
        found = mark(connection, standing(connection))
        yield Published(store, create(store.path, folder / "snapshots", found, program=PROGRAM).place)


@pytest.fixture
def place(small: Store, snap: Snap) -> Path:
    """A snapshot of the small lineage."""
    return snap(small).place


def finish_on(store: Store, day: str, rows: Sequence[dict[str, Any]] = SMALL) -> None:
    """A sweep that ends at noon of that day."""
    crawl = store.sweep(rows)
    store.connection.execute("UPDATE crawl SET finished_at = unixepoch(?) WHERE id = ?", (f"{day} 12:00:00", crawl.id))


def partial_on(store: Store, day: str) -> None:
    """The same of a sweep that lists too little to be complete."""
    finish_on(store, day, SMALL[:3])


@pytest.fixture
def chain(store: Store, folder: Path, snap: Snap) -> list[Path]:
    """Three snapshots, of three days."""
    places = []
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        finish_on(store, day)
        places.append(snap(store).place)
    assert sorted(places) == sorted(path for path in folder.iterdir() if path.is_dir())
    return places


def writable(path: Path) -> Path:
    """A file of a snapshot that can be written to, as one who tampers with it makes it."""
    path.parent.chmod(0o755)
    path.chmod(0o644)
    return path


__all__ = ["PROGRAM", "SMALL", "Published", "Snap", "finish_on", "hostile", "partial_on", "real", "swept", "writable"]
