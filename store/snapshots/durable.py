"""A folder of snapshots as a place that lasts: one writer at a time, and what is there survives a power cut."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import Locked

LOCK = ".lock"
PART = ".part"
"""Ends the name of what is not, or no longer, whole; who holds the lock may remove it."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else adds snapshots to the folder, which is made where there is none, or removes any. Raises `Locked`."""
    from filelock import FileLock, Timeout  # takes 10 ms, and those who read need none

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Locked(f"Another modelroots is at work on the snapshots in {folder}. Wait until it ends.") from None
    try:
        for left in folder.glob(f".*{PART}"):  # of one that was killed
            discard(left)
        yield
    finally:
        lock.release()


def settle(beside: Path, place: Path) -> None:
    """Puts a folder of files into its place for good: on the disk, read-only, and then under its name."""
    for path in beside.iterdir():
        path.chmod(0o444)
        on_disk(path)
    on_disk(beside)
    beside.rename(place)
    place.chmod(0o555)
    on_disk(place.parent)


def on_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(folder: Path) -> None:
    """Removes a folder of files, read-only or not; nothing happens where there is none."""
    if folder.is_dir():
        folder.chmod(0o755)
        shutil.rmtree(folder)
