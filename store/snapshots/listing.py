"""The snapshots of a folder, and the manifests of those that were removed from it. Checks nothing: see `verifying`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from store.snapshots.manifest import Manifest, read_manifest

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


def newest_complete(found: Sequence[tuple[Path, Manifest]]) -> tuple[Path, Manifest] | None:
    """The last complete one of them, in the order of the chain."""
    return next(((place, manifest) for place, manifest in reversed(found) if manifest.complete), None)


def _in_time(path: Path) -> tuple[str, int]:
    date, _, crawl = path.name.removesuffix(".json").rpartition("-")
    return date, int(crawl)
