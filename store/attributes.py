"""What is stored of a model beside its name and its bases: which columns, in which order, and what changed of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crawler.records import Models

COUNTERS = ("modified_at", "downloads", "downloads_all_time", "likes")
ATTRIBUTES = (
    *COUNTERS, "created_at", "gated_id", "disabled",
    "library_id", "task_id", "license_id", "parameters", "relation", "declared_hash",
)  # fmt: skip
"""The order of `attributes`: what is compared, and what an update writes. The counters change every night."""

DECLARED_HASH = len(ATTRIBUTES) - 1
_ACCESS = ("gated_id", "disabled")


def attributes(models: Models, labels: Mapping[str | None, int | None]) -> tuple[Sequence[Any], ...]:
    """The columns of `ATTRIBUTES`."""
    words = [labels[word] for word in models.words]
    relations = [
        declaration.references[0].relation.value if declaration.references else None for declaration in models.declared
    ]
    digests = [declaration.digest for declaration in models.declared]
    return (
        models.modified_at,
        models.downloads,
        models.downloads_all_time,
        models.likes,
        models.created_at,
        [words[place] for place in models.gated],
        models.disabled,
        [words[place] for place in models.libraries],
        [words[place] for place in models.tasks],
        [words[place] for place in models.licenses],
        models.parameters,
        [relations[place] for place in models.declarations],
        [digests[place] for place in models.declarations],
    )


def access_changes(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    """(field, before, after) of what became gated or disabled, or is so no more."""
    for place, field in enumerate(ATTRIBUTES):
        if field in _ACCESS and before[place] != after[place]:
            yield field.removesuffix("_id"), before[place], after[place]
