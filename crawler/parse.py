"""Pure: the bytes of one answer -> records, or a reason why not. Asks nothing of anybody.

The fast way decodes a whole page into typed rows. On any surprise the page is taken apart and every
row is read by itself, leniently: a page never fails because of a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from crawler.errors import Malformed
from crawler.known import NOTHING, KnownRows, fingerprints_of
from crawler.records import BaseDetail, ModelRecord, Quarantined
from crawler.references import TAG, NamedBases, declared, declared_hash

LONGEST_ID = 256
LONGEST_RAW = 64_000
_LICENSE = "license:"
_HUB_ID = re.compile(r"[0-9a-f]{24}")
_SAYS_PRIVATE = re.compile(rb'"private"\s*:\s*true')  # for a row that cannot be read

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _BaseModel(msgspec.Struct, gc=False):
    id: str
    hub_id: str | None = msgspec.field(name="_id", default=None)


class _BaseModels(msgspec.Struct, gc=False):
    models: list[_BaseModel] = []
    relation: str | None = None


class _Card(msgspec.Struct, gc=False):
    base_model: Any = None
    base_model_relation: Any = None
    license: Any = None


class _Safetensors(msgspec.Struct, gc=False):
    total: Count | None = None


class _Row(msgspec.Struct, gc=False):
    """A row of the list route, or the detail route's answer, with the fields that are stored."""

    id: str
    hub_id: str = msgspec.field(name="_id")
    tags: list[str] | None = None
    base_models: _BaseModels | None = msgspec.field(name="baseModels", default=None)
    card: _Card | None = msgspec.field(name="cardData", default=None)
    created_at: datetime | None = msgspec.field(name="createdAt", default=None)
    modified_at: datetime | None = msgspec.field(name="lastModified", default=None)
    downloads: Count | None = None
    downloads_all_time: Count | None = msgspec.field(name="downloadsAllTime", default=None)
    likes: Count | None = None
    gated: bool | str | None = None
    disabled: bool | None = None
    private: bool | None = None
    library: str | None = msgspec.field(name="library_name", default=None)
    task: str | None = msgspec.field(name="pipeline_tag", default=None)
    safetensors: _Safetensors | None = None
    children: dict[str, Count] | None = msgspec.field(name="childrenModelCount", default=None)


class _Unusable(ValueError):
    """A row that cannot be stored; its text is the reason."""


_texts = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(_Row)
_FIELDS = {field.encode_name: field.type for field in msgspec.structs.fields(_Row)}


class Contents(NamedTuple):
    """One listing page: what was read, what could not be, and the known numbers of the rows that have not changed."""

    records: list[ModelRecord]
    quarantined: list[Quarantined]
    unchanged: list[int]


def parse_page(body: bytes) -> tuple[list[ModelRecord], list[Quarantined]]:
    """The records of one listing page, in its order, and the rows that could not be read.

    Raises `Malformed` (worth another try) where the body is not a whole JSON array.
    """
    return parse_changed(body, NOTHING)[:2]


def parse_changed(body: bytes, known: KnownRows) -> Contents:
    """The same, but what is known by its text is not read. Raises `Malformed`."""
    try:
        texts: Sequence[msgspec.Raw | bytes] = _texts.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        texts = list(split_rows(body))
    fingerprints = fingerprints_of(texts)
    numbers = known.numbers_of(fingerprints)
    found = Contents([], [], [number for number in numbers if number])
    rows = [
        (text, fingerprint)
        for text, fingerprint, number in zip(texts, fingerprints.tolist(), numbers, strict=True)
        if not number
    ]
    for text, fingerprint in rows:
        try:
            found.records.append(_record(_lenient(text), fingerprint))
        except _Unusable as problem:
            found.quarantined.append(_quarantined(problem, bytes(text)))
    return found


def parse_detail(body: bytes) -> BaseDetail:
    """The detail route's answer. Raises `Malformed` where it is no readable model."""
    try:
        row = _lenient(body)
        return BaseDetail(_record(row, None), row.children)
    except _Unusable as problem:
        message = f"The Hub's answer for one model cannot be read: {problem}. It begins {body[:60]!r}."
        raise Malformed(message, retryable=True) from problem


