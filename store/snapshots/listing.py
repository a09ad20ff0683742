"""The snapshots of a folder, and the manifests of those that were removed from it. Checks nothing: see `verifying`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from store.snapshots.manifest import MANIFEST, Manifest, Previous, SnapshotError, parsed, read_manifest, sha256_of

REMOVED = "removed"
"""The folder, among the snapshots, that keeps the manifests of those that retention has removed."""

_NAME = re.compile(r"\d{4}-\d\d-\d\d-\d+")


def places(folder: Path) -> list[Path]:
    """Every snapshot's folder, by name: what is not called `DATE-CRAWL` is none."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_dir()), key=_in_time)


def removed(folder: Path) -> list[Path]:
    """The manifests of removed snapshots, by name: `removed/DATE-CRAWL.json`."""
    found = (folder / REMOVED).glob("*.json") if folder.is_dir() else ()
    return sorted((path for path in found if _NAME.fullmatch(path.stem)), key=_in_time)


def manifests(folder: Path) -> Iterator[tuple[Path, Manifest]]:
    """Each snapshot's folder and manifest, in the order of the chain. Raises `SnapshotError`."""
    found = [(place, read_manifest(place)) for place in places(folder)]
    yield from sorted(found, key=lambda pair: pair[1].number)


def newest(folder: Path) -> tuple[int, Previous | None]:
    """The number that the chain has come to, and what the next one must name; 0 and None where there is none.

    Raises `SnapshotError` where a manifest cannot be read: nobody can then say where the chain ends.
    """
    files = {place.name: place / MANIFEST for place in places(folder)}
    files |= {path.stem: path for path in removed(folder) if path.stem not in files}
    numbers = {name: _number(path) for name, path in files.items()}
    if not numbers:
        return 0, None
    last = max(numbers, key=numbers.__getitem__)
    return numbers[last], Previous(last, sha256_of(files[last]))


def _number(path: Path) -> int:
    if path.name == MANIFEST:
        return read_manifest(path.parent).number
    try:
        return parsed(path.read_bytes()).number
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} is no manifest: {error}. Restore it from a copy.") from error


def _in_time(path: Path) -> tuple[str, int]:
    date, _, crawl = path.name.removesuffix(".json").rpartition("-")
    return date, int(crawl)
