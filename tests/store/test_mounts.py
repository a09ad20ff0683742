"""Which file system a folder is on, and that no database is written to on a network mount."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import database
from store.errors import NetworkMount
from store.mounts import kind_of

MOUNTS = """\
/dev/vda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export /srv nfs4 rw 0 0
/dev/vdb1 /srv/local xfs rw 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
server:/old /over nfs rw 0 0
/dev/vdc1 /over ext4 rw 0 0
a line that is none
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/data/deep", "nfs4"),
        ("/srv/local/data", "xfs"),
        ("/srvlocal", "ext4"),
        ("/mnt/my share/x", "cifs"),
        ("/over", "ext4"),
    ],
)
def test_a_folder_is_on_the_last_mount_of_the_longest_path(tmp_path: Path, folder: str, kind: str) -> None:
    (tmp_path / "mounts").write_text(MOUNTS, encoding="utf-8")
    assert kind_of(Path(folder), tmp_path / "mounts") == kind


def test_where_nothing_tells_there_is_no_kind(tmp_path: Path) -> None:
    assert kind_of(tmp_path, tmp_path / "none") is None


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_nothing_is_written_on_a_network_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / ext4 rw 0 0\nthere {tmp_path.resolve()} {kind} rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(database, "kind_of", lambda folder: kind_of(folder, mounts))
    path = tmp_path / "new" / "a.db"
    with pytest.raises(NetworkMount, match=f"{kind}, a network mount.*--db"), database.writing(path):
        pass
    assert list(tmp_path.iterdir()) == [mounts]
