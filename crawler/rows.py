"""Pure: the text of a page or of one row -> typed rows with the fields that are read.

What they mean is `crawler.parse`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, TypeAlias

import msgspec
import numpy as np

from crawler.errors import Malformed

Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""Of downloads, likes, children. More is no sensible number; and the sum over all models has to stay below 2^63."""
Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class BaseModel(msgspec.Struct, frozen=True, gc=False):
    id: str
    hub_id: str | None = msgspec.field(name="_id", default=None)


class BaseModels(msgspec.Struct, frozen=True, gc=False):
    models: tuple[BaseModel, ...] = ()
    relation: str | None = None


class Card(msgspec.Struct, gc=False):
    base_model: Any = None
    base_model_relation: Any = None
    license: Any = None


class _Safetensors(msgspec.Struct, gc=False):
    total: Size | None = None


class Row(msgspec.Struct, gc=False):
    """A row of the list route, or the detail route's answer, with the fields that are stored."""

    id: str
    hub_id: str = msgspec.field(name="_id")
    tags: list[str] | None = None
    base_models: BaseModels | None = msgspec.field(name="baseModels", default=None)
    card: Card | None = msgspec.field(name="cardData", default=None)
    created_at: str | None = msgspec.field(name="createdAt", default=None)
    modified_at: str | None = msgspec.field(name="lastModified", default=None)
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


class Unusable(ValueError):
    """A row that cannot be stored; its text is the reason."""


Text: TypeAlias = msgspec.Raw | bytes

_texts = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(Row)
_rows = msgspec.json.Decoder(list[Row])
FIELDS = {field.encode_name: field.type for field in msgspec.structs.fields(Row)}
_SURPRISES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def texts_of(body: bytes, most: int | None = None) -> Sequence[Text]:
    """The text of each row. Raises `Malformed` where the body is not a whole JSON array (worth another try), or one of
    more rows than `most`.
    """
    if most and _may_be_many(body) and next(islice(split_rows(body), most, None), None) is not None:
        raise _too_many(most)
    try:
        texts: Sequence[Text] = _texts.decode(body)
    except _SURPRISES:
        texts = list(split_rows(body))
    if most and len(texts) > most:
        raise _too_many(most)
    return texts


def _may_be_many(body: bytes) -> bool:
    """Whether to count the rows, which takes ten times as long as to take them apart, before they take memory.

    A page of 64 MiB can be 30 million rows such as `0,`, which would take 2 GB.
    """
    if not _SMALL < len(body) <= _LARGE:
        return len(body) > _LARGE
    commas = np.count_nonzero(np.frombuffer(body, np.uint8) == _COMMA)
    return bool(commas * _LEAST_ITEM > len(body))


_SMALL = 2 << 20  # a million rows at the most
_LARGE = 8 << 20
_COMMA = ord(",")
_LEAST_ITEM = 8
"""Bytes between two commas, on average: rows of the Hub have twice as many."""


def _too_many(most: int) -> Malformed:
    return Malformed(f"A page of more than {most:,} rows: a Hub gives 1,000 at most. Is the endpoint right?")


def typed(texts: Sequence[Text]) -> list[Row] | None:
    """All rows in one go, in half the time that one by one takes; None where any of them is not as it should be."""
    try:
        rows = _rows.decode(b"[%b]" % b",".join(texts))
    except _SURPRISES:
        return None
    return rows if len(rows) == len(texts) else None


def lenient(raw: Text) -> Row:
    """A row whose odd fields are left out; `Unusable` where nothing can be made of it."""
    try:
        return _row.decode(raw)
    except _SURPRISES:
        pass
    try:
        value = json.loads(bytes(raw))
    except (ValueError, RecursionError) as problem:
        raise Unusable(f"not readable as JSON: {str(problem)[:120]}") from None
    if not isinstance(value, dict):
        raise Unusable(f"a row is an object, this is a {type(value).__name__}")
    if value.get("private"):
        raise Unusable("private")
    for field in ("id", "_id"):
        text = value.get(field)
        if not isinstance(text, str) or text != text.encode("utf-8", "replace").decode():
            raise Unusable(f"{field} is missing or no text")
    return msgspec.convert({name: _fitting(name, value[name]) for name in FIELDS if name in value}, Row)


def _fitting(name: str, value: Any) -> Any:
    """The value, if it is of the field's type; else what of it can be kept, or None."""
    if name == "tags" and isinstance(value, list):
        return [tag for tag in value if isinstance(tag, str)]
    try:
        msgspec.convert(value, FIELDS[name])
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
