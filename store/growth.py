"""How the derivatives of a family or model became what they are: by creation date, or from crawl to crawl."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from crawler.records import Relation
from store.ecosystem import Ecosystem
from store.families import official_nodes
from store.graph import descendants
from store.lookup import find_node
from store.registry.loader import Registry

Period: TypeAlias = Literal["day", "week", "month"]

_UNITS = {"day": "D", "week": "W", "month": "M"}  # numpy's weeks begin on Thursdays, as 1970 did
_TOTAL = " + ".join(f"family_count.total_{relation.word}" for relation in Relation)
_HISTORY = f"""
    SELECT crawl.id, crawl.finished_at, {_TOTAL} FROM family_count
    JOIN crawl ON crawl.id = family_count.crawl_id WHERE family_count.family = ? ORDER BY crawl.id"""
_THURSDAY = 3


@dataclass(frozen=True)
class Point:
    """`period` is a day, the Monday of a week, a month, or a crawl; `new` what came in it, `total` all until then."""

    name: str
    period: str
    new: int
    total: int


def by_creation(ecosystem: Ecosystem, name: str, period: Period) -> list[Point]:
    """The present derivatives by when they were created; periods without any are left out.

    Models whose creation is unknown are in no period. Raises `UnknownName`.
    """
    title, nodes = _meant(ecosystem.connection, ecosystem.registry, name)
    reached, _ = descendants(ecosystem.lineage, ecosystem.lineage.places(np.array(nodes, np.int64)))
    models = ecosystem.of_place[reached]
    created = ecosystem.models.created_at[models[models >= 0]]
    moments = created[created > 0].astype("datetime64[s]")
    if period == "week":
        moments = moments.astype("datetime64[D]") + _THURSDAY  # so that a week's days, Monday on, share a unit
    periods, counts = np.unique(moments.astype(f"datetime64[{_UNITS[period]}]"), return_counts=True)
    starts = periods.astype("datetime64[D]") - (_THURSDAY if period == "week" else 0)
    labels = [str(start)[:7] if period == "month" else str(start) for start in starts]
    totals = np.cumsum(counts).tolist()
    return [Point(title, *point) for point in zip(labels, counts.tolist(), totals, strict=True)]


def by_crawl(connection: sqlite3.Connection, registry: Registry, name: str) -> list[Point]:
    """What each crawl counted for a family when it was finished, by the rules of then; `new` may be negative."""
    title, _ = _meant(connection, registry, name)
    rows = connection.execute(_HISTORY, (title,)).fetchall()
    before = [0, *(total for _, _, total in rows)]
    return [
        Point(title, str(crawl), total - former, total) for (crawl, _, total), former in zip(rows, before, strict=False)
    ]


def _meant(connection: sqlite3.Connection, registry: Registry, name: str) -> tuple[str, list[int]]:
    family = registry.find(name)
    if family is not None:
        return family.key, official_nodes(connection, family)
    node = find_node(connection, name, also=tuple(registry.families))
    return node.name, [node.id]
