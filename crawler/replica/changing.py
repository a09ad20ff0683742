"""Rows that change while the list is paged: `create@0.2, rename@7` -> the catalogue before the n-th request.

Orders are written as faults are (`ordered`); which row a change meets is drawn from the seed. To add a kind, write one
function, name it in `CHANGES`, and give it a line in `docs/replica.md`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crawler.replica.bases import follows_from
from crawler.replica.catalogue import Catalogue
from crawler.replica.changeable import ChangeableCatalogue
from crawler.replica.lookup import FORMER_NAMES
from crawler.replica.ordered import Ordered

Row = dict[str, Any]
_LATEST = 0xFFFF_FF00  # of what an `_id` can tell, in seconds


class Rows:
    """The rows as they are now, those that are hidden apart, and the numbers that changes are drawn from."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self.listed = ChangeableCatalogue(catalogue)
        self.hidden: dict[str, bytes] = {}
        self.made = 0
        self._random = random.Random(seed)

    def any_of(self, hub_ids: Sequence[str]) -> str | None:
        return self._random.choice(hub_ids) if hub_ids else None

    def any_listed(self) -> Row | None:
        hub_id = self.any_of(self.listed.oldest_first())
        row: Row | None = None if hub_id is None else json.loads(self.listed.row(hub_id))
        return row

    def put(self, row: Row) -> None:
        self.listed.put(row["_id"], json.dumps(row).encode())

    def newest(self) -> int:
        """When the newest listed row was created, in seconds."""
        return int(self.listed.oldest_first()[-1][:8], 16) if len(self.listed) else 0

    def some(self, most: int) -> int:
        """A number from 1 to this one."""
        return self._random.randint(1, most)


def _create(rows: Rows) -> None:
    """A model newer than all others, derived from one of them."""
    rows.made += 1
    hub_id = f"{min(rows.newest() + 1, _LATEST):08x}{rows.made:016x}"
    base = rows.any_listed()
    tags = [f"base_model:{base['id']}", f"base_model:finetune:{base['id']}"] if base else []
    created = _time_of(hub_id)
    row: Row = {"_id": hub_id, "id": f"created/m{rows.made}", "createdAt": created, "lastModified": created}
    row["tags"] = tags
    if base and (named := follows_from(tags, {base["id"]: base["_id"]}.get)):
        row["baseModels"] = named
    rows.put(row)


def _rename(rows: Rows) -> None:
    """Under its old name it is found by a redirect."""
    if row := rows.any_listed():
        rows.made += 1
        former = row.get(FORMER_NAMES, [])
        row[FORMER_NAMES] = [*([former] if isinstance(former, str) else former), row["id"]]
        row["id"] = f"{str(row['id']).partition('/')[0]}/renamed{rows.made}"
        rows.put(row)


def _edit(rows: Rows) -> None:
    """More likes and downloads, and it moves to the top of what was modified lately."""
    if row := rows.any_listed():
        rows.made += 1
        row["likes"] = (row.get("likes") or 0) + rows.some(100)
        row["downloads"] = (row.get("downloads") or 0) + rows.some(1000)
        row["lastModified"] = _time_of(f"{min(rows.newest() + rows.made, _LATEST):08x}")
        rows.put(row)


def _delete(rows: Rows) -> None:
    if (hub_id := rows.any_of(rows.listed.oldest_first())) is not None:
        rows.listed.take(hub_id)


def _hide(rows: Rows) -> None:
    """Made private: it may be shown again."""
    if (hub_id := rows.any_of(rows.listed.oldest_first())) is not None:
        rows.hidden[hub_id] = rows.listed.take(hub_id)


def _show(rows: Rows) -> None:
    """One that was hidden is where it was."""
    if (hub_id := rows.any_of(sorted(rows.hidden))) is not None:
        rows.listed.put(hub_id, rows.hidden.pop(hub_id))


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

    def before(self, number: int, catalogue: Catalogue) -> Catalogue:
        """To be asked once for every request, in order. A catalogue put in the last one's place is taken up.

        The first change is to a copy; those after it are to the catalogue that was given out.
        """
        kinds = self._ordered.met_by(number)
        if not kinds:
            return catalogue
        if self._rows is None or catalogue is not self._rows.listed:
            self._rows = Rows(catalogue, self._seed)
        for kind in kinds:
            CHANGES[kind](self._rows)
        return self._rows.listed


def _time_of(hub_id: str) -> str:
    return datetime.fromtimestamp(int(hub_id[:8], 16), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
