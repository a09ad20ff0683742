"""Rows that change while the list is paged: `create@0.2, rename@7` -> the catalogue before the n-th request.

Orders are written as faults are (`ordered`); which row a change meets is drawn from the seed. To add a kind, write one
function, name it in `CHANGES`, and give it a line in `docs/replica.md`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from crawler.replica.catalogue import Catalogue
from crawler.replica.lookup import FORMER_NAMES
from crawler.replica.ordered import Ordered
from crawler.replica.rows import catalogue_of

Row = dict[str, Any]
_LATEST = 0xFFFF_FF00  # of what an `_id` can tell, in seconds


class Rows:
    """The rows as they are now, those that are hidden apart, and the numbers that changes are drawn from."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        listed = [json.loads(bytes(text)) for text in catalogue.texts()]
        self.listed: dict[str, Row] = {row["_id"]: row for row in listed}
        self.hidden: dict[str, Row] = {}
        self.made = 0
        self.random = random.Random(seed)

    def any_of(self, rows: dict[str, Row]) -> Row | None:
        return rows[self.random.choice(sorted(rows))] if rows else None

    def catalogue(self) -> Catalogue:
        return catalogue_of(json.dumps(row).encode() for row in self.listed.values())


def _create(rows: Rows) -> None:
    """A model newer than all others, derived from one of them."""
    rows.made += 1
    newest = max((int(hub_id[:8], 16) for hub_id in rows.listed), default=0)
    hub_id = f"{min(newest + 1, _LATEST):08x}{rows.made:016x}"
    base = rows.any_of(rows.listed)
    tags = [f"base_model:{base['id']}", f"base_model:finetune:{base['id']}"] if base else []
    created = _time_of(hub_id)
    row = {"_id": hub_id, "id": f"created/m{rows.made}", "createdAt": created, "lastModified": created, "tags": tags}
    rows.listed[hub_id] = row


def _rename(rows: Rows) -> None:
    """Under its old name it is found by a redirect."""
    if row := rows.any_of(rows.listed):
        rows.made += 1
        former = row.get(FORMER_NAMES, [])
        row[FORMER_NAMES] = [*([former] if isinstance(former, str) else former), row["id"]]
        row["id"] = f"{str(row['id']).partition('/')[0]}/renamed{rows.made}"


def _edit(rows: Rows) -> None:
    """More likes and downloads, and it moves to the top of what was modified lately."""
    if row := rows.any_of(rows.listed):
        rows.made += 1
        row["likes"] = (row.get("likes") or 0) + rows.random.randint(1, 100)
        row["downloads"] = (row.get("downloads") or 0) + rows.random.randint(1, 1000)
        newest = max(int(hub_id[:8], 16) for hub_id in rows.listed)
        row["lastModified"] = _time_of(f"{min(newest + rows.made, _LATEST):08x}")


def _delete(rows: Rows) -> None:
    if row := rows.any_of(rows.listed):
        del rows.listed[row["_id"]]


def _hide(rows: Rows) -> None:
    """Made private: it may be shown again."""
    if row := rows.any_of(rows.listed):
        rows.hidden[row["_id"]] = rows.listed.pop(row["_id"])


def _show(rows: Rows) -> None:
    """One that was hidden is where it was."""
    if row := rows.any_of(rows.hidden):
        rows.listed[row["_id"]] = rows.hidden.pop(row["_id"])


CHANGES: Mapping[str, Callable[[Rows], None]] = {
    "create": _create,
    "rename": _rename,
    "edit": _edit,
    "delete": _delete,
    "hide": _hide,
    "show": _show,
}


class Changes:
    """What becomes of a catalogue before each request, to order."""

    def __init__(self, text: str, seed: int) -> None:
        self._ordered = Ordered(text, CHANGES, seed=seed, what="change")
        self._seed = seed
        self._rows: Rows | None = None
        self._made: Catalogue | None = None

    def before(self, number: int, catalogue: Catalogue) -> Catalogue:
        """To be asked once for every request, in order. A catalogue put in the last one's place is taken up."""
        kinds = self._ordered.met_by(number)
        if not kinds:
            return catalogue
        if self._rows is None or catalogue is not self._made:
            self._rows = Rows(catalogue, self._seed)
        for kind in kinds:
            CHANGES[kind](self._rows)
        self._made = self._rows.catalogue()
        return self._made


def _time_of(hub_id: str) -> str:
    return datetime.fromtimestamp(int(hub_id[:8], 16), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
