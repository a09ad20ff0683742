"""Checks of the machine: Python, SQLite, what the database's folder lies on, and how much room there is."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path

from jobs.doctor.check import Check, State
from store.mounts import GUESTS, MOUNTS, NETWORK, kind_of, nearest

WAL_FIXED = (3, 51, 3)
JSON_BUILT_IN = (3, 38, 0)
"""https://sqlite.org/json1.html: before it, JSON was there only where a build had asked for it."""
BYTES_A_SWEEP = 2 * 2**30
"""Room for a first sweep of the whole Hub with its write-ahead log."""
LEAST = 64 * 2**20
"""Bytes below which no crawl is worth beginning: one transaction's log may be as long."""

FLEETING = frozenset({"tmpfs", "ramfs"})


def python() -> Check:
    return Check("python", "ok", sys.version.split()[0])


def sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> Check:
    """The bug is told, and no problem; JSON, which our statements need, may be missing from old ones."""
    finding = f"SQLite {'.'.join(map(str, version))}"
    if version < JSON_BUILT_IN:
        return Check("sqlite", "warning", f"{finding}, which may lack JSON", "Use a Python with SQLite 3.38 or newer.")
    if version >= WAL_FIXED:
        return Check("sqlite", "ok", finding)
    return Check(
        "sqlite",
        "ok",
        f"{finding}, which has the WAL-reset bug of 3.7.0 to 3.51.2; "
        "it needs two writers at once, and the lock beside the database allows one",
    )


def file_system(db: Path, mounts: Path = MOUNTS) -> Check:
    """What the database's folder lies on, as the kernel tells; no other system than Linux tells it this way."""
    folder = nearest(db)
    kind = kind_of(folder, mounts)
    if kind is None:
        return Check("file system", "ok", f"{folder}: not told on this system; it must not be a network mount")
    finding = f"{folder} is on {kind}"
    if kind in NETWORK:
        return Check(
            "file system",
            "problem",
            f"{finding}, a network mount, on which SQLite's write-ahead log can be lost or torn: no crawl writes there",
            "Put the database on a disk of this machine (--db); snapshots and backups may lie where they like.",
        )
    if kind in GUESTS:
        return Check(
            "file system",
            "warning",
            f"{finding}, a folder of this machine's host: what the host also opens can be lost or torn",
            "Open the database on one side alone, or put it on a disk of this machine (--db).",
        )
    if kind in FLEETING:
        return Check("file system", "warning", f"{finding}, which a restart empties", "Name another place with --db.")
    return Check("file system", "ok", finding)


def free_space(db: Path, free: int | None = None) -> Check:
    """Room for one more night: the rest of a first sweep, or as much again as the database has now."""
    folder = nearest(db)
    free = shutil.disk_usage(folder).free if free is None else free
    size = db.stat().st_size if db.is_file() else 0
    need = max(BYTES_A_SWEEP - size, size)
    finding = f"{_gib(free)} in {folder}, of {_gib(need)} that the next sweep, its snapshot and a backup may need"
    if free >= need:
        return Check("free space", "ok", finding)
    state: State = "problem" if free < LEAST else "warning"
    return Check("free space", state, finding, "Make room, or name another place with --db.")


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
