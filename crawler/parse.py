"""Pure: the bytes of one answer -> models, or a reason why not. Asks nothing of anybody.

The fast way decodes a whole page into typed rows and reads them column by column. On any surprise every row is read
by itself, leniently, and what can be stored is then told as columns too: a page never fails because of a row.
What a row looks like is `crawler.rows`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import msgspec

from crawler.errors import Malformed
from crawler.known import KnownRows, fingerprints_of
from crawler.records import BaseDetail, Declaration, ModelRecord, Models, Page, Quarantined, Unread
from crawler.references import TAG, NamedBases, declared, declared_hash
from crawler.rows import BaseModels, Card, Row, Text, Unusable, lenient, texts_of, typed
from crawler.times import seconds

LONGEST_ID = 256
LONGEST_RAW = 64_000
_LICENSE = "license:"
_HUB_ID = re.compile(r"[0-9a-f]{24}")
_HEX = b"0123456789abcdef"
_SAYS_PRIVATE = re.compile(rb'"private"\s*+:\s*+(?!false|null|0\b)')  # for a row that cannot be read


class Contents(NamedTuple):
    """One listing page: what was read, what could not be, the known numbers of the rows that have not changed, and
    what is left to be read.
    """

    models: Models
    quarantined: list[Quarantined]
    unchanged: list[int]
    unread: Unread

    @property
    def rows(self) -> int:
        return len(self.models) + len(self.quarantined) + len(self.unchanged) + len(self.unread.texts)


def read_page(body: bytes, known: KnownRows | None = None, *, most: int | None = None) -> Contents:
    """A listing page, in its order. Where rows may be `known`, only those that are not are told, and left unread.

    Raises `Malformed` where the body is not a whole JSON array (worth another try), or one of more rows than `most`.
    """
    texts = texts_of(body, most)
    fingerprints = fingerprints_of(texts)
    if known is None:
        return Contents(*_read(texts, fingerprints.tolist()), [], Unread())
    numbers = known.numbers_of(fingerprints)
    unchanged = [number for number in numbers if number]
    if unchanged:
        wanted = [place for place, number in enumerate(numbers) if not number]
        texts, fingerprints = [texts[place] for place in wanted], fingerprints[wanted]
    return Contents(Models(), [], unchanged, Unread([*map(bytes, texts)], fingerprints.tolist()))


def read_rest(page: Page) -> Page:
    """The page with nothing unread. That takes most of what a page of new models costs before it is stored."""
    if not page.unread.texts:
        return page
    models, quarantined = _read(page.unread.texts, page.unread.fingerprints)
    return msgspec.structs.replace(page, models=models, quarantined=tuple(quarantined), unread=Unread())


def parse_page(body: bytes) -> tuple[list[ModelRecord], list[Quarantined]]:
    """The records of one listing page, and the rows that could not be read. Raises `Malformed`."""
    found = read_page(body)
    return list(found.models.records()), found.quarantined


def parse_detail(body: bytes) -> BaseDetail:
    """The detail route's answer. Raises `Malformed`: it is no model to be stored, or not whole (worth another try)."""
    row = None
    try:
        row = lenient(body)
        _require_usable(row)
    except Unusable as problem:
        message = f"The Hub's answer for one model cannot be read: {problem}. It begins {body[:60]!r}."
        raise Malformed(message, retryable=row is None) from problem
    columns = _Columns()
    columns.add([row], [None])
    return BaseDetail(columns.models().records()[0], row.children)


