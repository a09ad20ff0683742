"""What models declare as their bases -> references, each valid from one crawl to another."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from crawler.records import Declaration, Models
from store.names import Nodes
from store.rows import insert

Row: TypeAlias = tuple[Any, ...]

_REFERENCES = "reference (model_id, since_crawl, position, node_id, relation, source, times, is_evidence, hub_id)"
_END_REFERENCES = "UPDATE reference SET until_crawl = ? WHERE model_id = ? AND until_crawl IS NULL"

_REMEMBERED = 16_384
"""Declarations whose rows are kept at hand, a few megabytes: most models declare what some model has before."""


class Declarations:
    """For the writer alone. `crawl_id` is the crawl that lists models now."""

    def __init__(self, connection: sqlite3.Connection, nodes: Nodes, crawl_id: int) -> None:
        self._connection = connection
        self._nodes = nodes
        self._crawl = crawl_id
        self._rows: dict[int | None, list[Row]] = {}

    def add(self, model_ids: Sequence[int], models: Models) -> None:
        """What the models declare, valid from this crawl on."""
        if len(self._rows) > _REMEMBERED:
            self._rows.clear()
        declared = {place: models.declared[place] for place in dict.fromkeys(models.declarations)}
        self._remember([declaration for declaration in declared.values() if declaration.digest not in self._rows])
        rows = {place: self._rows[declaration.digest] for place, declaration in declared.items()}
        found = [
            (model_id, self._crawl, position, *row)
            for model_id, place in zip(model_ids, models.declarations, strict=True)
            for position, row in enumerate(rows[place])
        ]
        insert(self._connection, _REFERENCES, found)

    def end(self, model_ids: Sequence[int]) -> None:
        """What the models declared until now is not valid from this crawl on."""
        self._connection.executemany(_END_REFERENCES, [(self._crawl, model_id) for model_id in model_ids])

    def _remember(self, declared: Sequence[Declaration]) -> None:
        targets = {
            reference.target: reference.well_formed
            for declaration in declared
            for reference in declaration.references + declaration.evidence
        }
        found = self._nodes.ids_of(targets, remember=True)
        self._rows |= {declaration.digest: _columns(declaration, found) for declaration in declared}


def _columns(declaration: Declaration, nodes: Mapping[str, int]) -> list[Row]:
    """node, relation, source, times, whether it is evidence, the base's `_id`: of each reference."""
    said = [(reference, 0) for reference in declaration.references]
    said += [(reference, 1) for reference in declaration.evidence]
    return [
        (
            nodes[reference.target],
            reference.relation.value,
            reference.source.value,
            reference.times,
            is_evidence,
            bytearray.fromhex(reference.hub_id) if reference.hub_id else None,
        )
        for reference, is_evidence in said
    ]
