"""A Hub of any size out of a seed: the rows that `genealogy`'s families would have in a listing.

The same (count, seed) gives the same bytes. Nothing here is a real model, however well known its name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from crawler.replica.bases import base_tags
from crawler.replica.catalogue import Catalogue
from crawler.replica.genealogy import GHOST, KIND_WORDS, Genealogy
from crawler.replica.lookup import FORMER_NAMES
from crawler.replica.names import Names
from crawler.replica.wellknown import BASES, POPULAR
from crawler.replica.wellknown import FORMER_NAMES as ONCE

FLOOR = 1646263744
"""2022-03-02T23:29:04Z, which stands for any earlier creation."""
NEWEST = 1790812800
"""2026-10-01T00:00:00Z. Fixed: what is generated must not depend on the day."""
FLOOR_SHARE = 0.01
GROWTH = 4.0
"""How many e-foldings the number of new models grew between the two."""

TASKS = (
    "text-generation",
    "image-text-to-text",
    "feature-extraction",
    "text-to-image",
    "text-classification",
    None,
)
LICENSES = ("apache-2.0", "apache-2.0", "mit", "other", "gemma", "llama3.1", "cc-by-4.0", None)
LIBRARY = {
    "": "transformers",
    "finetune": "transformers",
    "adapter": "peft",
    "quantized": "gguf",
    "merge": "transformers",
}
SIZES = (124_439_808, 494_032_768, 1_543_714_304, 7_615_616_512, 8_030_261_248, 27_320_697_856)


def generate(count: int, seed: int) -> Catalogue:
    """`count` models with names, dates, counters and bases in the real Hub's proportions."""
    if count < 0:
        raise ValueError(f"A Hub has no {count} models.")
    return Catalogue(_Rows(count, seed).newest_first()) if count else Catalogue([])


class _Rows:
    """Columns first, as arrays; then one row at a time, none of them kept."""

    def __init__(self, count: int, seed: int) -> None:
        draw = np.random.default_rng([seed, count])
        self._random = random.Random(seed)
        self._tree = Genealogy(count, len(BASES), [BASES.index(name) for name in POPULAR], seed)
        self._created = _creation(count, draw)
        self._suffixes = np.sort(draw.integers(0, 2**63, count, dtype=np.uint64))
        age = NEWEST - self._created
        self._modified = self._created + (age * draw.random(count) ** 8).astype(np.int64)
        popularity = draw.pareto(0.7, count)
        self._downloads = np.minimum(popularity * 8, 3e8).astype(np.int64)
        self._all_time = self._downloads * (1 + age // (30 * 86400))
        self._likes = np.minimum(popularity * draw.random(count) / 4, 15_000).astype(np.int64)
        self._names = Names(self._tree, seed)

    def newest_first(self) -> Iterator[tuple[str, bytes]]:
        encode = msgspec.json.Encoder().encode
        for first in range((self._tree.count - 1) // 10_000 * 10_000, -1, -10_000):
            last = min(first + 10_000, self._tree.count)
            created, modified = (_written(column[first:last]) for column in (self._created, self._modified))
            for number in range(last - 1, first - 1, -1):
                row = self._row(number, created[number - first], modified[number - first])
                yield row["_id"], encode(row)

    def _hub_id(self, number: int) -> str:
        return f"{self._created[number]:08x}{self._suffixes[number]:016x}"

    def _row(self, number: int, created: str, modified: str) -> dict[str, Any]:
        name = self._names.of(number)
        relation = KIND_WORDS[self._tree.kinds[number]]
        parents = self._tree.parents(number)
        bases = [self._names.of(parent) if parent != GHOST else self._names.ghost(number) for parent in parents]
        drawn = self._random.random()
        task, license_word = TASKS[int(drawn * 1e4) % 6], LICENSES[int(drawn * 1e6) % 8]
        row: dict[str, Any] = {
            "_id": self._hub_id(number),
            "id": name,
            "author": name.partition("/")[0],
            "cardData": _card(bases, license_word),
            "gated": ("auto", "manual")[int(drawn * 1e8) % 2] if drawn < 0.03 else False,
            "disabled": drawn > 0.9995,
            "private": False,
            "createdAt": created,
            "lastModified": modified,
            "likes": int(self._likes[number]),
            "downloads": int(self._downloads[number]),
            "downloadsAllTime": int(self._all_time[number]),
            "library_name": LIBRARY[relation],
            "tags": _tags(relation, bases, license_word, task),
            "trendingScore": int(self._likes[number]) // 40,
        }
        return row | self._where_any(relation, parents, bases, task, drawn) | _former(name)

    def _where_any(
        self, relation: str, parents: tuple[int, ...], bases: list[str], task: str | None, drawn: float
    ) -> dict[str, Any]:
        """The fields that are absent where they have no value."""
        found: dict[str, Any] = {"pipeline_tag": task} if task else {}
        if relation and GHOST not in parents:
            models = [{"_id": self._hub_id(at), "id": base} for at, base in zip(parents, bases, strict=True)]
            found["baseModels"] = {"relation": relation, "models": models}
        if relation != "quantized" and drawn > 0.3:
            total = SIZES[int(drawn * 1e5) % 6]
            found["safetensors"] = {"total": total, "parameters": {"BF16": total}}
        return found


def _creation(count: int, draw: np.random.Generator) -> Any:
    """Seconds, ascending: a few at the floor, then more in every month than in the one before."""
    grown = np.log1p(draw.random(count) * np.expm1(GROWTH)) / GROWTH
    grown[: round(count * FLOOR_SHARE)] = 0
    return np.sort(FLOOR + (grown * (NEWEST - FLOOR)).astype(np.int64))


def _written(seconds: Any) -> list[str]:
    """As the Hub writes moments: 2022-03-02T23:29:04.000Z."""
    moments: list[str] = np.datetime_as_string(seconds.astype("datetime64[s]"), unit="ms", timezone="UTC").tolist()
    return moments


def _card(bases: list[str], license_word: str | None) -> dict[str, Any]:
    card: dict[str, Any] = {"license": license_word} if license_word else {}
    return card | ({"base_model": bases[0] if len(bases) == 1 else bases} if bases else {})


def _tags(relation: str, bases: list[str], license_word: str | None, task: str | None) -> list[str]:
    tags = [LIBRARY[relation], "safetensors", *([task] if task else [])]
    tags += base_tags(relation, bases) if relation else []
    tags += [f"license:{license_word}"] if license_word else []
    return [*tags, "endpoints_compatible", "region:us"]


def _former(name: str) -> dict[str, str]:
    return {FORMER_NAMES: ONCE[name]} if name in ONCE else {}
