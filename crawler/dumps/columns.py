"""Pure: a column of a hub-stats dump -> its values as a listing row has them. What a row means is `crawler.parse`.

Dumps were written by many hands: times are texts or of any unit, cards are JSON, YAML or structs, a gating is a truth
value or its name. A form that is none of these is refused by the column's name and type.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crawler.dumps.cards import CARD, card_of
from crawler.errors import UnreadableDump
from crawler.times import seconds

Values: TypeAlias = list[Any]
Reading: TypeAlias = Callable[[pa.Array], Values]

LINEAGE = ("baseModels", "tags", "cardData")
"""The columns that tell what a model derives from."""

NO_TIME = -(2**63)
_HUB_TIME = "%Y-%m-%dT%H:%M:%S.000Z"
_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999, in seconds
_NOT_GATED = ("", "no", "none", "null", "false", "0")
_GATED = ("yes", "true", "1")


def reading(column: str, kind: pa.DataType) -> Reading:
    """How a column of this name and type is read. Raises `UnreadableDump` for a type that it cannot have."""
    if isinstance(kind, pa.BaseExtensionType):
        inner = reading(column, kind.storage_type)
        return lambda array: inner(array.storage)
    if pa.types.is_dictionary(kind):
        inner = reading(column, kind.value_type)
        return lambda array: inner(array.dictionary_decode())
    if pa.types.is_null(kind):
        return nothing
    forms, wanted = COLUMNS[column]
    found = forms(kind)
    if found is None:
        raise UnreadableDump(f"the column {column!r} is of type {kind}, and {wanted} is needed")
    return found


def nothing(array: pa.Array) -> Values:
    """Of a column that is not there, or holds nulls alone."""
    return [None] * len(array)


# Texts, truths and counts


def _texts(kind: pa.DataType) -> Reading | None:
    return _as_texts if _is_text(kind) else None


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return any(is_one(kind) for is_one in (types.is_string, types.is_large_string, types.is_string_view, _is_binary))


def _is_binary(kind: pa.DataType) -> bool:
    """Some writers do not say that their bytes are text."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _as_texts(array: pa.Array) -> Values:
    if not _is_binary(array.type):
        try:
            return list(array.to_pylist())
        except UnicodeDecodeError:
            array = array.cast(pa.large_binary())
    return [None if value is None else value.decode("utf-8", "replace") for value in array.to_pylist()]


def _truths(kind: pa.DataType) -> Reading | None:
    return (lambda array: list(array.to_pylist())) if pa.types.is_boolean(kind) else None


def _gatings(kind: pa.DataType) -> Reading | None:
    if _is_text(kind):
        return lambda array: list(map(_gating, _as_texts(array)))
    return _truths(kind)


def _gating(word: str | None) -> str | bool | None:
    known = "" if word is None else word.strip().lower()
    return False if known in _NOT_GATED else True if known in _GATED else known


def _counts(kind: pa.DataType) -> Reading | None:
    if pa.types.is_integer(kind):
        return lambda array: list(array.to_pylist())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):  # pandas makes floats of whole numbers beside nulls
        return lambda array: list(map(_whole, array.to_pylist()))
    return None


def _whole(number: Any) -> int | None:
    return int(number) if number is not None and math.isfinite(number) and number == int(number) else None


# Times


def _times(kind: pa.DataType) -> Reading | None:
    if _is_text(kind):
        return lambda array: list(map(_hub_time, _as_texts(array)))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _written
    return None


def _written(array: pa.Array) -> Values:
    """Moments as the Hub writes them."""
    told = whole_seconds(array)
    texts = np.datetime_as_string(np.where(told == NO_TIME, 0, told).astype("M8[s]").astype("M8[ms]")).tolist()
    return [None if moment == NO_TIME else f"{text}Z" for moment, text in zip(told.tolist(), texts, strict=True)]


def moments(array: pa.Array) -> npt.NDArray[np.int64]:
    """A column of times in whatever form, in seconds since 1970 UTC; `NO_TIME` for none."""
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return whole_seconds(array)
    told = seconds(reading("createdAt", kind)(array))
    return np.array([NO_TIME if moment is None else moment for moment in told], np.int64)


def whole_seconds(array: pa.Array) -> npt.NDArray[np.int64]:
    """Since 1970 UTC, of moments and days; those without a zone are UTC. `NO_TIME` for none, and for absurd ones."""
    if pa.types.is_timestamp(array.type) and array.type.tz:
        array = array.cast(pa.timestamp(array.type.unit))  # drops the zone, and keeps the moment
    found = pc.fill_null(array.cast(pa.timestamp("s"), safe=False).cast(pa.int64()), NO_TIME)
    told: npt.NDArray[np.int64] = found.to_numpy(zero_copy_only=False)
    return np.where((told >= _FIRST) & (told <= _LAST), told, NO_TIME)


