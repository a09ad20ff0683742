"""The tables of many snapshots as one partitioned table: `OUT/date=YYYY-MM-DD/models.parquet` and so on.

Of each day the newest complete snapshot that is sound. The files are hard links, which take no room; copies where the
file system has no links between the two places. DuckDB, Polars, Spark and Trino read `date` from the folders' names.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from store.snapshots.listing import manifests
from store.snapshots.manifest import SnapshotError, sha256_of
from store.snapshots.verifying import Fault, verify

TABLES = ("models.parquet", "edges.parquet", "derivatives.parquet", "rollups.parquet")

_DAY = re.compile(r"date=\d{4}-\d\d-\d\d")


class Laid(NamedTuple):
    """A day: the snapshot that stands for it, whether any file is a copy, and what is wrong with newer ones of it.

    `snapshot` is None where none of the day is sound, or where there is none (any more): then nothing was touched.
    """

    date: str
    snapshot: str | None
    copied: bool
    passed_over: list[Fault]


def lay(folder: Path, out: Path) -> Iterator[Laid]:
    """Lays the tree, day by day; what is there already for a day is replaced, file by file. Raises `SnapshotError`."""
    days: dict[str, list[Path]] = {}
    for place, manifest in manifests(folder):
        if manifest.publishable:
            days.setdefault(manifest.date, []).insert(0, place)
    for date in sorted(days.keys() | _there(out)):
        passed_over: list[Fault] = []
        for place in days.get(date, []):
            faults = verify(place)
            if not faults:
                yield Laid(date, place.name, _day(place, out / f"date={date}"), passed_over)
                break
            passed_over += faults
        else:
            yield Laid(date, None, copied=False, passed_over=passed_over)


def _there(out: Path) -> set[str]:
    """The days that the tree has already."""
    if not out.exists():
        return set()
    if not out.is_dir():
        raise SnapshotError(f"{out} is a file. Name a folder; it is made where there is none.")
    return {path.name.removeprefix("date=") for path in out.iterdir() if _DAY.fullmatch(path.name)}


def _day(place: Path, day: Path) -> bool:
    """Whether any file had to be copied."""
    copied = False
    try:
        day.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            _put(place / name, day / name)
            copied |= not (day / name).samefile(place / name)
    except OSError as error:
        raise SnapshotError(f"{day} could not be laid: {error}. Name another folder.") from error
    return copied


def _put(source: Path, target: Path) -> None:
    """Readers of the target see the old file or the new one, whole."""
    if target.exists() and (target.samefile(source) or sha256_of(target) == sha256_of(source)):
        return
    beside = target.with_name(f".{target.name}.part")
    beside.unlink(missing_ok=True)
    try:
        os.link(source, beside)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, beside)
        beside.chmod(0o444)
    beside.replace(target)
