"""The names of all nodes in a file beside the database, for exports, which would look millions of them up in a table.

Nodes are never changed, so the file is only added to: a line that tells it from any other, and then the names in the
order of the nodes, with nothing between them. How long each is, and how much of which file is worth anything, the kept
columns say (`store.kept`). A file that is not there, or is another, costs time and changes no answer.
"""

from __future__ import annotations

import mmap
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from store.columns import names_between
from store.database import file_of
from store.exports.files import atomically


class Extent(msgspec.Struct, frozen=True):
    """How far the file with this line goes: the names of so many nodes, up to this byte."""

    line: str
    number: int
    end: int


def add_names(connection: sqlite3.Connection, known: Extent | None, number: int) -> Extent | None:
    """Adds what the file lacks of so many nodes' names; None where the disk has no room for them."""
    path = place_of(file_of(connection))
    with suppress(OSError):
        if known is not None and mapped(path, known) is not None:
            with path.open("r+b") as file:
                file.truncate(known.end)  # a computation that was undone may have added more
                return _added(connection, file, known, number)
        path.unlink(missing_ok=True)
        with atomically(path) as beside, beside.open("wb") as file:
            beside.chmod(0o600)
            line = secrets.token_hex(16)
            return _added(connection, file, Extent(line, 0, file.write(f"{line}\n".encode())), number)
    return None


def mapped(path: Path, known: Extent) -> mmap.mmap | None:
    """The file up to where it is known; None where there is no such file."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        if file.readline() == f"{known.line}\n".encode():
            return mmap.mmap(file.fileno(), known.end, access=mmap.ACCESS_READ)
    return None


def place_of(file: Path) -> Path:
    """Where the names of a database file are kept."""
    return file.with_name(f"{file.name}.names")


def _added(connection: sqlite3.Connection, file: IO[bytes], known: Extent, number: int) -> Extent:
    file.seek(known.end)
    for names in names_between(connection, known.number, number):
        file.write(names.replace(b"\0", b""))
    return Extent(known.line, number, file.tell())
