"""Which snapshots of a folder are kept, and the removing of the others.

Of each of the last days that have a snapshot one is kept, and of each of the last months: the newest complete one, else
the newest. Whatever is asked, the newest snapshot stays, and so does the newest complete one. Of one that is removed
the manifest is kept, in `removed/`: the chain goes through it, and tells that it was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from store.exports.files import atomically
from store.snapshots.durable import PART, alone, discard, on_disk
from store.snapshots.listing import REMOVED, manifests
from store.snapshots.manifest import MANIFEST, Manifest, SnapshotError


class Keep(NamedTuple):
    """Of how many days, and of how many months, one snapshot each is kept."""

    daily: int = 0
    monthly: int = 0


class Dated(NamedTuple):
    """What decides whether a snapshot is kept: its folder, its day, whether it is complete or accepted."""

    place: Path
    date: str
    is_publishable: bool


def dated(place: Path, manifest: Manifest) -> Dated:
    return Dated(place, manifest.date, manifest.publishable)


def superseded(found: Sequence[Dated], keep: Keep) -> list[Dated]:
    """Those that go; `found` is in the order of the chain, and so is what is returned."""
    publishable = [one for one in found if one.is_publishable]
    kept = {*found[-1:], *publishable[-1:], *_newest(found, "day", keep.daily), *_newest(found, "month", keep.monthly)}
    return [one for one in found if one not in kept]


def remove_superseded(folder: Path, keep: Keep) -> list[Path]:
    """Removes those that go, oldest first, and returns where they were. Raises `SnapshotError`, `Locked`."""
    try:
        with alone(folder):
            gone = [one.place for one in superseded([dated(*found) for found in manifests(folder)], keep)]
            for place in gone:
                _remove(place)
    except OSError as error:
        raise SnapshotError(f"A snapshot in {folder} could not be removed: {error}. The others are kept.") from error
    return gone


def _newest(found: Sequence[Dated], period: Literal["day", "month"], number: int) -> list[Dated]:
    """The one to keep of each of the last periods that have any."""
    letters = len("2026-11-24" if period == "day" else "2026-11")
    newest: dict[str, Dated] = {}
    for one in found:
        before = newest.get(one.date[:letters])
        if before is None or one.is_publishable or not before.is_publishable:
            newest[one.date[:letters]] = one
    return [newest[start] for start in sorted(newest, reverse=True)[:number]]


def _remove(place: Path) -> None:
    """The manifest is laid aside before anything goes; then the folder goes at once, and its files after."""
    with atomically(place.parent / REMOVED / f"{place.name}.json") as beside:
        beside.write_bytes((place / MANIFEST).read_bytes())
        beside.chmod(0o444)
        on_disk(beside)
    on_disk(place.parent / REMOVED)
    leaving = place.with_name(f".{place.name}{PART}")
    place.chmod(0o755)
    place.rename(leaving)
    on_disk(place.parent)
    discard(leaving)
