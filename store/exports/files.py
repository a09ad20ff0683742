"""Writing a file so that it is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from store.exports.straight import StraightFile


@contextmanager
def atomically(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it takes the place of `path` when everything went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def save(path: Path, write: Callable[[IO[bytes]], int]) -> int:
    """What `write` tells, when the file is whole and in its place."""
    with atomically(path) as beside, StraightFile(beside) as file:
        return write(cast("IO[bytes]", file))
