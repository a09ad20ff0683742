"""Rows files: `.jsonl` or `.jsonl.gz`, one model a line in the form of the list route.

A line is served as it is written. Two things are added where they are missing: an `_id`, and the `baseModels`
that follows from the tags. Lines with `removed` or `private` are not listed and answer as if missing.
`renamedFrom`, a name or a list of them, makes these names redirect to the row.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawler.replica.bases import follows_from
from crawler.replica.catalogue import Catalogue

FLOOR = "2022-03-02T23:29:04.000Z"
"""The creation date that stands for any earlier one."""


class _Head(msgspec.Struct, gc=False):
    """What must be known of a row before it can be stored."""

    id: Any = None
    hub_id: Any = msgspec.field(name="_id", default=None)
    created_at: Any = msgspec.field(name="createdAt", default=None)
    tags: Any = None
    base_models: Any = msgspec.field(name="baseModels", default=msgspec.UNSET)
    removed: Any = None
    private: Any = None


class _Line(NamedTuple):
    hub_id: str
    text: bytes
    name: Any
    tags: Any  # None where no baseModels is to be made of them


_head = msgspec.json.Decoder(_Head)


def load_rows(path: Path) -> Catalogue:
    """The listed models of a rows file. Raises `ValueError` naming the line that is no row."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        return catalogue_of(lines, source=str(path))


def catalogue_of(lines: Iterable[bytes], *, source: str = "rows") -> Catalogue:
    """The same from lines already read; `source` names them in errors."""
    listed = {line.hub_id: line for line in _listed(lines, source)}
    hub_ids = {line.name: line.hub_id for line in listed.values() if isinstance(line.name, str)}
    return Catalogue((hub_id, _completed(listed[hub_id], hub_ids)) for hub_id in sorted(listed, reverse=True))


def _listed(lines: Iterable[bytes], source: str) -> Iterator[_Line]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        try:
            head = _read(text)
            if not head.removed and not head.private:
                yield _line(head, text)
        except (ValueError, TypeError, RecursionError) as problem:
            raise ValueError(f"{source}, line {number}: no row can be read ({str(problem)[:100]}).") from problem


def _read(text: bytes) -> _Head:
    try:
        return _head.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        row = json.loads(text)
        if not isinstance(row, dict):
            raise TypeError(f"it is a {type(row).__name__}") from None
        return msgspec.convert({name: row[name] for name in _FIELDS if name in row}, _Head)


_FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(_Head))


def _line(head: _Head, text: bytes) -> _Line:
    tags = head.tags if head.base_models is msgspec.UNSET else None
    if head.hub_id is not None:
        return _Line(str(head.hub_id), text, head.id, tags)
    if not isinstance(head.id, str):
        raise TypeError("a row without `_id` needs an `id` to make one of")
    hub_id = made_hub_id(head.id, head.created_at)
    return _Line(hub_id, _with(text, "_id", hub_id), head.id, tags)


def made_hub_id(name: str, created_at: Any) -> str:
    """An `_id` for a row that has none: its creation in seconds, then a hash of its name."""
    try:
        moment = datetime.fromisoformat(created_at)
    except (TypeError, ValueError):
        moment = datetime.fromisoformat(FLOOR)
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{seconds & 0xFFFFFFFF:08x}{digest}"


def _completed(line: _Line, hub_ids: dict[str, str]) -> bytes:
    base_models = follows_from(line.tags, hub_ids.get)
    return line.text if base_models is None else _with(line.text, "baseModels", base_models)


def _with(text: bytes, name: str, value: Any) -> bytes:
    """The object's text with one more field; nothing else in it changes."""
    rest = text[:-1].rstrip()
    comma = b"" if rest == b"{" else b","
    return b"%b%b%b:%b}" % (rest, comma, msgspec.json.encode(name), msgspec.json.encode(value))
