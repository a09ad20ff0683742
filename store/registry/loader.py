"""Reads the registry: families.toml, which says whose own a model is, and origins.csv beside it.

Holds no table and asks no Hub. `official` decides by a model's name alone, so a ghost can match too.
It is on the way of every question, so it imports nothing heavy, and its records are tuples with names: a frozen
dataclass takes four times as many instructions to make.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from store.errors import RegistryError
from store.registry import origins as origins_file
from store.registry.origins import Origin, by_publisher, load_origins
from store.registry.remembered import Made, Source, recalled, remember

FILE = "families.toml"
SHIPPED = Path(__file__).parent

_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
_WILDCARD = re.compile(r"[*?\[]")


class Family(NamedTuple):
    """One family: the rules that tell its official models, and where the rules come from.

    `publishers` match exactly; `include` and `exclude` are ids or shell patterns on the whole id; all of
    them heed case. `tracked` are ids whose children the Hub counts itself. `open` is False where the
    developer keeps its current models closed, even if a few older weights are published.
    """

    key: str
    title: str = ""
    developer: str = ""
    publishers: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tracked: tuple[str, ...] = ()
    open: bool = True
    source: str = ""
    checked: str = ""
    note: str = ""

    def official(self, name: str) -> bool:
        """Whether the model or ghost of that name is the family's own."""
        publisher, slash, _ = name.partition("/")
        ruled_in = (slash and publisher in self.publishers) or _matches(self.include, name)
        return bool(ruled_in) and not _matches(self.exclude, name)


class Registry:
    """The families and the origins in `folder`, else the shipped ones; each file is read when first asked for.

    `fingerprint` is the SHA-256 (hex) of what can change a number: keys, publishers, includes and
    excludes, in any order. Titles, sources and notes do not touch it. `origins_fingerprint` is the same of each
    publisher's country and kind. All raise `RegistryError` for a file that cannot be read or used.

    What was made of the same files before is taken from `place`, if it was kept there.
    """

    def __init__(self, folder: Path | None = None, *, place: Path | None = None) -> None:
        folder = SHIPPED if folder is None else folder
        self._families, self._origins = Source(folder / FILE), Source(folder / origins_file.FILE)
        self._place = place
        if not self._families.path.exists():  # else a folder that is none would have no origins, without a word
            raise RegistryError(f"There is no {self._families.path}. Name a folder that holds a {FILE}.")

    @cached_property
    def families(self) -> dict[str, Family]:
        """By key, in the order of families.toml."""
        if made := self._made_of(self._families):
            return {fields[0]: _of_json(fields) for fields in made["families"]}
        path = self._families.path
        families = {key: _family(path, key, table) for key, table in _tables(self._families).items()}
        if not families:
            raise RegistryError(f'{path} holds no family. One is two lines: [qwen] and publishers = ["Qwen"].')
        return families

    @cached_property
    def fingerprint(self) -> str:
        if made := self._made_of(self._families):
            return str(made["fingerprint"])
        return _sha256(
            {key: [sorted(set(r)) for r in (f.publishers, f.include, f.exclude)] for key, f in self.families.items()}
        )

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """The rows of origins.csv; none where there is no such file."""
        return load_origins(self._origins)

    @cached_property
    def origin_of(self) -> dict[str, Origin]:
        """The reviewed publishers, by name."""
        return by_publisher(self.origins)

    @cached_property
    def origins_fingerprint(self) -> str:
        if made := self._made_of(self._origins):
            return str(made["fingerprint"])
        return _sha256({name: (origin.country, origin.kind) for name, origin in self.origin_of.items()})

    def keep(self, place: Path) -> None:
        """Has a registry that is told of this place spared the reading of the same files."""
        families: Made = {"families": list(self.families.values()), "fingerprint": self.fingerprint}
        origins: Made = {"fingerprint": self.origins_fingerprint}
        remember(place, {self._families.digest: families, self._origins.digest: origins})

    def _made_of(self, source: Source) -> Made | None:
        return self._made.get(source.digest) if self._made and source.digest else None

    @cached_property
    def _made(self) -> Mapping[str, Made]:
        return recalled(self._place)

    def find(self, name: str) -> Family | None:
        """The family of that key or title, whatever its case."""
        wanted = name.strip().casefold()
        by_key = self.families.get(wanted)
        return by_key or next((f for f in self.families.values() if f.title.casefold() == wanted), None)

    def suggest(self, name: str) -> list[str]:
        """Up to three keys that may have been meant, nearest first."""
        import difflib  # only a mistyped name needs it

        wanted = name.strip().casefold()
        keys = {word: family.key for family in self.families.values() for word in _names(family)}
        begun = [word for word in keys if wanted and wanted in word]
        overdone = sorted((word for word in keys if word in wanted), key=len, reverse=True)
        near = [*begun, *difflib.get_close_matches(wanted, keys, n=3), *overdone]
        return list(dict.fromkeys(keys[word] for word in near))[:3]

    def official_in(self, name: str) -> tuple[str, ...]:
        """The keys of all families in which the model or ghost is official, in the file's order."""
        candidates = self._by_publisher.get(name.split("/", 1)[0], self._anywhere)
        return tuple(family.key for family in candidates if family.official(name))

    @cached_property
    def _anywhere(self) -> tuple[Family, ...]:
        """The families with a pattern that leaves the publisher open."""
        return tuple(family for family in self.families.values() if None in _publishers_of(family))

    @cached_property
    def _by_publisher(self) -> dict[str | None, tuple[Family, ...]]:
        """For each publisher in a rule, the families worth asking: millions of names are looked up."""
        named = {publisher: None for family in self.families.values() for publisher in _publishers_of(family)}
        return {
            publisher: tuple(f for f in self.families.values() if {publisher, None} & _publishers_of(f))
            for publisher in named
        }


