"""Where the rows with a given name, tag, publisher or task are, and how many children a model has.

Positions alone; the rows themselves are in `catalogue`. Odd values in dirty rows are passed over.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from crawler.replica.bases import RELATIONS, split_tag

Kind = str
FORMER_NAMES = "renamedFrom"
"""A row's own list of the names it once had: such a name answers 307. Never shown."""


class _Facts(msgspec.Struct, gc=False):
    id: Any = None
    tags: Any = None
    author: Any = None
    pipeline_tag: Any = None
    base_models: Any = msgspec.field(name="baseModels", default=None)
    former: Any = msgspec.field(name=FORMER_NAMES, default=None)


_facts = msgspec.json.Decoder(_Facts)


class Lookup:
    """Built in one pass over all rows."""

    def __init__(self, texts: Iterable[memoryview]) -> None:
        self._rows: dict[tuple[Kind, str], array[int]] = {}
        self._children: dict[tuple[str, str], int] = {}
        self._named: dict[int, int | tuple[int, ...]] = {}
        for position, text in enumerate(texts):
            self._add(position, read(text))

    def with_value(self, kind: Kind, value: str) -> npt.NDArray[np.uint32]:
        """Ascending positions of the rows whose `tags`, `author` or `pipeline_tag` hold exactly this."""
        return np.array(self._rows.get((kind, value), ()), dtype=np.uint32)

    def named_like(self, name: str) -> tuple[int, ...]:
        """Positions of rows that may bear or have borne this name, in any case: to be compared by the caller.

        Only hashes are kept, so that a few million names cost no text.
        """
        found = self._named.get(hash(name.lower()), ())
        return (found,) if isinstance(found, int) else found

    def children(self, name: str) -> dict[str, int]:
        """Direct children by relation, as the detail route counts them; no zeros."""
        counts = {relation: self._children.get((relation, name), 0) for relation in RELATIONS}
        return {relation: count for relation, count in counts.items() if count}

    def _add(self, position: int, facts: _Facts) -> None:
        values = [("author", facts.author), ("pipeline_tag", facts.pipeline_tag)]
        values += [("tags", tag) for tag in facts.tags] if isinstance(facts.tags, list) else []
        for kind, value in dict.fromkeys((kind, value) for kind, value in values if isinstance(value, str)):
            self._rows.setdefault((kind, value), array("I")).append(position)
        for parent in declared_bases(facts.base_models, facts.tags):
            self._children[parent] = self._children.get(parent, 0) + 1
        for name in names(facts):
            key = hash(name.lower())
            before = self._named.get(key)
            earlier = () if before is None else (before,) if isinstance(before, int) else before
            self._named[key] = (*earlier, position) if earlier else position


def read(text: memoryview | bytes) -> _Facts:
    """A row's facts of this module, from texts that only a lenient reader takes too."""
    try:
        return _facts.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        row = json.loads(bytes(text))
        return msgspec.convert({field: row.get(field) for field in _FIELDS}, _Facts)


_FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(_Facts))


def names(facts: _Facts) -> list[str]:
    """The name that a row bears, then those it has borne."""
    former = facts.former if isinstance(facts.former, list) else [facts.former]
    return [name for name in (facts.id, *former) if isinstance(name, str)]


def declared_bases(base_models: Any, tags: Any) -> set[tuple[str, str]]:
    """(relation, name) of every base that `baseModels` or a tag with a relation names."""
    found = {split_tag(tag) for tag in tags if isinstance(tag, str)} if isinstance(tags, list) else set()
    if isinstance(base_models, dict) and isinstance(base_models.get("models"), list):
        named = (base.get("id") for base in base_models["models"] if isinstance(base, dict))
        found |= {(str(base_models.get("relation")), name) for name in named if isinstance(name, str)}
    return {pair for pair in found if pair[0] in RELATIONS}
