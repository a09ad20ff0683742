"""Pure: what one model declares -> how a file of the hub-stats form tells it. Reads and writes nothing.

What is told is read again by the rules of `crawler.references`, and must come out as it was: `baseModels` where one
relation is told of all bases, tags and card beside it as the Hub has them, and the sources that disagree as they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from crawler.records import Relation, Source

_WORDS = ["", *(relation.word for relation in Relation if relation)]


class Base(NamedTuple):
    """A base as a model declares it.

    `said` is ((times * 8 + relation) * 8 + source) * 2 + whether it is evidence, in one number as it is read.
    """

    name: str
    hub_id: str | None
    said: int

    @property
    def relation(self) -> int:
        return self.said >> 4 & 7

    @property
    def source(self) -> int:
        return self.said >> 1 & 7

    @property
    def times(self) -> int:
        return self.said >> 7

    @property
    def is_evidence(self) -> bool:
        return bool(self.said & 1)


class Told(NamedTuple):
    """How the file tells what a model declares. `bases` are (`_id` or empty, name), none where it names none there."""

    relation: str
    bases: list[tuple[str, str]]
    tags: list[str]
    card: dict[str, Any]


@lru_cache(maxsize=16_384)
def told_of(bases: tuple[Base, ...]) -> Told:
    """Most models say what some model has said before: the same popular base, in the same way."""
    declared = [base for base in bases if not base.is_evidence]
    relations = {base.relation for base in declared}
    in_card_alone = declared[0].source == Source.CARD
    in_base_models = len(relations) == 1 and not in_card_alone  # as on the Hub, which reads no card for them
    return Told(
        _WORDS[declared[0].relation] if in_base_models else "",
        [(base.hub_id or "", base.name) for base in _repeated(declared)] if in_base_models else [],
        _base_tags(bases, declared, is_source=not in_base_models) if not in_card_alone else [],
        _card(bases, declared, is_source=in_card_alone),
    )


def _repeated(bases: Sequence[Base]) -> list[Base]:
    """Each as often as the model names it."""
    return [base for base in bases for _ in range(base.times)]


def _base_tags(bases: Sequence[Base], declared: Sequence[Base], *, is_source: bool) -> list[str]:
    """Both forms for each base; only the one with a relation where a colon in the name could be taken for one."""
    said = [base for base in bases if base.is_evidence and base.source == Source.TAG]
    tags: list[str] = []
    for base in _repeated(said or declared) if said or is_source else declared:
        forms = [] if ":" in base.name else [f"base_model:{base.name}"]
        if base.relation or not forms:
            forms.append(f"base_model:{Relation(base.relation).word}:{base.name}")
        tags += forms
    return tags


def _card(bases: Sequence[Base], declared: Sequence[Base], *, is_source: bool) -> dict[str, Any]:
    said = [base for base in bases if base.is_evidence and base.source == Source.CARD]
    told = _repeated(said or declared) if said or is_source else declared
    names = [base.name for base in told]
    card: dict[str, Any] = {"base_model": names[0] if len(names) == 1 else names}
    if told[0].relation and len({base.relation for base in told}) == 1:
        card["base_model_relation"] = _WORDS[told[0].relation]
    return card


def card_text(card: Mapping[str, Any]) -> str:
    return msgspec.json.encode(card).decode()
