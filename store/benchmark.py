"""A table of models with their scores, rolled up by country with the registry's own origins. Needs no database."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from store.errors import RegistryError
from store.registry.loader import Family, Registry
from store.registry.origins import UNREVIEWED

COLUMNS = ("name", "developer", "score")
_ASIDE = re.compile(r"\s*\(.*?\)")


@dataclass(frozen=True)
class Entry:
    """One model of the table. `score` is in the benchmark's own unit."""

    name: str
    developer: str
    score: float


@dataclass(frozen=True)
class Placed:
    """Models by country, most first, and those that the registry cannot place, as `name (developer)`."""

    models: dict[str, int]
    unplaced: tuple[str, ...]


def load_benchmark(path: Path) -> tuple[Entry, ...]:
    """The rows of a CSV file with the columns name, developer and score, in their order.

    Raises `RegistryError` for a file that cannot be read, lacks a column, or has a row without a name or score.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise RegistryError(f"{path} cannot be read: {problem}. It must be a readable UTF-8 file.") from problem
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise RegistryError(f"{path}: no column {', '.join(missing)}. Its first line is {','.join(COLUMNS)}.")
    return tuple(_entry(f"{path}, line {reader.line_num}", row) for row in reader)


def by_country(entries: tuple[Entry, ...], registry: Registry) -> Placed:
    """Each model once: by its publisher where the name is `namespace/name`, else by its developer."""
    developers = _countries_of_developers(registry)
    countries = [_country(entry, registry, developers) for entry in entries]
    counted = Counter(countries)
    pairs = zip(entries, countries, strict=True)
    unplaced = tuple(f"{entry.name} ({entry.developer})" for entry, country in pairs if country == UNREVIEWED)
    return Placed(dict(sorted(counted.items(), key=lambda item: (-item[1], item[0]))), unplaced)


def _entry(where: str, row: dict[str, str | None]) -> Entry:
    name, developer, score = ((row[column] or "").strip() for column in COLUMNS)
    if not name:
        raise RegistryError(f"{where}: no name. Every row names its model.")
    try:
        return Entry(name, developer, float(score))
    except ValueError as problem:
        raise RegistryError(f"{where}: score: {score!r} is no number. Write it as 61.5.") from problem


def _country(entry: Entry, registry: Registry, developers: dict[str, str]) -> str:
    publisher, slash, _ = entry.name.partition("/")
    if slash and publisher in registry.origin_of:
        return registry.origin_of[publisher].country
    return developers.get(_plain(entry.developer), UNREVIEWED)


def _countries_of_developers(registry: Registry) -> dict[str, str]:
    """Developer, as `_plain` writes it -> country: the names of origins.csv, then those of the families."""
    found: dict[str, str] = {}
    for origin in registry.origins:
        found.setdefault(_plain(origin.name), origin.country)
    for family in registry.families.values():
        for publisher in _publishers(family):
            if publisher in registry.origin_of:
                found.setdefault(_plain(family.developer), registry.origin_of[publisher].country)
    found.pop("", None)
    return found


def _publishers(family: Family) -> Iterator[str]:
    yield from family.publishers
    yield from (pattern.partition("/")[0] for pattern in family.include)


def _plain(name: str) -> str:
    """Without what stands in brackets, and whatever its case: `Alibaba Cloud (Qwen team)` is `alibaba cloud`."""
    return _ASIDE.sub("", name).strip().casefold()