def _hub_time(text: str | None) -> str | None:
    """A text as the Hub writes it, whatever form of ISO 8601 it has; one that is no time is none."""
    if text is None or (len(text) == 24 and text[10] == "T" and text[23] == "Z"):
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime(_HUB_TIME)
    except (ValueError, OverflowError):
        return None


# What has parts


def _tags(kind: pa.DataType) -> Reading | None:
    if _is_list(kind) and (_is_text(kind.value_type) or pa.types.is_null(kind.value_type)):
        return lambda array: list(array.to_pylist())
    return _json(list) if _is_text(kind) else None


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
    return any(is_one(kind) for is_one in lists)


def _json(wanted: type) -> Reading:
    """Of a column of JSON texts: the values of the wanted kind; whatever else is said is no value."""
    return lambda array: [_decoded(text, wanted) for text in _as_texts(array)]


def _decoded(text: str | None, wanted: type) -> Any:
    try:
        found = msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, wanted) else None


def _cards(kind: pa.DataType) -> Reading | None:
    if _is_text(kind):
        return lambda array: list(map(card_of, _as_texts(array)))
    if not pa.types.is_struct(kind):
        return None
    there = [name for name in CARD if kind.get_field_index(name) >= 0]

    def read(array: pa.StructArray) -> Values:
        parts = [pc.struct_field(array, name).to_pylist() for name in there]
        return [dict(zip(there, values, strict=True)) for values in zip(*parts, strict=True)] or nothing(array)

    return read


def _safetensors(kind: pa.DataType) -> Reading | None:
    if _is_text(kind):
        return _json(dict)
    if not pa.types.is_struct(kind):
        return None
    if kind.get_field_index("total") < 0:
        return nothing
    counts = _counts(kind.field("total").type)
    if counts is None:
        return None

    def read(array: pa.StructArray) -> Values:
        totals = counts(pc.struct_field(array, "total"))
        return [None if total is None else {"total": total} for total in totals]

    return read


# Bases


def _bases(kind: pa.DataType) -> Reading | None:
    """`struct<relation, models>` as the Hub has it, a list of such or of bases alone, or any of these as JSON."""
    if _is_text(kind):
        decoded = _json(dict | list)  # type: ignore[arg-type]  # a union serves isinstance as well
        return lambda array: list(map(_named, decoded(array)))
    if pa.types.is_struct(kind) or (
        _is_list(kind) and (pa.types.is_struct(kind.value_type) or _is_text(kind.value_type))
    ):
        return lambda array: list(map(_named, array.to_pylist()))
    return None


def _named(value: Any) -> dict[str, Any] | None:
    """The bases as a row names them; None for none. Of several relations none can be told for all."""
    parts = value if isinstance(value, list) else [value]
    models: list[dict[str, Any]] = []
    relations: set[str | None] = set()
    for part in parts:
        if isinstance(part, str):
            part = {"id": part}
        if not isinstance(part, dict):
            continue
        listed = part.get("models") if "models" in part else [part]
        found = [base for base in listed or () if isinstance(base, dict) and isinstance(base.get("id"), str)]
        if found:
            models += [{"id": base["id"], "_id": base.get("_id")} for base in found]
            relations.add(part.get("relation"))
    return {"models": models, "relation": relations.pop() if len(relations) == 1 else None} if models else None


_TEXT = "text"
_TIME = "a time, a date or ISO 8601 as text"
_COUNT = "a whole number"
COLUMNS: dict[str, tuple[Callable[[pa.DataType], Reading | None], str]] = {
    "_id": (_texts, _TEXT),
    "id": (_texts, _TEXT),
    "createdAt": (_times, _TIME),
    "lastModified": (_times, _TIME),
    "downloads": (_counts, _COUNT),
    "downloadsAllTime": (_counts, _COUNT),
    "likes": (_counts, _COUNT),
    "pipeline_tag": (_texts, _TEXT),
    "library_name": (_texts, _TEXT),
    "gated": (_gatings, "a truth value or text"),
    "disabled": (_truths, "a truth value"),
    "private": (_truths, "a truth value"),
    "tags": (_tags, "a list of texts, or that as JSON"),
    "cardData": (_cards, "a struct, or JSON or YAML as text"),
    "safetensors": (_safetensors, "a struct with a whole number `total`, or that as JSON"),
    "baseModels": (_bases, "a struct of relation and models, a list of bases, or either as JSON"),
}
"""The columns that are read, how, and what they may hold in words. Any other column is left alone."""
