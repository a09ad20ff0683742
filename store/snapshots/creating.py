"""The immutable snapshot of one crawl: files, and a manifest with their hashes. A first version.

It is written beside its place and renamed into it, then made read-only: it is there whole, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

from store.exports.cells import iso
from store.exports.parquet_file import write_parquet
from store.exports.tables import DERIVATIVES, EDGES, MODELS
from store.snapshots.manifest import MANIFEST, SnapshotError
from store.standing import Standing


def create(connection: sqlite3.Connection, folder: Path, basis: Standing, *, program: str) -> Path:
    """Writes `folder/DATE-CRAWL/` and returns it; one that is there already is left as it is.

    Raises `SnapshotError` for a crawl that is not complete, and where the folder cannot be written.
    """
    if not basis.complete:
        raise SnapshotError(
            f"Crawl {basis.crawl} is no ground for a snapshot: {basis.note or 'no sweep is complete yet'}. "
            "Run `modelroots crawl sweep` to the end first."
        )
    place = folder / f"{iso(basis.finished_at)[:10]}-{basis.crawl}"
    if place.exists():
        return place
    beside = folder / f".{place.name}.{os.getpid()}.part"
    try:
        _fill(connection, beside, basis, program)
        beside.rename(place)
    except OSError as error:
        raise SnapshotError(f"No snapshot could be written to {folder}: {error}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def _fill(connection: sqlite3.Connection, folder: Path, basis: Standing, program: str) -> None:
    folder.mkdir(parents=True)
    files = {}
    for table in (MODELS, EDGES, DERIVATIVES):
        path = folder / f"{table.name}.parquet"
        rows = write_parquet([connection], table, path)
        files[path.name] = {"rows": rows, "bytes": path.stat().st_size, "sha256": _sha256(path)}
    manifest = {
        "schema_version": 1,
        "as_of": {"crawl": basis.crawl, "finished_at": iso(basis.finished_at), "complete": basis.complete},
        "endpoint": basis.endpoint,
        "program": program,
        "ledger": basis.ledger,
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o444)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
