"""A file past the cache has the bytes of any other, on any disk."""

from __future__ import annotations

import errno
import io
import os
import random
from pathlib import Path
from typing import Any, cast

import pytest

from store.exports import straight
from store.exports.straight import AT_ONCE, StraightFile

fcntl = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(not hasattr(os, "O_DIRECT"), reason="this system has no such files")


def pieces(*sizes: int) -> list[bytes]:
    made = random.Random(1)
    return [made.randbytes(size) for size in sizes]


def written(path: Path, parts: list[bytes]) -> bytes:
    with StraightFile(path) as file:
        for part in parts:
            assert file.write(part) == len(part)
        assert file.tell() == sum(map(len, parts))
    return path.read_bytes()


@pytest.mark.parametrize(
    "sizes",
    [[], [1], [0, 7, 0], [AT_ONCE], [AT_ONCE - 1, 2], [3 * AT_ONCE + 17], [1000] * 9000, [AT_ONCE + 1, AT_ONCE, 5]],
    ids=lambda sizes: f"{len(sizes)} of {max(sizes, default=0)}",
)
def test_every_byte_is_there(tmp_path: Path, sizes: list[int]) -> None:
    parts = pieces(*sizes)
    assert written(tmp_path / "file", parts) == b"".join(parts)


def test_the_cache_is_passed_by_but_for_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "_SLOW", 60)
    with StraightFile(tmp_path / "file") as file:
        is_straight = bool(fcntl.fcntl(file._file, fcntl.F_GETFL) & os.O_DIRECT)
        if not is_straight:
            pytest.skip("this disk knows no such files")
        file.write(pieces(AT_ONCE + 1)[0])
        assert fcntl.fcntl(file._file, fcntl.F_GETFL) & os.O_DIRECT
    assert (tmp_path / "file").stat().st_size == AT_ONCE + 1


class Disk(io.RawIOBase):
    """The file's own, as a disk would take it that is unlike this one."""

    def __init__(self, file: Any, most: int, refuses: int | None) -> None:
        self._file, self._most, self._refuses = file, most, refuses

    def fileno(self) -> int:
        return int(self._file.fileno())

    def tell(self) -> int:
        return int(self._file.tell())

    def write(self, data: Any) -> int:
        if self._refuses and fcntl.fcntl(self._file, fcntl.F_GETFL) & os.O_DIRECT:
            raise OSError(self._refuses, os.strerror(self._refuses))
        return int(self._file.write(data[: self._most]))

    def close(self) -> None:
        self._file.close()


@pytest.mark.parametrize(("most", "refuses"), [(1000, None), (AT_ONCE, errno.EINVAL)])
def test_a_disk_that_takes_less_or_refuses(tmp_path: Path, most: int, refuses: int | None) -> None:
    parts = pieces(AT_ONCE + 4321, 99)
    with StraightFile(tmp_path / "file") as file:
        file._file = cast("io.FileIO", Disk(file._file, most, refuses))  # it does all that is asked of the file
        for part in parts:
            file.write(part)
    assert (tmp_path / "file").read_bytes() == b"".join(parts)


def test_a_slow_disk_is_left_to_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight, "_SLOW", -1)
    with StraightFile(tmp_path / "file") as file:
        file.write(pieces(AT_ONCE)[0])
        assert not fcntl.fcntl(file._file, fcntl.F_GETFL) & os.O_DIRECT


def test_a_full_disk_is_told() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full disk at hand")
    file = StraightFile(Path("/dev/full"))
    with pytest.raises(OSError, match="No space left"):
        file.write(pieces(AT_ONCE)[0])
    with pytest.raises(OSError, match="No space left"):
        file.close()
    assert file.closed
