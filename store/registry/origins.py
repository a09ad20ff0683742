"""Reads origins.csv: where each reviewed publisher is based. A publisher without a row is *unreviewed*.

Holds no table and asks no Hub. It is on the way of questions, so it imports nothing heavy.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from store.errors import RegistryError
from store.registry.remembered import Source

FILE = "origins.csv"
COLUMNS = ("publisher", "country", "kind", "name", "source", "checked")
INTERNATIONAL, UNKNOWN, UNREVIEWED = "international", "unknown", "unreviewed"
Kind: TypeAlias = Literal["company", "lab", "university", "government", "community", "person"]
KINDS: tuple[str, ...] = get_args(Kind)

_CODE = r"\b[A-Z]{2}\b"  # the library's column holds patterns such as ^GB$|^UK$
_DATE = r"\d{4}-\d\d-\d\d"


class Origin(NamedTuple):
    """One reviewed publisher. `country` is ISO 3166-1 alpha-2, `international` or `unknown`; `line` is the file's."""

    publisher: str
    country: str
    kind: str
    name: str
    source: str
    checked: str
    line: int


def load_origins(source: Source) -> tuple[Origin, ...]:
    """The rows of an origins.csv in their order; none where there is no such file.

    Raises `RegistryError` for a file that cannot be read, or a country or kind that is none.
    """
    path = source.path
    try:
        text = source.text
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as problem:
        raise RegistryError(f"{path} cannot be read: {problem}. It must be a readable UTF-8 file.") from problem
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise RegistryError(f"{path}: no column {', '.join(missing)}. Its first line is {','.join(COLUMNS)}.")
    columns = itemgetter(*map(header.index, COLUMNS))
    nothing = [""] * len(header)  # for what a short line leaves out
    origins = [Origin._make([*map(str.strip, columns(row + nothing)), reader.line_num]) for row in reader if row]
    for origin in origins:
        if not (origin.publisher and origin.kind in KINDS and _is_place(origin.country)):
            raise RegistryError(f"{path}, line {origin.line}{_what_is_wrong(origin)}")
    return tuple(origins)


def by_publisher(origins: tuple[Origin, ...]) -> dict[str, Origin]:
    """The row of each publisher: the first, where there are several."""
    found: dict[str, Origin] = {}
    for origin in origins:
        found.setdefault(origin.publisher, origin)
    return found


def lint_origins(origins: tuple[Origin, ...], *, seen: Collection[str] | None = None) -> Iterator[str]:
    """What should be mended, a sentence each: duplicates, codes of no country, missing sources, dates.

    `seen` are all publishers of the database: rows of others are named, since they may have been renamed.
    """
    lines: dict[str, int] = {}
    codes = country_codes()
    for origin in origins:
        where = f"line {origin.line}, {origin.publisher}"
        if origin.publisher in lines:
            yield f"{where}: a second row, after line {lines[origin.publisher]}; the first counts"
        lines.setdefault(origin.publisher, origin.line)
        if len(origin.country) == 2 and origin.country not in codes:
            yield f"{where}: {origin.country} is the code of no country (ISO 3166-1 alpha-2)"
        if not origin.source.startswith("https://"):
            yield f"{where}: no source that a reader can follow (https://...)"
        if not re.fullmatch(_DATE, origin.checked):
            yield f"{where}: no date of the check (YYYY-MM-DD)"
        if not origin.name:
            yield f"{where}: no name"
        if seen is not None and origin.publisher not in seen:
            yield f"{where}: no longer seen in the database; if it was renamed, keep this row and add the new name"


def country_codes() -> frozenset[str]:
    """The ISO 3166-1 alpha-2 codes of all countries."""
    return frozenset(regions())


@cache
def regions() -> dict[str, str]:
    """ISO 3166-1 alpha-2 -> region: `EU` for its members of today, else the region of the United Nations."""
    return {
        re.findall(_CODE, country["ISO2"])[0]: "EU" if country["EU27"] else country["UNregion"]
        for country in _countries()
        if not country["obsolete"] and re.search(_CODE, country["ISO2"])
    }


def _countries() -> list[dict[str, str]]:
    """The library's own table, read past its code: that loads pandas, and stumbles over its newest version."""
    (folder,) = cast("list[str]", cast("ModuleSpec", find_spec("country_converter")).submodule_search_locations)
    with (Path(folder) / "country_data.tsv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def _is_place(text: str) -> bool:
    is_code = len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()
    return is_code or text in (INTERNATIONAL, UNKNOWN)


def _what_is_wrong(origin: Origin) -> str:
    """Of a row that cannot be used, as the rest of a sentence that names it."""
    if not origin.publisher:
        return ": no publisher."
    if not _is_place(origin.country):
        code = f"Write its code of two capitals, {INTERNATIONAL} or {UNKNOWN}."
        return f": {origin.country!r} is no country. {code}"
    return f": {origin.kind!r} is no kind. Known are {', '.join(KINDS)}."
