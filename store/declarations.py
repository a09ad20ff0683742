"""What models declare as their bases -> references, each valid from one crawl to another."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from crawler.records import Declaration, Models
from store.names import Nodes
from store.rows import insert

_REFERENCES = "reference (model_id, since_crawl, position, node_id, relation, source, times, is_evidence, hub_id)"
_END_REFERENCES = "UPDATE reference SET until_crawl = ? WHERE model_id = ? AND until_crawl IS NULL"


def declare(
    connection: sqlite3.Connection, nodes: Nodes, crawl_id: int, model_ids: Sequence[int], models: Models
) -> None:
    """What the models declare, valid from this crawl on."""
    declared = {place: models.declared[place] for place in dict.fromkeys(models.declarations)}
    targets = {
        reference.target: reference.well_formed
        for declaration in declared.values()
        for reference in declaration.references + declaration.evidence
    }
    found = nodes.ids_of(targets, remember=True)
    columns = {place: _columns(declaration, found) for place, declaration in declared.items()}
    rows = [
        (model_id, crawl_id, position, *row)
        for model_id, place in zip(model_ids, models.declarations, strict=True)
        for position, row in enumerate(columns[place])
    ]
    insert(connection, _REFERENCES, rows)


def end(connection: sqlite3.Connection, crawl_id: int, model_ids: Sequence[int]) -> None:
    """What the models declared until now is not valid from this crawl on."""
    connection.executemany(_END_REFERENCES, [(crawl_id, model_id) for model_id in model_ids])


def _columns(declaration: Declaration, nodes: Mapping[str, int]) -> list[tuple[Any, ...]]:
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