_TYPES: dict[str, type] = {name: type(default) for name, default in Family._field_defaults.items()}


def load_registry(folder: Path | None = None) -> Registry:
    """A registry that has been read, so that what is wrong there is told now, not after hours of a crawl."""
    registry = Registry(folder)
    _ = registry.families, registry.origins
    return registry


def lint(registry: Registry) -> list[str]:
    """What a curated registry should have and this one lacks, a sentence each."""
    return [f"{family.key}: {found}" for family in registry.families.values() for found in _lacking(family)] + [
        f"{key}: its title is also a name of {other}" for key, other in _ambiguous(registry)
    ]


def _tables(source: Source) -> dict[str, Any]:
    import tomllib  # most questions find what was made of it

    path = source.path
    try:
        return tomllib.loads(source.text)
    except (OSError, UnicodeDecodeError) as problem:
        raise RegistryError(f"{path} cannot be read: {problem}. It must be a readable UTF-8 file.") from problem
    except tomllib.TOMLDecodeError as problem:
        raise RegistryError(f"{path} is not valid TOML: {problem}. Mend it there.") from problem


def _family(path: Path, key: str, table: Any) -> Family:
    if not isinstance(table, dict):
        raise RegistryError(f"{path}: {key} stands outside of any family. Put a line such as [qwen] above it.")
    where = f"{path}: family {key}"
    if not _KEY.fullmatch(key):
        raise RegistryError(f"{where}: a key is what people type. Use lower-case letters, digits and hyphens.")
    values = {name: _value(where, name, value) for name, value in table.items()}
    family = Family(key=key, **{**values, "title": values.get("title") or key})
    for publisher in family.publishers:
        if "/" in publisher or not publisher or _WILDCARD.search(publisher):
            raise RegistryError(
                f"{where}: publishers: {publisher!r} is no publisher. Ids and patterns go under include."
            )
    if family.open and not (family.publishers or family.include):
        raise RegistryError(
            f"{where}: no rule, so no model could be official. Give publishers or include, "
            "or open = false if its developer publishes nothing."
        )
    return family


def _of_json(fields: list[Any]) -> Family:
    return Family._make(tuple(field) if isinstance(field, list) else field for field in fields)


def _value(where: str, name: str, value: Any) -> Any:
    if name not in _TYPES:
        raise RegistryError(f"{where}: {name}: no such key. Known are {', '.join(_TYPES)}.")
    if _TYPES[name] is tuple and isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(value)
    if _TYPES[name] is type(value):
        return value
    raise RegistryError(f"{where}: {name}: {_mismatch(value, _TYPES[name])}. Write it as {_example(name)}.")


def _mismatch(value: Any, wanted: type) -> str:
    import msgspec  # only whoever has a file to mend needs it

    try:
        msgspec.convert(value, tuple[str, ...] if wanted is tuple else wanted)
    except msgspec.ValidationError as problem:
        return str(problem)
    return f"{value!r} does not fit"


def _example(name: str) -> str:
    return {bool: f"{name} = true or {name} = false", str: f'{name} = "text"'}.get(
        _TYPES[name], f'{name} = ["text", "text"]'
    )


def _sha256(value: Any) -> str:
    """Databases hold it: whatever is changed here must give the same text."""
    import hashlib  # it loads OpenSSL, which few questions need

    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _matches(patterns: tuple[str, ...], name: str) -> bool:
    return bool(patterns) and _matcher(patterns).match(name) is not None


@cache
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all patterns, made when first asked for: a question is about few families."""
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


@cache
def _publishers_of(family: Family) -> frozenset[str | None]:
    """The publishers that the rules name; None among them where a pattern leaves the publisher open."""
    return frozenset(family.publishers) | {_publisher_in(pattern) for pattern in family.include}


def _publisher_in(pattern: str) -> str | None:
    publisher = pattern.split("/", 1)[0]
    return None if _WILDCARD.search(publisher) else publisher


def _names(family: Family) -> tuple[str, str]:
    return family.key, family.title.casefold()


def _lacking(family: Family) -> Iterator[str]:
    if family.title == family.key:
        yield "no title"
    if not family.developer:
        yield "no developer"
    if not family.source.startswith("https://"):
        yield "no source that a reader can follow (https://...)"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", family.checked):
        yield 'no date of the check (checked = "YYYY-MM-DD")'
    if family.open and not family.tracked:
        yield "no tracked id, so its completeness is never measured"
    if not family.open and not family.note:
        yield "closed, and no note says what is published"
    for name in family.tracked:
        if not family.official(name):
            yield f"tracked {name} is not official by its own rules"
    for pattern in family.include:
        if _publisher_in(pattern) in family.publishers:
            yield f"include {pattern} adds nothing to its publisher"


def _ambiguous(registry: Registry) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for family in registry.families.values():
        for name in dict.fromkeys(_names(family)):
            if name in seen:
                yield family.key, seen[name]
            seen.setdefault(name, family.key)
