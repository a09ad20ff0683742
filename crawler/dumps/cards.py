"""Pure: a card's metadata as some dumps hold it, JSON or YAML in one text -> what is read of a card."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

CARD = ("base_model", "base_model_relation", "license")
"""What `crawler.rows.Card` has."""

MOST = 10_000
"""Values in one card. YAML's aliases can make a text of a hundred characters stand for more than any memory holds."""

Card: TypeAlias = dict[str, Any]


class _Card(msgspec.Struct, gc=False):
    base_model: Any = None
    base_model_relation: Any = None
    license: Any = None


_card = msgspec.json.Decoder(_Card)


def card_of(text: str | None) -> Card | None:
    """What the text says of base and licence; None for no text, and for one that nobody can read."""
    if text is None or not text.strip():
        return None
    try:
        found = _card.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _from_yaml(text)
    return {"base_model": found.base_model, "base_model_relation": found.base_model_relation, "license": found.license}


def _from_yaml(text: str) -> Card | None:
    """The first document of the text, as it stands at the head of a README, between lines of `---` or without."""
    import yaml  # 20 ms, and hardly any dump needs it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = next(yaml.load_all(text, Loader=loader), None)  # both loaders are safe ones
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    card = {name: found.get(name) for name in CARD}
    return card if _is_small(card) else None


def _is_small(value: Any) -> bool:
    pending, seen = [value], 0
    while pending and seen <= MOST:
        one = pending.pop()
        seen += 1
        if isinstance(one, dict):
            pending += [*one, *one.values()]
        elif isinstance(one, list | tuple | set):
            pending += one
    return seen <= MOST
