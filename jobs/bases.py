"""What a walk starts from, and what it will cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from crawler.hub import Hub
from crawler.records import BaseDetail, Models, Page
from crawler.walk import expected_requests, look_up, of_publisher
from store.crawls import last_complete_sweep
from store.registry.loader import Family, Registry

MODELS_A_PAGE = 1000
LIVE = "https://huggingface.co"
LIVE_SWEEP = 3250
"""Requests that a sweep of the live Hub takes: some 3.25 million models in late 2026."""

_KNOWN_DERIVATIVES = """
    SELECT count(DISTINCT below.child_id) FROM json_each(?) AS wanted
    JOIN node ON node.name = wanted.value JOIN edge AS below ON below.parent_id = node.id"""


@dataclass(frozen=True)
class Found:
    """Names of a walk's own bases, their rows, and the detail where one was asked for."""

    names: tuple[str, ...]
    page: Page
    detail: BaseDetail | None = None


def find_bases(hub: Hub, name: str, registry: Registry) -> Iterator[Found]:
    """A model's own row, or those of all models that a family's rules take in."""
    family = registry.find(name)
    if family is not None:
        yield from _official(hub, family)
        return
    for detail in look_up(hub, [name]):
        yield Found((detail.record.repo_id,), Page(Models.of(detail.record), (), None, 1), detail)


def _official(hub: Hub, family: Family) -> Iterator[Found]:
    """The family's own among the models of its publishers, and those that the registry tracks."""
    namespaces = [pattern.partition("/")[0] for pattern in family.include if "/" in pattern]
    for publisher in dict.fromkeys([*family.publishers, *namespaces]):
        for page in of_publisher(hub, publisher):
            listed = page.models.repo_ids
            own = page.models.at([place for place, name in enumerate(listed) if family.official(name)])
            yield Found(tuple(own.repo_ids), msgspec.structs.replace(page, models=own, next_url=None))
    yield Found(family.tracked, Page(Models(), (), None, 0))  # even those that the Hub does not list any more


def cost(
    connection: sqlite3.Connection, found: Sequence[Found], bases: Sequence[str], depth: int | None, endpoint: str
) -> str:
    """How many requests the walk will take at least, and whether a sweep would be the cheaper way."""
    details = [base.detail for base in found if base.detail]
    children = connection.execute(_KNOWN_DERIVATIVES, (msgspec.json.encode(bases).decode(),)).fetchone()[0]
    known = len(bases) + (children if depth != 1 else 0)
    least = max(known, expected_requests(details, depth))
    if not bases:
        return "Nothing to walk from: this Hub lists no model of that family, and the registry tracks none."
    start = "1 base model" if len(bases) == 1 else f"{len(bases):,} base models"
    text = f"Walking from {start}: at least {least:,} requests, one or more for each model reached."
    sweep = _requests_of_a_sweep(connection, endpoint)
    if sweep is None or least <= sweep:
        return text
    return (
        f"{text}\nA sweep would be cheaper: about {sweep:,} requests, for it lists {MODELS_A_PAGE:,} models in each "
        "and sees the references in cards too. Ctrl-C, then `modelroots crawl sweep`, to do that instead."
    )


def _requests_of_a_sweep(connection: sqlite3.Connection, endpoint: str) -> int | None:
    last = last_complete_sweep(connection)
    if last is not None:
        return -(-last.models // MODELS_A_PAGE)
    return LIVE_SWEEP if endpoint.rstrip("/") == LIVE else None
