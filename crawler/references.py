"""Pure: the bases that one row declares, from its three sources, tidied and paired (METHOD, section 1).

Whether a reference resolves is not decided here: that takes every model's name, and the store has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

import msgspec

from crawler.records import Reference, Relation, Source

TAG = "base_model:"
NamedBases: TypeAlias = tuple[str, tuple[tuple[str | None, str], ...]]
Declared: TypeAlias = tuple[tuple[Reference, ...], tuple[Reference, ...]]

LONGEST_TARGET = 300
"""Longer texts are cut: no repository name comes near it, and such a text is malformed anyway."""

_RELATIONS = {relation.word: relation for relation in Relation}
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_WELL_FORMED = re.compile(rf"{_NAME}(?:/{_NAME})?")
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_HUB_URL = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/+", re.IGNORECASE)
_TIDY = re.compile(rf"(?!(?i:{_HUB_URL.pattern})){_NAME}/{_NAME}(?<!\.git)")
"""What most texts are: names with nothing around them, told in a third of the time."""
_NOT_A_MODEL = {"models", "datasets", "spaces", "collections", "papers", "docs", "blog", "api"}
_PAGES_OF_A_MODEL = {"tree", "blob", "resolve", "discussions", "commit", "commits", "raw"}


def declared(
    base_models: NamedBases | None,
    tags: tuple[str, ...],
    card_base: Any,
    card_relation: Any,
) -> Declared:
    """What a row declares: the references of the first source that names any base, and the evidence.

    `base_models` is (relation word, ((`_id` or None, name), ...)); `tags` are the row's `base_model:` tags;
    the card's two values come as they are, of any type. Evidence is what another source says where
    it names other bases than the winner.
    """
    if base_models is not None and _all_say_the_same(base_models, tags, card_base):
        word, ((hub_id, name),) = base_models
        target, well_formed = tidy(name)
        return (Reference(target, _RELATIONS[word], Source.BASE_MODELS, hub_id, 1, well_formed),), ()
    return _weighed(base_models, tags, card_base, card_relation)


def _all_say_the_same(base_models: NamedBases, tags: tuple[str, ...], card_base: Any) -> bool:
    """Whether a row names one base in all its sources, letter for letter: nineteen of twenty do.

    To weigh the sources then takes ten times as long, and comes to the same.
    """
    relation, bases = base_models
    if len(bases) != 1 or relation not in _RELATIONS:
        return False
    name = bases[0][1]
    forms = (f"{TAG}{name}", f"{TAG}{relation}:{name}")
    return ":" not in name and set(tags).issubset(forms) and (card_base is None or card_base == name)


def _weighed(base_models: NamedBases | None, tags: tuple[str, ...], card_base: Any, card_relation: Any) -> Declared:
    sources = [
        found
        for found in (_from_base_models(base_models), _from_tags(tags), _from_card(card_base, card_relation))
        if found
    ]
    if not sources:
        return (), ()
    winner = sources[0]
    named = {reference.target for reference in winner}
    others = [found for found in sources[1:] if {reference.target for reference in found} != named]
    return winner, tuple(reference for found in others for reference in found)


def declared_hash(references: tuple[Reference, ...], evidence: tuple[Reference, ...]) -> int:
    """64 bits of all that a model declares, the same on every machine and in every run."""
    packed = msgspec.msgpack.encode((references, evidence))
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), "big", signed=True)


@lru_cache(maxsize=16384)
def tidy(text: str) -> tuple[str, bool]:
    """The name that a declared text means, and whether it has a model name's form.

    White space around, a Hub address before and anything past `namespace/name` in it, a trailing `/`,
    `@revision` and `.git` go. `tidy("https://hf.co/a/b/tree/main")` is `("a/b", True)`.
    """
    if len(text) <= LONGEST_TARGET and _TIDY.fullmatch(text):
        return text, True
    name = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd").strip()
    address = _HUB_URL.match(name)
    in_address = address and _name_in_address(name[address.end() :])
    name = in_address or name.rstrip("/")
    name = (name[: name.index("@")] if "@" in name[1:] else name).removesuffix(".git").rstrip("/")
    return name[:LONGEST_TARGET], bool(_WELL_FORMED.fullmatch(name)) and len(name) <= LONGEST_TARGET


def _name_in_address(path: str) -> str | None:
    """`namespace/name` of a Hub address's path; None where the address is no model's."""
    parts = [part for part in re.split(r"[?#]", path)[0].split("/") if part]
    if not parts or parts[0] in _NOT_A_MODEL:
        return None
    return parts[0] if len(parts) > 1 and parts[1] in _PAGES_OF_A_MODEL else "/".join(parts[:2])


def _from_base_models(base_models: NamedBases | None) -> tuple[Reference, ...]:
    if base_models is None:
        return ()
    relation = _RELATIONS.get(base_models[0], Relation.UNKNOWN)
    return _merged((name, relation, hub_id) for hub_id, name in base_models[1])


def _merged(named: Iterable[tuple[str, Relation, str | None]]) -> tuple[Reference, ...]:
    """Each base once, in declared order, with how often it was named; the first relation stands."""
    found: dict[str, Reference] = {}
    for text, relation, hub_id in named:
        target, well_formed = tidy(text)
        before = found.get(target)
        if before is None:
            found[target] = Reference(target, relation, Source.BASE_MODELS, hub_id, 1, well_formed)
        else:
            found[target] = msgspec.structs.replace(before, times=before.times + 1)
    return tuple(found.values())


def _from_tags(tags: Sequence[str]) -> tuple[Reference, ...]:
    """Pairs up `base_model:X` and `base_model:finetune:X`, the two forms in which every base is given."""
    plain: dict[str, int] = {}
    related: dict[str, list[Relation]] = {}
    forms: dict[str, bool] = {}
    for tag in tags:
        word, text = _split_tag(tag[len(TAG) :])
        target, forms_well = tidy(text)
        forms[target] = forms_well
        if word is None:
            plain[target] = plain.get(target, 0) + 1
        else:
            related.setdefault(target, []).append(_RELATIONS.get(word, Relation.UNKNOWN))
    return tuple(
        Reference(
            target,
            next((relation for relation in related.get(target, ()) if relation), Relation.UNKNOWN),
            Source.TAG,
            None,
            max(plain.get(target, 0), len(related.get(target, ()))),
            well_formed,
        )
        for target, well_formed in forms.items()
    )


def _split_tag(rest: str) -> tuple[str | None, str]:
    """(relation word or None, name). A name holds no colon, so a word before one is a relation, known or not.

    Only `https:` and the like, where a slash follows, are no such words, and neither is a drive's capital letter.
    """
    word, colon, name = rest.partition(":")
    if colon and (word in _RELATIONS or (_WORD.fullmatch(word) and not name.startswith(("/", "\\")))):
        return word, name
    return None, rest


def _from_card(base: Any, relation: Any) -> tuple[Reference, ...]:
    if base is None:
        return ()
    known = _RELATIONS.get(relation, Relation.UNKNOWN) if isinstance(relation, str) else Relation.UNKNOWN
    found = _merged((text, known, None) for text in _texts(base))
    return tuple(msgspec.structs.replace(reference, source=Source.CARD) for reference in found)


def _texts(value: Any) -> Iterable[str]:
    """The strings in a card's value; whatever is no string is told in words that no name could be."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(reversed(item))
        else:
            yield item if isinstance(item, str) else f"not text: {_as_json(item)}"


def _as_json(item: Any) -> str:
    try:
        return msgspec.json.encode(item).decode()
    except (ValueError, RecursionError):  # lone surrogates, absurd nesting
        return f"<{type(item).__name__}>"
