"""What was made of a registry's files, kept beside the database: to read TOML takes longer than most answers.

A file that is the same to the byte is not read again. Where nothing is kept, or nothing that can be used, files are
read as ever. It is on the way of every question, so it imports nothing heavy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

FORMAT = 1
"""To be raised when other files are accepted, or something else is made of them."""

Made: TypeAlias = Mapping[str, Any]
"""What JSON can tell, by names."""


class Source:
    """A file of the registry, read once: what is made of it, and what is kept as made of it, is of the same bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def text(self) -> str:
        """Raises `OSError`, `UnicodeDecodeError`."""
        return self._bytes.decode()

    @cached_property
    def digest(self) -> str:
        """Empty where the file cannot be read, which whoever needs it will say."""
        import xxhash  # a hundredth of what OpenSSL takes to load

        try:
            return xxhash.xxh3_128_hexdigest(self._bytes)
        except OSError:
            return ""

    @cached_property
    def _bytes(self) -> bytes:
        return self.path.read_bytes()


def recalled(place: Path | None) -> Mapping[str, Made]:
    """What is kept there: for each file, by the digest of its bytes, what was made of it."""
    if place is not None:
        with suppress(OSError, ValueError, KeyError):
            found = json.loads(place.read_bytes())
            if isinstance(found, dict) and found.get("format") == FORMAT:
                made: Mapping[str, Made] = found["made"]
                return made
    return {}


def remember(place: Path, made: Mapping[str, Made]) -> None:
    """To be found by `recalled`. A disk that has no room for it leaves nothing behind."""
    from store.exports.files import atomically  # questions write nothing

    with suppress(OSError), atomically(place) as beside:
        beside.touch(0o600)
        beside.write_text(json.dumps({"format": FORMAT, "made": made}, ensure_ascii=False), encoding="utf-8")


def place_of(database: Path) -> Path:
    """Where it is kept of a database's registry."""
    return database.with_name(f"{database.name}.registry")
