"""What every file of a snapshot says of the crawl behind it: which, of what day, complete or partial, and why.

And whether a snapshot may be made of it at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from store.exports.cells import iso
from store.recorded import Known, completeness
from store.snapshots.manifest import CrawlFacts, SnapshotError
from store.standing import Standing

_UNDER_WAY = "SELECT id, kind, pages FROM crawl WHERE id > ? AND pages > 0 ORDER BY id DESC LIMIT 1"


class Unfit(SnapshotError):
    """A crawl that is no ground for a snapshot, unless the operator says so."""


class Mark(NamedTuple):
    """The crawl behind a snapshot, in words. `state` is `complete` or `partial`; `note` is what else one must know."""

    basis: Standing
    known: Sequence[Known]
    state: str
    note: str | None

    @property
    def name(self) -> str:
        """The snapshot's name: the day on which the crawl finished (UTC), and the crawl's number."""
        return f"{self.date}-{self.basis.crawl}"

    @property
    def date(self) -> str:
        return iso(self.basis.finished_at)[:10]

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"

    @property
    def crawl(self) -> CrawlFacts:
        basis = self.basis
        return CrawlFacts(
            number=basis.crawl,
            kind=basis.kind,
            state=basis.state,
            finished_at=iso(basis.finished_at),
            endpoint=basis.endpoint,
            complete=basis.complete,
            basis=basis.basis,
            unseen=basis.unseen,
        )

    @property
    def sentence(self) -> str:
        """State and note as text that stands alone."""
        if self.is_complete:
            return f"Complete: {self.basis.basis}." + (f" {self.note}." if self.note else "")
        return f"PARTIAL: {self.note}. The counts are lower bounds."

    @property
    def facts(self) -> dict[str, str]:
        """What a file says in a few named texts."""
        told = {
            "snapshot": self.name,
            "date": self.date,
            "crawl": str(self.basis.crawl),
            "finished_at": iso(self.basis.finished_at),
            "state": self.state,
        }
        return told | ({"note": self.note} if self.note else {})


def mark(connection: sqlite3.Connection, basis: Standing, *, partial: bool = False, accept: bool = False) -> Mark:
    """What the files will say of the crawl that the present answers stand on.

    Raises `Unfit` for a crawl that is not complete, unless it may be `partial`; for one that knows too few of the
    derivatives that the Hub tells of, unless that is accepted; and while the models are not those of the crawl alone.
    """
    known = completeness(connection, basis.crawl)
    short = [base for base in known if base.is_short]
    under_way = connection.execute(_UNDER_WAY, (basis.crawl,)).fetchone()
    if under_way:
        number, kind, pages = under_way
        raise Unfit(
            f"Crawl {number}, a {kind}, was begun after crawl {basis.crawl} and is not finished: its {pages:,} stored "
            f"pages are among the models already. Finish it with `modelroots crawl {kind}`, or a sweep, first."
        )
    if not basis.complete and not partial:
        raise Unfit(
            f"Crawl {basis.crawl} is no ground for a snapshot: {_why_partial(basis)}. Run `modelroots crawl sweep` to "
            "the end first, or say --partial: every file of the snapshot will then call it partial."
        )
    if short and not (accept or partial):
        raise Unfit(
            f"Crawl {basis.crawl} knows fewer derivatives than the Hub tells of: {', '.join(map(str, short))}. "
            "`modelroots quality` shows all; --accept makes the snapshot all the same, and its files will tell."
        )
    notes = [] if basis.complete else [_why_partial(basis)]
    if short:
        notes.append(f"Fewer derivatives are known than the Hub tells of: {', '.join(map(str, short))}")
    return Mark(basis, known, "complete" if basis.complete else "partial", ". ".join(notes) or None)


def _why_partial(basis: Standing) -> str:
    if basis.state != "complete":
        return basis.note or f"it is {basis.state}"
    return f"no sweep is complete yet, and it rests on {basis.basis}"
