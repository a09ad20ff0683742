"""The snapshot of one crawl: a folder of files, written beside its place and renamed into it: whole, or not there.

Nothing in it comes from the clock, the process or the machine, so two of the same lineage are the same to the byte.
"""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from store.database import HEAD, reading_together
from store.exports.files import save
from store.exports.parquet_file import write_parquet
from store.exports.reading import readers_of
from store.exports.tables import DERIVATIVES, EDGES, MODELS, Table
from store.snapshots.card import README, write_card
from store.snapshots.durable import PART, alone, discard, settle
from store.snapshots.lineage_db import LINEAGE, write_lineage
from store.snapshots.listing import newest
from store.snapshots.manifest import (
    FORM,
    MANIFEST,
    SUMS,
    FileFacts,
    Manifest,
    SnapshotError,
    Versions,
    read_manifest,
    sha256_of,
    sums,
    written,
)
from store.snapshots.marks import Mark
from store.snapshots.metadata_file import METADATA, write_metadata
from store.snapshots.quality_file import QUALITY, write_quality
from store.snapshots.rollups_file import write_rollups

READERS = 2
"""Connections that a table is read with at once, each in a thread."""


class Made(NamedTuple):
    """A snapshot's folder; `is_new` is false where it was there already, and was left as it is."""

    place: Path
    is_new: bool


@dataclass(frozen=True)
class _Marked(Table):
    """A table whose file says of itself which crawl is behind it."""

    told: Mapping[str, str]

    @property
    def schema(self) -> pa.Schema:
        return super().schema.with_metadata(dict(self.told))


def create(database: Path, folder: Path, mark: Mark, *, program: str) -> Made:
    """Writes `folder/DATE-CRAWL/`, unless it is there.

    To be called while nobody writes to the database: the files are read from it one after the other. Raises
    `SnapshotError`, and then nothing is left behind; `Locked`.
    """
    place = folder / mark.name
    try:
        with alone(folder):
            if place.exists():
                _be_sure_it_is_the_same(place, mark)
                return Made(place, is_new=False)
            beside = folder / f".{mark.name}{PART}"
            try:
                beside.mkdir()
                rows = _fill(database, beside, mark, program)
                _seal(beside, _manifest(beside, folder, mark, rows, program))
                settle(beside, place)
            finally:
                discard(beside)
    except (OSError, sqlite3.Error) as error:
        raise SnapshotError(
            f"No snapshot could be written to {folder}: {error}. Nothing is left of it; make room, or name another."
        ) from error
    return Made(place, is_new=True)


def _be_sure_it_is_the_same(place: Path, mark: Mark) -> None:
    there, asked = read_manifest(place), mark.crawl
    if (there.crawl.finished_at, there.crawl.endpoint) != (asked.finished_at, asked.endpoint):
        raise SnapshotError(
            f"{place} is the snapshot of another crawl {there.crawl.number}: of {there.crawl.endpoint}, finished at "
            f"{there.crawl.finished_at}. Give each database a folder of snapshots of its own."
        )


def _fill(database: Path, folder: Path, mark: Mark, program: str) -> dict[str, int]:
    """Every file but the manifest; how many rows each table has."""
    told = {f"modelroots.{name}": text for name, text in mark.facts.items()}
    tables = [_Marked(**vars(table), told=told) for table in (MODELS, EDGES, DERIVATIVES)]
    with reading_together(database, READERS) as connections:
        readers = readers_of(connections)
        rows = {
            table.name: save(folder / f"{table.name}.parquet", partial(write_parquet, readers, table))
            for table in tables
        }
        rows["rollups"] = write_rollups(connections[0], mark.basis.crawl, folder / "rollups.parquet", told)
    write_quality(mark, folder / QUALITY)
    write_card(mark, {name: pq.read_schema(folder / f"{name}.parquet") for name in rows}, rows, folder / README)
    write_lineage(database, mark, folder / LINEAGE, program=program)
    write_metadata(mark, folder / METADATA)
    return rows


def _manifest(beside: Path, folder: Path, mark: Mark, rows: Mapping[str, int], program: str) -> Manifest:
    number, previous = newest(folder)
    return Manifest(
        schema_version=FORM,
        number=number + 1,
        name=mark.name,
        date=mark.date,
        state=mark.state,
        note=mark.note,
        crawl=mark.crawl,
        versions=Versions(program, HEAD, platform.python_version(), pa.__version__, sqlite3.sqlite_version),
        registry={"families": mark.basis.registry_fingerprint, "origins": mark.basis.origins_fingerprint},
        ledger=mark.basis.ledger,
        files={
            path.name: FileFacts(rows.get(path.stem), path.stat().st_size, sha256_of(path))
            for path in sorted(beside.iterdir())
        },
        previous=previous,
        accepted=mark.accepted,
    )


def _seal(folder: Path, manifest: Manifest) -> None:
    """The manifest, and SHA256SUMS over it and everything that it tells of."""
    (folder / MANIFEST).write_bytes(written(manifest))
    (folder / SUMS).write_bytes(sums(manifest, sha256_of(folder / MANIFEST)))
