"""What every file of a snapshot says of the crawl behind it: which, of what day, complete or partial, and why.

And whether a snapshot may be made of it at all.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from store.exports.cells import iso
from store.snapshots.manifest import CrawlFacts, SnapshotError
from store.standing import Standing

_UNDER_WAY = "SELECT id, kind, pages FROM crawl WHERE id > ? AND pages > 0 ORDER BY id DESC LIMIT 1"


class Unfit(SnapshotError):
    """A crawl that is no ground for a snapshot, unless the operator says so."""


class Mark(NamedTuple):
    """The crawl behind a snapshot, in words. `accepted`: the operator lets it stand as the newest, though partial."""

    basis: Standing
    accepted: bool = False

    @property
    def name(self) -> str:
        """The snapshot's name: the day on which the crawl finished (UTC), and the crawl's number."""
        return f"{self.date}-{self.basis.crawl}"

    @property
    def date(self) -> str:
        return iso(self.basis.finished_at)[:10]

    @property
    def is_complete(self) -> bool:
        return self.basis.complete

    @property
    def state(self) -> str:
        return "complete" if self.is_complete else "partial"

    @property
    def note(self) -> str | None:
        """Why it is partial."""
        return self.basis.why_partial

    @property
    def crawl(self) -> CrawlFacts:
        basis = self.basis
        return CrawlFacts(
            number=basis.crawl,
            kind=basis.kind,
            state=basis.state,
            finished_at=iso(basis.finished_at),
            endpoint=basis.endpoint,
            complete=basis.whole,
            basis=basis.basis,
            unseen=basis.unseen,
        )

    @property
    def sentence(self) -> str:
        """State and note as text that stands alone."""
        return self.basis.warning or f"Complete: {self.basis.basis}."

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
    under_way = connection.execute(_UNDER_WAY, (basis.crawl,)).fetchone()
    if under_way:
        number, kind, pages = under_way
        raise Unfit(
            f"Crawl {number}, a {kind}, was begun after crawl {basis.crawl} and is not finished: its {pages:,} stored "
            f"pages are among the models already. Finish it with `modelroots crawl {kind}`, or a sweep, first."
        )
    if not basis.whole and not partial:
        raise Unfit(
            f"Crawl {basis.crawl} is no ground for a snapshot: {basis.why_partial}. Run `modelroots crawl sweep` to "
            "the end first, or say --partial: every file of the snapshot will then call it partial."
        )
    if basis.short and not (accept or partial):
        raise Unfit(
            f"Crawl {basis.crawl} knows fewer derivatives than the Hub tells of: {', '.join(map(str, basis.short))}. "
            "`modelroots quality` shows all; --accept makes the snapshot all the same, and its files will tell."
        )
    return Mark(basis, accepted=accept and basis.whole and not basis.complete)
