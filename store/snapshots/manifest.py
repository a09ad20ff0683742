"""What a snapshot says of itself: manifest.json, and SHA256SUMS beside it. No file but these two is read or written.

The manifest has the size and the hash of every other file. Its own hash stands in SHA256SUMS, and in the manifest of
the next snapshot, so that whoever changes one must change all that follow. SHA256SUMS follows from the manifest, in the
form that `sha256sum --check` reads.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from store.errors import StoreError

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
FORM = 1
"""Raised when a reader of an older manifest would misread it."""


class SnapshotError(StoreError):
    """A snapshot that cannot be made, read or used; what there is stays as it is."""


class FileFacts(msgspec.Struct, frozen=True):
    """One file: its bytes and SHA-256 (hex); its rows where it is a table."""

    rows: int | None
    bytes: int
    sha256: str


class Previous(msgspec.Struct, frozen=True):
    """The snapshot before this one: its name, and the SHA-256 (hex) of its manifest.json."""

    name: str
    sha256: str


class CrawlFacts(msgspec.Struct, frozen=True):
    """The crawl behind it: number, kind and state, when it finished (ISO 8601, UTC), the Hub's address.

    `complete`: it stands on a complete sweep. `basis` and `unseen` are phrases: the crawls behind the figures, and what
    those cannot see.
    """

    number: int
    kind: str
    state: str
    finished_at: str
    endpoint: str
    complete: bool
    basis: str
    unseen: str


class Versions(msgspec.Struct, frozen=True):
    """What wrote the files: under other versions the same lineage may be other bytes."""

    program: str
    schema: str
    python: str
    pyarrow: str
    sqlite: str


class Manifest(msgspec.Struct, frozen=True):
    """A snapshot: its number in the chain, from 1 on; its name, `DATE-CRAWL`; and what is in it.

    `state` is `complete` or `partial`, `note` why it is partial. `accepted`: too few derivatives of tracked bases are
    known, and it stands as the newest state all the same. `ledger` is the crawl's. `registry` has the fingerprints
    of the families and origins that were in force. `previous` is None of the first snapshot of a folder alone.
    """

    schema_version: int
    number: int
    name: str
    date: str
    state: str
    note: str | None
    crawl: CrawlFacts
    versions: Versions
    registry: dict[str, str | None]
    ledger: dict[str, int]
    files: dict[str, FileFacts]
    previous: Previous | None
    accepted: bool = False

    @property
    def complete(self) -> bool:
        return self.state == "complete"

    @property
    def publishable(self) -> bool:
        """Whether it may stand as the newest state of the whole Hub."""
        return self.complete or self.accepted

    @property
    def bytes(self) -> int:
        """Of all the files that it tells of."""
        return sum(facts.bytes for facts in self.files.values())

    def rows(self, table: str) -> int:
        """How many rows a table has: `models`, `edges`, `derivatives` or `rollups`."""
        facts = self.files.get(f"{table}.parquet")
        return facts.rows or 0 if facts else 0


def read_manifest(place: Path) -> Manifest:
    """The manifest of the snapshot in this folder, as it stands there: nothing is checked but its form.

    Raises `SnapshotError` where there is none that can be read.
    """
    path = place / MANIFEST
    try:
        return parsed(path.read_bytes())
    except OSError as error:
        raise SnapshotError(
            f"{place} is no snapshot that can be read: its {MANIFEST}: {error.strerror}. "
            "Restore it from a copy, or move it out of the folder of snapshots."
        ) from error
    except ValueError as error:
        raise SnapshotError(
            f"{path} is no manifest: {error}. Restore the snapshot from a copy, or move it out of the folder."
        ) from error


def parsed(data: bytes) -> Manifest:
    """The manifest in these bytes. Raises `ValueError`, which says what is wrong and where."""
    manifest = msgspec.json.decode(data, type=Manifest)
    if manifest.schema_version != FORM:
        message = f"it has form {manifest.schema_version}, and this program reads form {FORM}"
        raise ValueError(message)
    wrong = [name for name in manifest.files if "/" in name or name in ("", ".", "..", MANIFEST, SUMS)]
    if wrong:
        message = f"it tells of a file {wrong[0]!r}, which no snapshot has"
        raise ValueError(message)
    return manifest


def written(manifest: Manifest) -> bytes:
    """The text of manifest.json: the same manifest gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def sums(manifest: Manifest, manifest_sha256: str) -> bytes:
    """The text of SHA256SUMS, which has every file of the snapshot but itself."""
    hashes = {name: facts.sha256 for name, facts in manifest.files.items()} | {MANIFEST: manifest_sha256}
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
