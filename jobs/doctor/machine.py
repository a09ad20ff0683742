"""Checks of the machine: Python, SQLite, what the database's folder lies on, and how much room there is."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from pathlib import Path

from jobs.doctor.check import Check, State

WAL_FIXED = (3, 51, 3)
JSON_BUILT_IN = (3, 38, 0)
"""https://sqlite.org/json1.html: before it, JSON was there only where a build had asked for it."""
BYTES_A_SWEEP = 2 * 2**30
"""Room for a first sweep of the whole Hub with its write-ahead log."""
LEAST = 64 * 2**20
"""Bytes below which no crawl is worth beginning: one transaction's log may be as long."""

MOUNTS = Path("/proc/mounts")
NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.cephfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
     "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs",
     "virtiofs"}
)  # fmt: skip
"""Those whose memory two machines, or a guest and its host, do not share, which SQLite's write-ahead log needs:
https://sqlite.org/wal.html, "All processes using a database must be on the same host computer"."""
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
    kind = kind_of(folder, mounts.read_text(encoding="utf-8", errors="replace")) if mounts.exists() else None
    if kind is None:
        return Check("file system", "ok", f"{folder}: not told on this system; it must not be a network mount")
    finding = f"{folder} is on {kind}"
    if kind in NETWORK:
        return Check(
            "file system",
            "problem",
            f"{finding}, a network mount, on which SQLite's write-ahead log can be lost or torn",
            "Put the database on a disk of this machine (--db); snapshots and backups may lie where they like.",
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


def kind_of(folder: Path, mounts: str) -> str | None:
    """The file system of a folder, from lines of /proc/mounts: the last one mounted on the longest part of its path."""
    found, longest = None, -1
    for line in mounts.splitlines():
        _, _, rest = line.partition(" ")
        place, _, rest = rest.partition(" ")
        kind = rest.partition(" ")[0]
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place))
        if kind and folder.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = kind, len(point.parts)
    return found


def nearest(db: Path) -> Path:
    """The folder that the database is in, or the first above that exists."""
    folder = db.absolute().resolve().parent
    while not folder.exists():
        folder = folder.parent
    return folder


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
