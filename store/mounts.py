"""What kind of file system a database lies on, as Linux tells it; no other system does."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/mounts")
GUESTS = frozenset({"9p", "virtiofs"})
"""A host's folder in its guest: sound for as long as nobody opens the database from the host as well."""
NETWORK = frozenset(
    {"afs", "beegfs", "ceph", "cifs", "davfs", "fuse.cephfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
     "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs"}
)  # fmt: skip
"""Those whose memory two machines do not share, which SQLite's write-ahead log needs:
https://sqlite.org/wal.html, "All processes using a database must be on the same host computer"."""


def kind_of(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The file system of a folder: the last one mounted on the longest part of its path; None where nothing tells."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found, longest = None, -1
    for line in lines:
        _, _, rest = line.partition(" ")
        place, _, rest = rest.partition(" ")
        kind = rest.partition(" ")[0]
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place))
        if kind and folder.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = kind, len(point.parts)
    return found


def nearest(file: Path) -> Path:
    """The folder that the file is in, or is to be in: the first above that exists, links followed."""
    folder = file.absolute().resolve().parent
    while not folder.exists():
        folder = folder.parent
    return folder
