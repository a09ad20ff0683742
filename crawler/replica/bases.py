"""What a model's `base_model:` tags say about its bases, and the `baseModels` that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

TAG = "base_model:"
RELATIONS = ("adapter", "finetune", "merge", "quantized")


def split_tag(tag: str) -> tuple[str, str]:
    """(relation, base) of a `base_model:` tag, the relation "" where it names none; ("", "") for other tags.

    `split_tag("base_model:finetune:a/b")` is `("finetune", "a/b")`.
    """
    if not tag.startswith(TAG):
        return "", ""
    word, colon, base = tag[len(TAG) :].partition(":")
    return (word, base) if colon and word in RELATIONS else ("", tag[len(TAG) :])


def base_tags(relation: str, bases: Sequence[str]) -> list[str]:
    """The two tags that the Hub gives for every declared base."""
    return [tag for base in bases for tag in (f"{TAG}{base}", f"{TAG}{relation}:{base}")]


def follows_from(tags: Any, hub_id_of: Callable[[str], str | None]) -> dict[str, Any] | None:
    """`baseModels`, where it can say all that the tags say; None where it would be half a list.

    That is: every base that is named is a listed model, and one relation holds for all. A base whose tag is
    there twice is there twice.
    """
    if not isinstance(tags, list):
        return None
    said = [split_tag(tag) for tag in tags if isinstance(tag, str) and tag.startswith(TAG)]
    relations = {relation for relation, _ in said if relation}
    bases = [base for relation, base in said if not relation]
    if {base for _, base in said} != set(bases):
        bases = list(dict.fromkeys(base for _, base in said))
    models = [{"_id": hub_id_of(base), "id": base} for base in bases]
    if len(relations) != 1 or not all(model["_id"] for model in models):
        return None
    return {"relation": relations.pop(), "models": models}
