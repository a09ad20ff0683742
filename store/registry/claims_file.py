"""Reads claims.toml: published sentences with a number, and the queries that test them. Tests none of them.

METHOD, section 5. A query is in the terms of METHOD; `store.claims` puts it to a database.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from store.choices import Attribution, By, Metric, Population, Side, Word
from store.errors import RegistryError

FILE = "claims.toml"
Measure: TypeAlias = Literal["derivatives", "share", "count", "official", "benchmark"]
Comparison: TypeAlias = Literal["more than", "about", "exactly"]

_NEEDS: dict[str, tuple[str, ...]] = {
    "derivatives": ("families",),
    "share": ("by", "keys"),
    "count": ("by", "keys"),
    "official": ("families",),
    "benchmark": ("keys",),
}


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a claim could have meant: a query, and the value that it should then have.

    `derivatives` of one family; the `share` (0 to 1) or `count` of the keys of a roll-up, added up; present
    `official` models, of the family that has fewest where `each` is set, else of all together; the models of a
    `benchmark` table of `rows` models that come from the countries `keys`. `tolerance` is a part of the claimed
    value. `since` and `until` are days (YYYY-MM-DD, UTC) of creation, the second exclusive.
    """

    name: str
    measure: Measure
    claimed: float
    comparison: Comparison
    tolerance: float = 0.0
    families: tuple[str, ...] = ()
    each: bool = False
    direct: bool = False
    rows: int | None = None
    by: By | None = None
    keys: tuple[str, ...] = ()
    side: Side = "origin"
    attribution: Attribution = "any"
    population: Population = "all"
    metric: Metric = "models"
    relations: tuple[Word, ...] = ()
    since: str | None = None
    until: str | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published sentence.

    `claimed` is its number in words. `least_models`: below so many models a database is too small a part of the Hub
    to test it. `within_days`: how far from `date` the crawl may lie, for definitions without a window of creation.
    `beyond`: why no crawl of the Hub can test it, whatever it measures.
    """

    id: str
    text: str
    claimed: str
    source: str
    date: str
    definition: tuple[Definition, ...]
    least_models: int = 0
    within_days: int | None = None
    beyond: str = ""
    note: str = ""


def load_claims(folder: Path) -> tuple[Claim, ...]:
    """The claims of the folder's claims.toml in their order; none where there is no such file.

    Raises `RegistryError` for a file that cannot be read or used.
    """
    path = folder / FILE
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as problem:
        raise RegistryError(f"{path} cannot be read: {problem}. It must be a readable UTF-8 file.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise RegistryError(f"{path} is not valid TOML: {problem}. Mend it there.") from problem
    tables = document.get("claim", [])
    if not isinstance(tables, list) or set(document) - {"claim"}:
        raise RegistryError(f"{path}: it holds nothing but claims. Begin each with a line [[claim]].")
    claims = tuple(_claim(path, number, table) for number, table in enumerate(tables, 1))
    _refuse_repeats(path, claims)
    return claims


def seconds(day: str) -> int:
    """The beginning of a day (YYYY-MM-DD) in seconds since 1970 UTC. ValueError for what is no day."""
    return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())


def _claim(path: Path, number: int, table: Any) -> Claim:
    name = table.get("id", f"number {number}") if isinstance(table, dict) else f"number {number}"
    where = f"{path}: claim {name}"
    try:
        claim = msgspec.convert(table, Claim)
    except msgspec.ValidationError as problem:
        raise RegistryError(f"{where}: {problem}. The shipped {FILE} shows every key in use.") from problem
    if not claim.source.startswith("https://"):
        raise RegistryError(f"{where}: source: {claim.source!r} cannot be followed. Give a page as https://...")
    if not claim.definition:
        raise RegistryError(f"{where}: definition: none. Add a [[claim.definition]] with the query that tests it.")
    _check_day(where, "date", claim.date)
    for definition in claim.definition:
        _check(f"{where}: definition {definition.name!r}", definition)
    return claim


def _check(where: str, definition: Definition) -> None:
    for key in _NEEDS[definition.measure]:
        if not getattr(definition, key):
            raise RegistryError(f"{where}: {key}: missing, and {definition.measure} is nothing without. Add it.")
    if definition.measure == "derivatives" and len(definition.families) > 1:
        raise RegistryError(f"{where}: families: derivatives are those of one family. Write a definition for each.")
    if definition.tolerance < 0 or (definition.comparison == "about") != (definition.tolerance > 0):
        raise RegistryError(f"{where}: tolerance: `about` has one above 0, such as 0.05, and nothing else has any.")
    for key in ("since", "until"):
        if getattr(definition, key) is not None:
            _check_day(where, key, getattr(definition, key))


def _check_day(where: str, key: str, text: str) -> None:
    try:
        seconds(text)
    except ValueError as problem:
        raise RegistryError(f"{where}: {key}: {text!r} is no day. Write it as 2025-09-09.") from problem


def _refuse_repeats(path: Path, claims: tuple[Claim, ...]) -> None:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise RegistryError(f"{path}: claim {claim.id}: id: it occurs twice. Give the second another.")
        seen.add(claim.id)