def _read(texts: Sequence[Text], fingerprints: Sequence[int]) -> tuple[Models, list[Quarantined]]:
    columns, quarantined = _Columns(), list[Quarantined]()
    for first in range(0, len(texts), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        columns.add(*_usable(texts[some], fingerprints[some], quarantined))
    return columns.models(), quarantined


# Which rows can be stored


def _usable(
    texts: Sequence[Text], fingerprints: Sequence[int | None], quarantined: list[Quarantined]
) -> tuple[Sequence[Row], Sequence[int | None]]:
    """The rows that can be stored and their fingerprints; the others are added to those in quarantine."""
    rows = typed(texts)
    if rows is not None and _are_usable(rows):
        return rows, fingerprints
    usable: list[tuple[Row, int | None]] = []
    for text, fingerprint in zip(texts, fingerprints, strict=True):
        try:
            row = lenient(text)
            _require_usable(row)
        except Unusable as problem:
            quarantined.append(_quarantined(problem, bytes(text)))
        else:
            usable.append((row, fingerprint))
    return [row for row, _ in usable], [fingerprint for _, fingerprint in usable]


def _are_usable(rows: Sequence[Row]) -> bool:
    """Whether `_require_usable` would find nothing in any of them, looked at together in a tenth of its time."""
    hub_ids = [row.hub_id for row in rows]
    ids = [row.id for row in rows]
    lengths = set(map(len, ids))
    return not rows or (
        set(map(len, hub_ids)) == {24}
        and not "".join(hub_ids).encode("ascii", "replace").translate(None, _HEX)
        and min(lengths) > 0
        and max(lengths) <= LONGEST_ID
        and "\0" not in "".join(ids)
        and not any(row.private for row in rows)
    )


def _require_usable(row: Row) -> None:
    """Raises `Unusable` for a row without identity, and for a private one, which is never kept."""
    if row.private:
        raise Unusable("private")
    if not _HUB_ID.fullmatch(row.hub_id.lower()):
        raise Unusable("_id is not 24 hex digits")
    if not row.id or len(row.id) > LONGEST_ID or "\0" in row.id:
        raise Unusable(f"id is empty, longer than {LONGEST_ID} characters or holds a NUL")


def _quarantined(problem: Unusable, raw: bytes) -> Quarantined:
    private = str(problem) == "private" or _SAYS_PRIVATE.search(raw)
    return Quarantined(str(problem), "" if private else raw[:LONGEST_RAW].decode("utf-8", "replace"))


# From rows to columns


class _Columns:
    """The columns of a page, made of some of its rows after the other."""

    def __init__(self) -> None:
        self._models = Models()
        self._words: dict[str | None, int] = _places()
        self._declared: dict[Declaration, int] = _places()
        self._created_at: list[str | None] = []
        self._modified_at: list[str | None] = []

    def add(self, rows: Sequence[Row], fingerprints: Sequence[int | None]) -> None:
        models, words, declared = self._models, self._words, self._declared
        hub_ids = bytes.fromhex("".join([row.hub_id for row in rows]))
        models.hub_ids.extend([hub_ids[first : first + 12] for first in range(0, len(hub_ids), 12)])
        models.repo_ids.extend([row.id for row in rows])
        self._created_at.extend([row.created_at for row in rows])
        self._modified_at.extend([row.modified_at for row in rows])
        models.downloads.extend([row.downloads for row in rows])
        models.downloads_all_time.extend([row.downloads_all_time for row in rows])
        models.likes.extend([row.likes for row in rows])
        models.gated.extend([words["no" if row.gated is False else _gated(row.gated)] for row in rows])
        models.disabled.extend([1 if row.disabled else 0 for row in rows])
        models.libraries.extend([words[row.library] for row in rows])
        models.tasks.extend([words[row.task] for row in rows])
        models.parameters.extend([row.safetensors.total if row.safetensors else None for row in rows])
        models.fingerprints.extend(fingerprints)
        for row in rows:
            bases, licensed = _wanted_tags(row.tags or ())
            card = row.card or _NO_CARD
            models.licenses.append(words[licensed or _license(card.license)])
            models.declarations.append(
                declared[_declaration(row.base_models, bases, card)]
                if row.base_models is not None or bases or card.base_model is not None
                else declared[_NONE]
            )

    def models(self) -> Models:
        models = self._models
        models.words.extend(map(_readable, self._words))
        models.declared.extend(self._declared)
        models.modified_at.extend(seconds(self._modified_at))
        # An ObjectId opens with its creation in seconds: the best word where createdAt is missing. One that opens with
        # zeros stands in for an unknown one, and tells nothing.
        models.created_at.extend(
            (int.from_bytes(hub_id[:4], "big") or None) if told is None else told
            for hub_id, told in zip(models.hub_ids, seconds(self._created_at), strict=True)
        )
        return models


_NO_CARD = Card()
_NONE = Declaration()
_AT_ONCE = 100
"""Rows that are read together: so few stay in the processor's caches, a thousand take a third more time."""


def _places() -> defaultdict[Any, int]:
    """Each thing that is asked for gets the next place. (A class with `__missing__` takes twice as long.)"""
    return defaultdict(count().__next__)


def _wanted_tags(tags: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The `base_model:` tags, in order, and the licence that the last `license:` tag names."""
    bases: tuple[str, ...] = ()
    licensed = None
    for tag in tags:
        if ":" in tag:  # this is every tag of the Hub: most have none, and a slice costs half of what startswith does
            if tag[:11] == TAG:
                bases += (tag,)
            elif tag[:8] == _LICENSE:
                licensed = tag[8:]
    return bases, licensed


def _declaration(found: BaseModels | None, tags: tuple[str, ...], card: Card) -> Declaration:
    try:  # most rows say what some row has said before: the same popular base, in the same way
        return _declaration_before(found, tags, card.base_model, card.base_model_relation)
    except TypeError:  # a list or a dictionary in the card
        return _declaration_before.__wrapped__(found, tags, card.base_model, card.base_model_relation)


@lru_cache(maxsize=16384, typed=True)
def _declaration_before(
    found: BaseModels | None, tags: tuple[str, ...], card_base: Any, card_relation: Any
) -> Declaration:
    references, evidence = declared(_named(found), tags, card_base, card_relation)
    return Declaration(references, evidence, declared_hash(references, evidence)) if references else _NONE


def _named(found: BaseModels | None) -> NamedBases | None:
    if found is None:
        return None
    return found.relation or "", tuple([(_hub_id_or_none(base.hub_id), base.id) for base in found.models])


def _hub_id_or_none(text: str | None) -> str | None:
    lowered = text.lower() if text else ""
    return lowered if _HUB_ID.fullmatch(lowered) else None


def _license(value: Any) -> str | None:
    """A card's licence: a word, or the first of a list of them."""
    first = value[0] if isinstance(value, list) and value else value
    return first[:100] if isinstance(first, str) and first else None


def _gated(value: bool | str | None) -> str:  # noqa: FBT001  # the Hub's own type
    if isinstance(value, str):
        return value if value in ("auto", "manual") else "yes"
    return "yes" if value else "no"


def _readable(word: str | None) -> str | None:
    """The word as another process and a database can take it: lone surrogates become question marks."""
    return word and word.encode("utf-8", "replace").decode()
