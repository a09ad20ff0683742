"""What became of the models and their bases between two crawls. Compares two states that were computed then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.records import Relation

_MODELS = """
    SELECT model.id, node.name, model.relation, model.first_crawl FROM model
    LEFT JOIN node ON node.id = model.node_id WHERE model.missing_since IS NULL"""
_BASES = """
    SELECT child.id, parent.id, base.name
    FROM edge
    JOIN model AS child ON child.node_id = edge.child_id AND child.missing_since IS NULL
    JOIN node AS base ON base.id = edge.parent_id
    LEFT JOIN model AS parent ON parent.node_id = edge.parent_id AND parent.missing_since IS NULL"""

CHANGES = ("new", "back", "gone", "re-parented", "relation")


@dataclass(frozen=True)
class Difference:
    """One model: `change` is one of CHANGES; `before` and `after` its bases or its relation, where those changed."""

    change: str
    name: str
    relation: str | None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class _State:
    """Models by id: name, relation, first crawl; and each one's bases: what a base is -> its name."""

    models: dict[int, tuple[str, int | None, int]]
    bases: dict[int, dict[tuple[bool, int | str], str]]


def differences(before: sqlite3.Connection, after: sqlite3.Connection, crawl: int) -> Iterator[Difference]:
    """From the state of one connection to that of the other; `crawl` is the number of the first.

    A base stays the same when it is renamed, and becomes another when it goes and leaves a ghost behind it only
    by name: what counts is what the model's references lead to.
    """
    then, now = _state(before), _state(after)
    for model, (name, relation, first) in now.models.items():
        if model not in then.models:
            yield Difference("back" if first <= crawl else "new", name, _word(relation))
        else:
            yield from _changed(model, then, now)
    for model, (name, relation, _) in then.models.items():
        if model not in now.models:
            yield Difference("gone", name, _word(relation))


def _changed(model: int, then: _State, now: _State) -> Iterator[Difference]:
    name, relation, _ = now.models[model]
    former = then.models[model][1]
    bases, former_bases = now.bases.get(model, {}), then.bases.get(model, {})
    if bases.keys() != former_bases.keys():
        yield Difference("re-parented", name, _word(relation), _listed(former_bases), _listed(bases))
    if relation != former:
        yield Difference("relation", name, _word(relation), _word(former), _word(relation))


def _state(connection: sqlite3.Connection) -> _State:
    models = {model: (name or "", relation, first) for model, name, relation, first in connection.execute(_MODELS)}
    bases: dict[int, dict[tuple[bool, int | str], str]] = {}
    for child, parent, name in connection.execute(_BASES):
        known = parent is not None
        bases.setdefault(child, {})[known, parent if known else name] = name
    return _State(models, bases)


def _word(relation: int | None) -> str | None:
    return None if relation is None else Relation(relation).word


def _listed(bases: dict[tuple[bool, int | str], str]) -> str | None:
    return ", ".join(sorted(bases.values())) or None