def _record(row: _Row, fingerprint: int | None) -> ModelRecord:
    """Raises `_Unusable` for a row without identity, and for a private one, which is never kept."""
    if row.private:
        raise _Unusable("private")
    hub_id = row.hub_id.lower()
    if not _HUB_ID.fullmatch(hub_id):
        raise _Unusable("_id is not 24 hex digits")
    if not row.id or len(row.id) > LONGEST_ID or "\0" in row.id:
        raise _Unusable(f"id is empty, longer than {LONGEST_ID} characters or holds a NUL")
    base_tags, license_tag = _wanted_tags(row.tags or ())
    card = row.card or _NO_CARD
    references, evidence = (
        declared(_base_models(row.base_models), base_tags, card.base_model, card.base_model_relation)
        if row.base_models is not None or base_tags or card.base_model is not None
        else ((), ())
    )
    return ModelRecord(
        hub_id,
        row.id,
        # An ObjectId opens with its creation in seconds: the best word where createdAt is missing.
        int(hub_id[:8], 16) if row.created_at is None else _seconds(row.created_at),
        None if row.modified_at is None else _seconds(row.modified_at),
        row.downloads,
        row.downloads_all_time,
        row.likes,
        _gated(row.gated),
        bool(row.disabled),
        row.library,
        row.task,
        license_tag or _license(card.license),
        row.safetensors.total if row.safetensors else None,
        references,
        evidence,
        declared_hash(references, evidence) if references else None,
        fingerprint,
    )


_NO_CARD = _Card()


def _base_models(found: _BaseModels | None) -> NamedBases | None:
    if found is None:
        return None
    return found.relation or "", tuple((_hub_id_or_none(base.hub_id), base.id) for base in found.models)


def _hub_id_or_none(text: str | None) -> str | None:
    return text.lower() if text and _HUB_ID.fullmatch(text.lower()) else None


def _wanted_tags(tags: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The `base_model:` tags, in order, and the licence that the last `license:` tag names."""
    bases, licensed = [], None
    for tag in tags:
        if tag[:11] == TAG:  # a slice costs half of what startswith does, and this is every tag of the Hub
            bases.append(tag)
        elif tag[:8] == _LICENSE:
            licensed = tag[8:]
    return tuple(bases), licensed


def _license(value: Any) -> str | None:
    """A card's licence: a word, or the first of a list of them."""
    first = value[0] if isinstance(value, list) and value else value
    return first[:100] if isinstance(first, str) and first else None


def _gated(value: bool | str | None) -> str:  # noqa: FBT001  # the Hub's own type
    if isinstance(value, str):
        return value if value in ("auto", "manual") else "yes"
    return "yes" if value else "no"


def _seconds(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _quarantined(problem: _Unusable, raw: bytes) -> Quarantined:
    private = str(problem) == "private" or _SAYS_PRIVATE.search(raw)
    return Quarantined(str(problem), "" if private else raw[:LONGEST_RAW].decode("utf-8", "replace"))


def _lenient(raw: msgspec.Raw | bytes) -> _Row:
    """A row whose odd fields are left out; `_Unusable` where nothing can be made of it."""
    try:
        return _row.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(bytes(raw))
    except (ValueError, RecursionError) as problem:
        raise _Unusable(f"not readable as JSON: {str(problem)[:120]}") from None
    if not isinstance(value, dict):
        raise _Unusable(f"a row is an object, this is a {type(value).__name__}")
    if value.get("private"):
        raise _Unusable("private")
    for field in ("id", "_id"):
        text = value.get(field)
        if not isinstance(text, str) or text != text.encode("utf-8", "replace").decode():
            raise _Unusable(f"{field} is missing or no text")
    return msgspec.convert({name: _fitting(name, value[name]) for name in _FIELDS if name in value}, _Row)


def _fitting(name: str, value: Any) -> Any:
    """The value, if it is of the field's type; else what of it can be kept, or None."""
    if name == "tags" and isinstance(value, list):
        return [tag for tag in value if isinstance(tag, str)]
    try:
        msgspec.convert(value, _FIELDS[name])
    except msgspec.ValidationError:
        return None
    return value


_STRUCTURE = re.compile(rb'["\\\[\]{},]')


def split_rows(body: bytes) -> Iterator[bytes]:
    """The texts of a JSON array's items, found by its brackets and quotes alone, however odd the items.

    Raises `Malformed` (worth another try) where the body is no array or is cut.
    """
    text = body.strip()
    if not (text.startswith(b"[") and text.endswith(b"]")):
        begins = text[:60].decode("utf-8", "replace")
        raise Malformed(f"A page should be a JSON array; this body begins {begins!r}.", retryable=True)
    depth, quoted, escaped_at, start = 0, False, -1, 1
    for found in _STRUCTURE.finditer(text):
        mark, at = found[0], found.start()
        if quoted:
            if mark == b"\\" and at != escaped_at:
                escaped_at = at + 1
            elif mark == b'"' and at != escaped_at:
                quoted = False
        elif mark == b'"':
            quoted = True
        elif mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if not quoted and ((mark == b"," and depth == 1) or depth == 0):
            if text[start:at].strip():
                yield text[start:at].strip()
            start = at + 1
    if depth or quoted:
        raise Malformed("A page ends in the middle of a row.", retryable=True)
