"""Rows cut down to the fields that were asked for. A field that a row does not carry stays absent."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import msgspec

from crawler.replica.fields import CHILDREN, DETAIL_WORDS, IDENTITY

Fields = tuple[str, ...]


def project_page(page: bytes, fields: Fields) -> bytes:
    """A JSON array of whole rows -> the same rows with these fields alone, values as they were written."""
    try:
        return msgspec.json.encode(_decoder(fields).decode(page))
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
    ):  # lone surrogates, NaN: only the lenient reader takes them
        rows = json.loads(page)
        return json.dumps([{name: row[name] for name in fields if name in row} for row in rows]).encode()


def project_row(row: bytes, fields: Fields = DETAIL_WORDS) -> dict[str, Any]:
    """One whole row -> its fields of these names, each still JSON text where that is possible."""
    try:
        found: dict[str, Any] = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = json.loads(row)
    return {name: found[name] for name in (*IDENTITY, *fields) if name in found and name != CHILDREN}


@lru_cache(maxsize=64)
def _decoder(fields: Fields) -> msgspec.json.Decoder[Any]:
    """A reader of pages that leaves each wanted value undecoded and skips the others."""
    slots = [(f"field_{number}", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for number in range(len(fields))]
    wire_names = {slot[0]: name for slot, name in zip(slots, fields, strict=True)}
    return msgspec.json.Decoder(list[msgspec.defstruct("Row", slots, rename=wire_names, gc=False)])  # type: ignore[misc]
