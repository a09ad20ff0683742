"""A page of records -> rows, history and cursor, in one transaction.

The hot path of the whole program: driver-level statements on whole pages, and Python only to tell
what is new and what differs.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from crawler.records import ModelRecord, Page, Quarantined, Reference
from store.names import Labels, Nodes, storable
from store.rows import insert

Row: TypeAlias = tuple[Any, ...]

PAGES_A_TRANSACTION = 8
"""A kill loses at most so many pages. Names come in no order, so every transaction rewrites most of their index."""

_ATTRIBUTES = (
    "created_at", "modified_at", "downloads", "downloads_all_time", "likes", "gated_id", "disabled",
    "library_id", "task_id", "license_id", "parameters", "relation", "declared_hash",
)  # fmt: skip
"""The order of `_attributes`: what is compared, and what an update writes."""

_HASH = len(_ATTRIBUTES) - 1
_COLUMNS = ", ".join((*_ATTRIBUTES, "fingerprint"))
_STORED = f"""
    SELECT model.hub_id, model.id, node.name, model.missing_since, {_COLUMNS}
    FROM model LEFT JOIN node ON node.id = model.node_id
    WHERE model.hub_id IN (%s)"""
_ANY_BETWEEN = "SELECT EXISTS (SELECT 1 FROM model WHERE hub_id BETWEEN ? AND ?)"
_MODELS = f"model (id, hub_id, node_id, first_crawl, {_COLUMNS})"
_CHANGE_MODELS = f"UPDATE model SET ({_COLUMNS}) = ({', '.join('?' * len(_ATTRIBUTES))}, ?) WHERE id = ?"
_CHANGE_TEXTS = "UPDATE model SET fingerprint = ? WHERE id = ?"
_NOTE_LOSSES = """
    INSERT INTO model_change (model_id, crawl_id, field, before)
    SELECT model.id, ?, 'name', node.name FROM model JOIN node ON node.id = model.node_id WHERE model.node_id = ?
    ON CONFLICT DO NOTHING"""
# Without its name a model is not as its text says: should it be listed again as it was, it is to be read.
_TAKE_NAMES = "UPDATE model SET node_id = NULL, fingerprint = NULL WHERE node_id = ?"
_GIVE_NAMES = "UPDATE model SET node_id = ? WHERE id = ?"
_ADD_CHANGES = """
    INSERT INTO model_change (model_id, crawl_id, field, before, after) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET after = excluded.after"""
_REFERENCES = "reference (model_id, since_crawl, position, node_id, relation, source, times, is_evidence, hub_id)"
_END_REFERENCES = "UPDATE reference SET until_crawl = ? WHERE model_id = ? AND until_crawl IS NULL"
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
    To be used with `with`: leaving it commits, whatever ended the crawl.
    """

    def __init__(self, connection: sqlite3.Connection, crawl_id: int) -> None:
        self._connection = connection
        self._crawl = crawl_id
        self._uncommitted = 0
        self._open_memory()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit()

    def write(self, page: Page) -> Tally:
        """Stores one page. On an error, or a signal, nothing of this page is stored, and the writer can go on."""
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
            self.commit()
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
        """Makes durable what was written since the last time."""
        if self._uncommitted:
            self._connection.execute("COMMIT")
            self._uncommitted = 0

    def index_names(self) -> None:
        """To be called when the crawl ends; see `Nodes`."""
        self._nodes.index()

    @property
    def listed(self) -> bytearray:
        """One byte a model id: 1 where this crawl has listed it."""
        return self._listed

    def _open_memory(self) -> None:
        pages, last = self._connection.execute(
            "SELECT count(*), (SELECT max(id) FROM model) FROM crawl_page WHERE crawl_id = ?", (self._crawl,)
        ).fetchone()
        self._labels = Labels(self._connection)
        self._nodes = Nodes(self._connection)
        self._pages: int = pages
        self._last_model: int = last or 0
        self._listed = bytearray(self._last_model + 1)
        self._missing = {model_id for (model_id,) in self._connection.execute(_MISSING)}
        query = "SELECT model_ids FROM crawl_page WHERE crawl_id = ?"
        for (model_ids,) in self._connection.execute(query, (self._crawl,)):
            for model_id in array("I", model_ids):
                self._listed[model_id] = 1

    def _write(self, page: Page) -> Tally:
        fetched = len(page.records) + len(page.unchanged) + len(page.quarantined)
        tally = Tally(fetched=fetched, quarantined=len(page.quarantined))
        records: dict[str, ModelRecord] = {}
        for record in page.records:
            records.setdefault(record.hub_id, record)
        stored = self._stored(records)
        fresh = [record for record in records.values() if not (stored and self._was_listed(stored, record))]
        new = [record for record in fresh if record.hub_id not in stored]
        old = [(record, stored[record.hub_id]) for record in fresh if record.hub_id in stored]
        ids = self._add(new) + self._update(old, tally)
        self._mark_listed(ids)
        kept = self._keep(page.unchanged, tally)
        self._mark_listed(kept)
        tally.new = len(new)
        tally.repeated = len(page.records) - len(fresh) + len(page.unchanged) - len(kept)
        self._quarantine(page.quarantined)
        self._advance(page, ids + kept, tally)
        return tally

    def _stored(self, records: dict[str, ModelRecord]) -> dict[str, Row]:
        """`_id` -> (id, name, missing since, attributes...) of those that are stored."""
        keys = sorted(map(bytes.fromhex, records))
        if not keys or not self._connection.execute(_ANY_BETWEEN, (keys[0], keys[-1])).fetchone()[0]:
            return {}  # as for every page of a first sweep
        query = _STORED % ", ".join("?" * len(keys))
        return {row[0].hex(): row[1:] for row in self._connection.execute(query, keys)}

    def _was_listed(self, stored: dict[str, Row], record: ModelRecord) -> bool:
        row = stored.get(record.hub_id)
        return row is not None and bool(self._listed[row[0]])

    def _add(self, records: Sequence[ModelRecord]) -> list[int]:
        """New models, their names and references."""
        ids = list(range(self._last_model + 1, self._last_model + 1 + len(records)))
        self._last_model += len(records)
        names = self._names(records)
        rows = [
            (
                model_id,
                bytes.fromhex(record.hub_id),
                names.pop(record.repo_id, None),
                self._crawl,
                *self._attributes(record),
                record.fingerprint,
            )
            for model_id, record in zip(ids, records, strict=True)
        ]
        insert(self._connection, _MODELS, rows)
        self._refer(zip(ids, records, strict=True))
        return ids

    def _update(self, pairs: Sequence[tuple[ModelRecord, Row]], tally: Tally) -> list[int]:
        """Stored models that are listed again: only what differs is written."""
        updates: list[Row] = []
        reworded: list[Row] = []
        renamed: list[tuple[int, ModelRecord]] = []
        redeclared: list[tuple[int, ModelRecord]] = []
        back: list[int] = []
        changes: list[Row] = []
        for record, (model_id, name, missing_since, *before, fingerprint) in pairs:
            after = self._attributes(record)
            same_name = name == record.repo_id
            if missing_since is not None:
                back.append(model_id)
            if same_name and after == tuple(before):
                tally.same += 1
                if fingerprint != record.fingerprint:
                    reworded.append((record.fingerprint, model_id))
                continue
            tally.changed += 1
            updates.append((*after, record.fingerprint, model_id))
            if not same_name:
                renamed.append((model_id, record))
                changes.append((model_id, self._crawl, "name", name, record.repo_id))
            if before[_HASH] != after[_HASH]:
                redeclared.append((model_id, record))
            changes += self._access_changes(model_id, before, after)
        self._connection.executemany(_CHANGE_MODELS, updates)
        self._connection.executemany(_CHANGE_TEXTS, reworded)
        self._connection.executemany(_ADD_CHANGES, changes)
        self._rename(renamed)
        self._redeclare(redeclared)
        self._bring_back(back)
        tally.back += len(back)
        return [row[0] for _, row in pairs]

    def _keep(self, model_ids: Iterable[int], tally: Tally) -> list[int]:
        """Models whose rows have not changed; those that this crawl has listed already are left out."""
        kept = [model_id for model_id in dict.fromkeys(model_ids) if not self._listed[model_id]]
        back = [model_id for model_id in kept if model_id in self._missing]
        self._bring_back(back)
        tally.same += len(kept)
        tally.back += len(back)
        return kept

    def _access_changes(self, model_id: int, before: Sequence[Any], after: Sequence[Any]) -> list[Row]:
        return [
            (model_id, self._crawl, field.removesuffix("_id"), before[place], after[place])
            for place, field in enumerate(_ATTRIBUTES)
            if field in ("gated_id", "disabled") and before[place] != after[place]
        ]

    def _names(self, records: Sequence[ModelRecord]) -> dict[str, int]:
        """Node ids for models that are about to bear these names; whoever bears one now loses it.

        To be popped: of two models that claim one name in one page, the first gets it.
        """
        last_before = self._nodes.last
        names = self._nodes.ids_of(dict.fromkeys((record.repo_id for record in records), True), remember=False)
        held = [node_id for node_id in names.values() if node_id <= last_before]  # who bears a name made just now?
        self._connection.executemany(_NOTE_LOSSES, [(self._crawl, node_id) for node_id in held])
        self._connection.executemany(_TAKE_NAMES, [(node_id,) for node_id in held])
        return names

    def _rename(self, renamed: Sequence[tuple[int, ModelRecord]]) -> None:
        names = self._names([record for _, record in renamed])
        rows = [(names.pop(record.repo_id, None), model_id) for model_id, record in renamed]
        self._connection.executemany(_GIVE_NAMES, rows)

    def _redeclare(self, redeclared: Sequence[tuple[int, ModelRecord]]) -> None:
        self._connection.executemany(_END_REFERENCES, [(self._crawl, model_id) for model_id, _ in redeclared])
        self._refer(redeclared)

    def _refer(self, models: Iterable[tuple[int, ModelRecord]]) -> None:
        """What the models declare, valid from this crawl on."""
        declaring = [(model_id, record) for model_id, record in models if record.references]
        targets = {
            reference.target: reference.well_formed
            for _, record in declaring
            for reference in record.references + record.evidence
        }
        nodes = self._nodes.ids_of(targets, remember=True)
        rows = [
            (model_id, self._crawl, position, nodes[reference.target], *_reference_columns(reference, record))
            for model_id, record in declaring
            for position, reference in enumerate(record.references + record.evidence)
        ]
        insert(self._connection, _REFERENCES, rows)

    def _bring_back(self, model_ids: Sequence[int]) -> None:
        self._connection.executemany(_END_ABSENCES, [(self._crawl, model_id) for model_id in model_ids])
        self._connection.executemany(_ARE_BACK, [(model_id,) for model_id in model_ids])

    def _attributes(self, record: ModelRecord) -> Row:
        labels = self._labels
        references = record.references
        return (
            record.created_at,
            record.modified_at,
            record.downloads,
            record.downloads_all_time,
            record.likes,
            labels[record.gated],
            record.disabled,
            labels[record.library],
            labels[record.task],
            labels[record.license],
            record.parameters,
            references[0].relation.value if references else None,
            record.declared_hash,
        )

    def _mark_listed(self, model_ids: Sequence[int]) -> None:
        self._listed.extend(bytes(self._last_model + 1 - len(self._listed)))
        for model_id in model_ids:
            self._listed[model_id] = 1

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


def _reference_columns(reference: Reference, record: ModelRecord) -> Row:
    return (
        int(reference.relation),
        int(reference.source),
        reference.times,
        reference in record.evidence,
        bytes.fromhex(reference.hub_id) if reference.hub_id else None,
    )
