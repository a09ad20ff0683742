"""Whether a snapshot is what its manifest says, and whether the chain of all of them is unbroken. Changes nothing.

What it cannot find: that the newest snapshot's manifest and SHA256SUMS were both written anew, since no later one names
the hash of the old manifest; and that the newest snapshots were taken away altogether. A copy elsewhere tells.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from store.snapshots.listing import places, removed
from store.snapshots.manifest import MANIFEST, SUMS, FileFacts, Manifest, parsed, sha256_of, sums

LINEAGE = "lineage.db"


class Fault(NamedTuple):
    """Something that is not as the manifests say: in which snapshot, in which file of it, and what."""

    snapshot: str
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.snapshot}/{self.file}: {self.problem}"


def verify(place: Path) -> list[Fault]:
    """Everything that is wrong within one snapshot's folder, file by file; empty where it is sound.

    It needs nothing but the folder, which may be a copy under any name. The order of the chain is `verify_chain`'s.
    """
    if not place.is_dir():
        return [Fault(place.name, MANIFEST, "there is no such snapshot")]
    try:
        data = (place / MANIFEST).read_bytes()
        manifest = parsed(data)
    except (OSError, ValueError) as error:
        return [Fault(place.name, MANIFEST, _unreadable(error))]
    found = [*_sums(place, manifest, data), *_files(place, manifest), *_extra(place, manifest)]
    return [Fault(place.name, file, problem) for file, problem in found]


def verify_chain(folder: Path) -> list[Fault]:
    """Everything that is wrong between the snapshots of a folder, those among them that retention has removed included.

    Each but the first must name the one before it, with the hash that the manifest of that one has.
    """
    data = {path.stem: path.read_bytes() for path in removed(folder)}
    for place in places(folder):
        path = place / MANIFEST
        data[place.name] = path.read_bytes() if path.is_file() else b""
    found, links = [], {}
    for name, text in data.items():
        try:
            links[name] = parsed(text)
        except ValueError as error:
            found.append(Fault(name, MANIFEST, _unreadable(error)))
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in data.items()}
    found += [Fault(name, MANIFEST, problem) for name in links for problem in _link(name, links, hashes)]
    return found + [Fault(name, MANIFEST, problem) for name, problem in _told_twice(links)]


def _sums(place: Path, manifest: Manifest, data: bytes) -> Iterator[tuple[str, str]]:
    """SHA256SUMS is, to the byte, what follows from the manifest. It alone can tell that the manifest was changed."""
    path, digest = place / SUMS, hashlib.sha256(data).hexdigest()
    if not path.is_file():
        yield SUMS, "is missing"
        return
    there = path.read_bytes()
    if there == sums(manifest, digest):
        return
    if f"{digest}  {MANIFEST}\n".encode() in there:
        yield SUMS, f"is not what follows from {MANIFEST}"
    else:
        yield MANIFEST, f"its SHA-256 is {digest}, and {SUMS} has another: one of the two was changed"


def _files(place: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name, facts in manifest.files.items():
        path = place / name
        if path.is_symlink() or not path.is_file():
            yield name, "is missing" if not path.exists() else "is not a file of its own"
        elif path.stat().st_size != facts.bytes:
            yield name, f"has {path.stat().st_size:,} bytes, and the manifest says {facts.bytes:,}"
        elif sha256_of(path) != facts.sha256:
            yield name, "its SHA-256 is not what the manifest says: it was changed"
        else:
            yield from ((name, problem) for problem in _within(path, facts, manifest))


def _within(path: Path, facts: FileFacts, manifest: Manifest) -> Iterator[str]:
    """What a file that has the right hash may still lack: only one who wrote the manifest can have done that."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = pq.read_metadata(path).num_rows
        if rows != facts.rows:
            yield f"has {rows:,} rows, and the manifest says {facts.rows}"
    if path.name == LINEAGE:
        yield from _database(path, manifest)


def _database(path: Path, manifest: Manifest) -> Iterator[str]:
    """The database's own check, and whether it holds as many models and edges as the tables."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            told = [text for (text,) in connection.execute("PRAGMA integrity_check")]
            if told != ["ok"]:
                yield f"SQLite finds it damaged: {told[0]}"
            for table in ("models", "edges", "derivatives"):
                rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                if rows != manifest.rows(table):
                    yield f"has {rows:,} {table}, and {table}.parquet {manifest.rows(table):,}"
    except sqlite3.DatabaseError as error:
        yield f"SQLite cannot read it: {error}"


def _extra(place: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    expected = {*manifest.files, MANIFEST, SUMS}
    for path in sorted(place.iterdir()):
        if path.name not in expected:
            yield path.name, "is not of this snapshot: the manifest does not name it"


def _link(name: str, links: dict[str, Manifest], hashes: dict[str, str]) -> Iterator[str]:
    manifest = links[name]
    if manifest.name != name:
        yield f"is that of {manifest.name}: the folder was renamed, or the file copied"
    before = manifest.previous
    if before is None:
        if manifest.number != 1:
            yield f"has number {manifest.number} and names none before it"
        return
    if before.name not in hashes:
        yield f"names {before.name} as the one before it, which is neither here nor among the removed ones"
    elif hashes[before.name] != before.sha256:
        yield f"names another SHA-256 for the manifest of {before.name}, which was changed since"
    elif before.name in links and links[before.name].number != manifest.number - 1:
        yield f"has number {manifest.number}, and {before.name} before it number {links[before.name].number}"


def _told_twice(links: dict[str, Manifest]) -> Iterator[tuple[str, str]]:
    """Two of one number: a second chain was laid beside the first, or one put in its middle."""
    by_number: dict[int, str] = {}
    for name, manifest in sorted(links.items(), key=lambda item: item[1].number):
        other = by_number.setdefault(manifest.number, name)
        if other != name:
            yield name, f"has number {manifest.number}, which {other} has too"


def _unreadable(error: Exception) -> str:
    if isinstance(error, OSError):
        return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
    return f"is no manifest: {error}"
