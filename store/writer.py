"""A page of records -> rows, history and cursor, in one transaction.

The hot path of the whole program: driver-level statements on whole pages, and Python only to tell
what is new and what differs.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Self, TypeAlias

import numpy as np

from crawler.records import Models, Page, Quarantined
from store.attributes import ATTRIBUTES, COUNTERS, DECLARED_HASH, access_changes, attributes
from store.bearers import Bearers
from store.declarations import Declarations
from store.names import Labels, Nodes, storable
from store.quarantine import models_of
from store.rows import insert
from store.stand_ins import any_stand_ins, give_way

Row: TypeAlias = tuple[Any, ...]

PAGES_A_TRANSACTION = 3
"""A kill loses at most so many pages, and those that are on their way (`crawler.apart`)."""

_COLUMNS = ", ".join((*ATTRIBUTES, "fingerprint"))
_STORED = f"""
    SELECT model.hub_id, model.id, node.name, model.missing_since, {_COLUMNS}
    FROM model LEFT JOIN node ON node.id = model.node_id
    WHERE model.hub_id IN (%s)"""
_ANY_BETWEEN = "SELECT EXISTS (SELECT 1 FROM model WHERE hub_id BETWEEN ? AND ?)"
_MODELS = f"model (id, hub_id, node_id, first_crawl, {_COLUMNS})"
_CHANGE_MODELS = f"UPDATE model SET ({_COLUMNS}) = ({', '.join('?' * len(ATTRIBUTES))}, ?) WHERE id = ?"
_COUNT_MODELS = f"UPDATE model SET ({', '.join(COUNTERS)}, fingerprint) = (?, ?, ?, ?, ?) WHERE id = ?"
_CHANGE_TEXTS = "UPDATE model SET fingerprint = ? WHERE id = ?"
_GIVE_NAMES = "UPDATE model SET node_id = ? WHERE id = ?"
_ADD_CHANGES = """
    INSERT INTO model_change (model_id, crawl_id, field, before, after) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET after = excluded.after"""
_END_ABSENCES = "UPDATE absence SET until_crawl = ? WHERE model_id = ? AND until_crawl IS NULL"
_MISSING = "SELECT id FROM model WHERE missing_since IS NOT NULL"
_ARE_BACK = "UPDATE model SET missing_since = NULL WHERE id = ?"
_ADD_QUARANTINE = "INSERT INTO quarantine (crawl_id, reason, raw) VALUES (?, ?, ?)"
_ADD_PAGE = "INSERT INTO crawl_page (crawl_id, number, base, is_last, model_ids) VALUES (?, ?, ?, ?, ?)"
_ADVANCE = """
    UPDATE crawl SET pages = pages + 1, next_url = :next_url, requests = requests + :requests,
        fetched = fetched + :fetched, models = models + :models, new = new + :new, changed = changed + :changed,
        same = same + :same, repeated = repeated + :repeated, quarantined = quarantined + :quarantined,
        back = back + :back
    WHERE id = :crawl_id"""


@dataclass
class Tally:
    """What became of rows: fetched = new + changed + same + repeated + quarantined."""

    fetched: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    repeated: int = 0
    quarantined: int = 0
    back: int = 0

    @property
    def models(self) -> int:
        """Distinct models listed."""
        return self.new + self.changed + self.same


class PageWriter:
    """Stores the pages of one crawl, a few of them in one transaction with the cursor after them.

    Made anew for a resumed crawl, it knows from the stored pages what that crawl has listed already.
    To be used with `with`: leaving it commits, whatever ended the crawl. `beside` has full transactions committed in a
    thread while the next pages are fetched: more of them are lost then if the program is killed.
    """

    def __init__(self, connection: sqlite3.Connection, crawl_id: int, *, beside: bool = False) -> None:
        self._connection = connection
        self._crawl = crawl_id
        self._beside = beside
        self._uncommitted = 0
        self._committing: Future[object] | None = None
        self._open_memory()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit()

    def write(self, page: Page) -> Tally:
        """Stores one page. On an error, or a signal, nothing of this page is stored, and the writer can go on.

        An error may be of the commit of the pages before it, which is then undone. ValueError for a page with rows that
        are still to be read: they would be lost.
        """
        if page.unread.texts:
            raise ValueError(f"{len(page.unread.texts)} rows of the page are unread; see crawler.parse.read_rest")
        self._await_commit()
        if not self._uncommitted:
            self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("SAVEPOINT page")
        try:
            tally = self._write(page)
        except BaseException:
            self._undo()
            raise
        self._connection.execute("RELEASE page")
        self._uncommitted += 1
        if self._uncommitted >= PAGES_A_TRANSACTION:
            self._begin_commit()
            if not self._beside:
                self._await_commit()
        return tally

    def _undo(self) -> None:
        """Back to before this page. Some errors, such as a full disk, have undone the whole transaction already."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO page")
            self._connection.execute("RELEASE page")
            if not self._uncommitted:
                self._connection.execute("ROLLBACK")
        else:
            self._uncommitted = 0
        self._open_memory()

    def commit(self) -> None:
        """Makes durable what was written since the last time. An error undoes all of that, and the writer can go on."""
        if self._uncommitted and not self._committing:
            self._begin_commit()
        self._await_commit()

    @property
    def is_committing(self) -> bool:
        """Whether the next page would have to wait."""
        return self._committing is not None and not self._committing.done()

    def _begin_commit(self) -> None:
        beside = ThreadPoolExecutor(1)
        self._committing = beside.submit(self._connection.execute, "COMMIT")
        beside.shutdown(wait=False)

    def _await_commit(self) -> None:
        if not self._committing:
            return
        try:
            self._committing.result()
        except sqlite3.Error:
            self._committing, self._uncommitted = None, 0
            if self._connection.in_transaction:  # a full disk has undone it already
                self._connection.execute("ROLLBACK")
            self._open_memory()
            raise
        self._committing, self._uncommitted = None, 0

    def index_names(self) -> None:
        """To be called when the crawl ends; see `Nodes`."""
        self._nodes.index()

    @property
    def listed(self) -> bytearray:
        """One byte a model id: 1 where this crawl has listed it, be it by a row that could not be read."""
        self._mark_listed(models_of(self._connection, self._crawl))
        return self._listed

    def _open_memory(self) -> None:
        pages, last = self._connection.execute(
            "SELECT count(*), (SELECT max(id) FROM model) FROM crawl_page WHERE crawl_id = ?", (self._crawl,)
        ).fetchone()
        self._labels = Labels(self._connection)
        self._nodes = Nodes(self._connection)
        self._bearers = Bearers(self._connection, self._crawl)
        self._declarations = Declarations(self._connection, self._nodes, self._crawl)
        self._stand_ins = self._nodes.is_indexed and any_stand_ins(self._connection)
        self._pages: int = pages
        self._last_model: int = last or 0
        self._listed = bytearray(self._last_model + 1)
        self._missing = {model_id for (model_id,) in self._connection.execute(_MISSING)}
        query = "SELECT model_ids FROM crawl_page WHERE crawl_id = ?"
        for (model_ids,) in self._connection.execute(query, (self._crawl,)):
            for model_id in array("I", model_ids):
                self._listed[model_id] = 1

    def _write(self, page: Page) -> Tally:
        listed = len(page.models) + len(page.unchanged)
        tally = Tally(fetched=listed + len(page.quarantined), quarantined=len(page.quarantined))
        models = _distinct(page.models)
        if self._stand_ins:
            give_way(self._connection, models)
        stored = self._stored(models)
        if stored:  # else, as on every page of a first sweep, all are new
            places = range(len(models))
            old = [place for place in places if models.hub_ids[place] in stored]
            new = models.at([place for place in places if models.hub_ids[place] not in stored])
            rows = [stored[models.hub_ids[place]] for place in old]
            fresh = [number for number, row in enumerate(rows) if not self._listed[row[0]]]
            ids = self._add(new)
            ids += self._update(models.at([old[number] for number in fresh]), [rows[number] for number in fresh], tally)
            tally.new = len(new)
        else:
            ids = self._add(models)
            tally.new = len(models)
        self._mark_listed(ids)
        kept = self._keep(page.unchanged, tally)
        self._mark_listed(kept)
        tally.repeated = listed - len(ids) - len(kept)
        self._quarantine(page.quarantined)
        self._advance(page, ids + kept, tally)
        return tally

    def _stored(self, models: Models) -> dict[bytes, Row]:
        """`_id` -> (id, name, missing since, attributes...) of those that are stored."""
        if not models:
            return {}
        first, last = min(models.hub_ids), max(models.hub_ids)
        if not self._connection.execute(_ANY_BETWEEN, (first, last)).fetchone()[0]:
            return {}
        query = _STORED % ", ".join("?" * len(models))
        rows = self._connection.execute(query, [bytearray(hub_id) for hub_id in sorted(models.hub_ids)])
        return {row[0]: row[1:] for row in rows}

    def _add(self, models: Models) -> list[int]:
        """New models, their names and references."""
        ids = list(range(self._last_model + 1, self._last_model + 1 + len(models)))
        self._last_model += len(models)
        names = self._names(models.repo_ids)
        columns = (
            ids,
            map(bytearray, models.hub_ids),  # bound in a quarter of the time of bytes
            [names.pop(name, None) for name in models.repo_ids],
            repeat(self._crawl),
            *attributes(models, self._labels),
            models.fingerprints,
        )
        insert(self._connection, _MODELS, list(zip(*columns, strict=False)))
        self._declarations.add(ids, models)
        return ids

    def _update(self, models: Models, stored: Sequence[Row], tally: Tally) -> list[int]:
        """Stored models that are listed again: only what differs is written."""
        counted: list[Row] = []
        updates: list[Row] = []
        reworded: list[Row] = []
        renamed: list[int] = []
        redeclared: list[int] = []
        changes: list[Row] = []
        ids = [row[0] for row in stored]
        values = zip(*attributes(models, self._labels), strict=True)
        listed = zip(stored, models.repo_ids, models.fingerprints, values, strict=True)
        for place, ((model_id, name, _, *stored_values), repo_id, fingerprint, after) in enumerate(listed):
            before, fingerprint_before = tuple(stored_values[:-1]), stored_values[-1]
            if name == repo_id and after == before:
                tally.same += 1
                if fingerprint != fingerprint_before:
                    reworded.append((fingerprint, model_id))
                continue
            tally.changed += 1
            if name == repo_id and after[len(COUNTERS) :] == before[len(COUNTERS) :]:
                counted.append((*after[: len(COUNTERS)], fingerprint, model_id))
                continue
            updates.append((*after, fingerprint, model_id))
            if name != repo_id:
                renamed.append(place)
                changes.append((model_id, self._crawl, "name", name, repo_id))
            if before[DECLARED_HASH] != after[DECLARED_HASH]:
                redeclared.append(place)
            changes += [(model_id, self._crawl, *change) for change in access_changes(before, after)]
        self._connection.executemany(_COUNT_MODELS, counted)
        self._connection.executemany(_CHANGE_MODELS, updates)
        self._connection.executemany(_CHANGE_TEXTS, reworded)
        self._connection.executemany(_ADD_CHANGES, changes)
        self._rename([ids[place] for place in renamed], models.at(renamed))
        declaring = [ids[place] for place in redeclared]
        self._declarations.end(declaring)
        self._declarations.add(declaring, models.at(redeclared))
        back = [row[0] for row in stored if row[2] is not None]
        self._bring_back(back)
        tally.back += len(back)
        return ids

    def _keep(self, model_ids: Sequence[int], tally: Tally) -> list[int]:
        """Models whose rows have not changed; those that this crawl has listed already are left out."""
        ids = np.array(list(dict.fromkeys(model_ids)), np.int64)
        kept: list[int] = ids[np.frombuffer(self._listed, np.uint8)[ids] == 0].tolist()
        back = list(self._missing.intersection(kept))
        self._bring_back(back)
        tally.same += len(kept)
        tally.back += len(back)
        return kept

    def _names(self, repo_ids: Sequence[str]) -> dict[str, int]:
        """Node ids for models that are about to bear these names; whoever bears one now loses it.

        To be popped: of two models that claim one name in one page, the first gets it.
        """
        last_before = self._nodes.last
        names = self._nodes.ids_of(dict.fromkeys(repo_ids, True), remember=False)
        self._bearers.claim(list(names.values()), last_before=last_before)
        return names

    def _rename(self, model_ids: Sequence[int], models: Models) -> None:
        names = self._names(models.repo_ids)
        rows = [(names.pop(name, None), model_id) for model_id, name in zip(model_ids, models.repo_ids, strict=True)]
        self._connection.executemany(_GIVE_NAMES, rows)

    def _bring_back(self, model_ids: Sequence[int]) -> None:
        self._connection.executemany(_END_ABSENCES, [(self._crawl, model_id) for model_id in model_ids])
        self._connection.executemany(_ARE_BACK, [(model_id,) for model_id in model_ids])

    def _mark_listed(self, model_ids: Sequence[int]) -> None:
        self._listed.extend(bytes(self._last_model + 1 - len(self._listed)))
        np.frombuffer(self._listed, np.uint8)[np.array(model_ids, np.int64)] = 1

    def _quarantine(self, rows: Sequence[Quarantined]) -> None:
        self._connection.executemany(
            _ADD_QUARANTINE, [(self._crawl, storable(row.reason), storable(row.raw)) for row in rows]
        )

    def _advance(self, page: Page, model_ids: Sequence[int], tally: Tally) -> None:
        self._pages += 1
        ids = array("I", model_ids).tobytes()
        self._connection.execute(_ADD_PAGE, (self._crawl, self._pages, page.base, page.next_url is None, ids))
        ledger = {**vars(tally), "models": tally.models, "crawl_id": self._crawl}
        self._connection.execute(_ADVANCE, {**ledger, "next_url": page.next_url, "requests": page.requests})


def _distinct(models: Models) -> Models:
    """The first of those that are told twice in one page."""
    if len(set(models.hub_ids)) == len(models):
        return models
    first: dict[bytes, int] = {}
    for place, hub_id in enumerate(models.hub_ids):
        first.setdefault(hub_id, place)
    return models.at(list(first.values()))
