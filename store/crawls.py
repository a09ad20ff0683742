"""A crawl's life: begun, resumed, finished or failed; and the ledger of all of them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from store.database import transaction

ENOUGH = 0.98
"""A sweep that ends short of this share of the last complete one's models is partial (METHOD, section 4)."""

PICTURES = ("sweep", "import")
"""The kinds of crawl that list all there is: what a complete one does not list is not there."""
_WHOLE = "IN ('sweep', 'import')"

_LEDGER = (
    "id", "kind", "state", "endpoint", "question", "started_at", "finished_at", "next_url", "pages", "fetched",
    "models", "new", "changed", "same", "repeated", "quarantined", "missing", "gone", "back", "requests",
    "resumed", "note",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_LEDGER)} FROM crawl"
_MARK = """
    SELECT max(started_at) FROM crawl
    WHERE state = 'complete' AND kind IN ('sweep', 'changes')
        AND EXISTS (SELECT 1 FROM crawl WHERE state = 'complete' AND kind = 'sweep')"""
_ABANDON = """
    UPDATE crawl SET state = 'failed', finished_at = ?, note = ?
    WHERE state = 'running' AND kind = ? AND (? OR endpoint != ? OR question != ?)"""
_BEGIN = """
    INSERT INTO crawl (kind, state, endpoint, question, started_at, version, pages, fetched, models, new, changed,
        same, repeated, quarantined, missing, gone, back, requests, resumed)
    VALUES (?, 'running', ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)"""
_COPIED = ", ".join(name for name in _LEDGER if name != "id")
_CONTINUE = f"INSERT INTO crawl ({_COPIED}, version) SELECT {_COPIED}, version FROM crawl WHERE id = ?"
_FINISH = """
    UPDATE crawl SET state = ?, finished_at = ?, note = ?, missing = ?, gone = ?, next_url = NULL WHERE id = ?"""
_ARE_MISSING = "UPDATE model SET missing_since = ? WHERE id = ?"
_ADD_ABSENCES = "INSERT INTO absence (model_id, since_crawl) VALUES (?, ?)"
_STILL_MISSING = """
    SELECT model_id FROM absence WHERE until_crawl IS NULL AND gone_crawl IS NULL AND since_crawl < ?"""
_ARE_GONE = "UPDATE absence SET gone_crawl = ? WHERE model_id = ? AND until_crawl IS NULL"


class CrawlRow(NamedTuple):
    """One crawl as its row says; times in seconds since 1970 UTC."""

    id: int
    kind: str
    state: str
    endpoint: str
    question: str
    started_at: int
    finished_at: int | None
    next_url: str | None
    pages: int
    fetched: int
    models: int
    new: int
    changed: int
    same: int
    repeated: int
    quarantined: int
    missing: int
    gone: int
    back: int
    requests: int
    resumed: int
    note: str | None


def past(connection: sqlite3.Connection) -> list[CrawlRow]:
    """All crawls, oldest first."""
    return [CrawlRow(*row) for row in connection.execute(f"{_SELECT} ORDER BY id")]


def read(connection: sqlite3.Connection, crawl_id: int) -> CrawlRow:
    return CrawlRow(*connection.execute(f"{_SELECT} WHERE id = ?", (crawl_id,)).fetchone())


def last_complete_sweep(connection: sqlite3.Connection) -> CrawlRow | None:
    query = f"{_SELECT} WHERE kind = 'sweep' AND state = 'complete' ORDER BY id DESC LIMIT 1"
    row = connection.execute(query).fetchone()
    return CrawlRow(*row) if row else None


def last_complete_picture(connection: sqlite3.Connection) -> CrawlRow | None:
    """The last crawl that lists all there is: a complete sweep, or a whole dump's import."""
    query = f"{_SELECT} WHERE kind {_WHOLE} AND state = 'complete' ORDER BY id DESC LIMIT 1"
    row = connection.execute(query).fetchone()
    return CrawlRow(*row) if row else None


def newest_answers(connection: sqlite3.Connection) -> int | None:
    """As of when the last answers are, in seconds since 1970; None before any."""
    found: int | None = connection.execute("SELECT max(computed_at) FROM computation").fetchone()[0]
    return found


def imported(connection: sqlite3.Connection, question: str) -> CrawlRow | None:
    """The finished import of this very file and date."""
    query = f"{_SELECT} WHERE kind = 'import' AND state IN ('complete', 'partial') AND question = ? ORDER BY id DESC"
    row = connection.execute(query, (question,)).fetchone()
    return CrawlRow(*row) if row else None


def mark(connection: sqlite3.Connection) -> int | None:
    """When the last finished crawl that knows the whole Hub began: `changes` goes on from there.

    Seconds since 1970. Only a complete sweep begins such a line, and `changes` continue it: when a dump was taken, and
    whether it is whole, is not known well enough. A database is about one Hub, whatever address it was reached by.
    """
    found: int | None = connection.execute(_MARK).fetchone()[0]
    return found


def begin_or_resume(
    connection: sqlite3.Connection,
    kind: str,
    *,
    endpoint: str,
    question: str,
    now: int,
    version: str,
    fresh: bool,
) -> CrawlRow:
    """The crawl of this kind that is still running for the same question, else a new one.

    Any other of this kind that was left running ends as failed: its question is not asked any more.
    """
    with transaction(connection):
        note = "given up: begun again with --fresh" if fresh else "given up: another question was asked"
        connection.execute(_ABANDON, (now, note, kind, fresh, endpoint, question))
        row = connection.execute(f"{_SELECT} WHERE state = 'running' AND kind = ?", (kind,)).fetchone()
        if row:
            crawl_id = _under_the_newest_number(connection, row[0], now)
            connection.execute("UPDATE crawl SET resumed = resumed + 1, note = NULL WHERE id = ?", (crawl_id,))
        else:
            begun = connection.execute(_BEGIN, (kind, endpoint, question, now, version))
            crawl_id = int(begun.lastrowid or 0)
        return read(connection, crawl_id)


def _under_the_newest_number(connection: sqlite3.Connection, crawl_id: int, now: int) -> int:
    """The running crawl's number; a new one where another crawl has begun since.

    Numbers then rise with the time of what is stored under them: what each crawl answered can be asked for again.
    """
    if not connection.execute("SELECT 1 FROM crawl WHERE id > ?", (crawl_id,)).fetchone():
        return crawl_id
    continued = int(connection.execute(_CONTINUE, (crawl_id,)).lastrowid or 0)
    connection.execute("UPDATE crawl_page SET crawl_id = ? WHERE crawl_id = ?", (continued, crawl_id))
    connection.execute("UPDATE quarantine SET crawl_id = ? WHERE crawl_id = ?", (continued, crawl_id))
    note = f"continued as crawl {continued}, for another crawl has begun meanwhile"
    connection.execute(
        "UPDATE crawl SET state = 'failed', finished_at = ?, note = ? WHERE id = ?", (now, note, crawl_id)
    )
    return continued


def given_up(connection: sqlite3.Connection, crawl_id: int, *, note: str, now: int) -> None:
    """A crawl that cannot be resumed."""
    connection.execute(
        "UPDATE crawl SET state = 'failed', finished_at = ?, note = ? WHERE id = ?", (now, note, crawl_id)
    )


def stopped(connection: sqlite3.Connection, crawl_id: int, *, note: str, now: int) -> CrawlRow:
    """A crawl that an error ended: it can be resumed where it has a page, else it has failed."""
    with transaction(connection):
        connection.execute("UPDATE crawl SET note = ? WHERE id = ?", (note, crawl_id))
        connection.execute(
            "UPDATE crawl SET state = 'failed', finished_at = ? WHERE id = ? AND pages = 0", (now, crawl_id)
        )
        return read(connection, crawl_id)


def finish(connection: sqlite3.Connection, crawl_id: int, listed: bytearray, *, now: int) -> CrawlRow:
    """The listing ended with no next page. `listed` has a byte a model id, 1 where the crawl listed it.

    Only a complete sweep or import makes models missing, and only those that were there when it began. To be called
    in the transaction that also computes the answers: a crawl is never finished without them.
    """
    crawl = read(connection, crawl_id)
    shortfall = _shortfall(connection, crawl)
    missing, gone = 0, 0
    if crawl.kind in PICTURES and not shortfall:
        gone = _mark_gone(connection, crawl_id, listed)
        missing = _mark_missing(connection, crawl_id, listed)
    state = "partial" if shortfall else "complete"
    connection.execute(_FINISH, (state, now, shortfall, missing, gone, crawl_id))
    return read(connection, crawl_id)


def forget_pages(connection: sqlite3.Connection) -> None:
    """What was listed page by page is needed until the crawl's answers are computed, and to resume one that runs."""
    connection.execute("DELETE FROM crawl_page WHERE crawl_id IN (SELECT id FROM crawl WHERE state != 'running')")


def base_listed(connection: sqlite3.Connection, crawl_id: int, base: str) -> list[str] | None:
    """The derivatives that this crawl has already listed for a base; None where that list is not whole."""
    query = "SELECT is_last, model_ids FROM crawl_page WHERE crawl_id = ? AND base = ? ORDER BY number"
    pages = connection.execute(query, (crawl_id, base)).fetchall()
    if not any(is_last for is_last, _ in pages):
        return None
    names = "SELECT node.name FROM model JOIN node ON node.id = model.node_id WHERE model.id = ?"
    found: list[str] = []
    for _, model_ids in pages:
        for model_id in memoryview(model_ids).cast("I"):
            found += [name for (name,) in connection.execute(names, (model_id,))]
    return found


def _shortfall(connection: sqlite3.Connection, crawl: CrawlRow) -> str | None:
    before = last_complete_picture(connection)
    if crawl.kind not in PICTURES or before is None or crawl.models >= ENOUGH * before.models:
        return None
    share = crawl.models / before.models
    return (
        f"listed {crawl.models:,} models, {share:.1%} of the {before.models:,} of crawl {before.id}; "
        f"at least {ENOUGH:.0%} are needed to call it complete"
    )


def _mark_gone(connection: sqlite3.Connection, crawl_id: int, listed: bytearray) -> int:
    """Those that were missing before and were not listed now either.

    Whoever was listed has been brought back, but for those whose rows could not be read: they stay missing.
    """
    missing = (model_id for (model_id,) in connection.execute(_STILL_MISSING, (crawl_id,)))
    still = [model_id for model_id in missing if not any(listed[model_id : model_id + 1])]
    connection.executemany(_ARE_GONE, [(crawl_id, model_id) for model_id in still])
    return len(still)


def _mark_missing(connection: sqlite3.Connection, crawl_id: int, listed: bytearray) -> int:
    import numpy as np  # takes 0.2 s, which those who only read the ledger need not wait for

    from store.columns import columns, stretches

    were_there = stretches(connection, "model", f"missing_since IS NULL AND first_crawl <= {crawl_id:d}")
    (present,) = columns(connection, were_there, "id")
    seen = np.zeros(max(int(present.max(initial=0)) + 1, len(listed)), bool)
    seen[: len(listed)] = np.frombuffer(listed, np.uint8)
    missing = present[~seen[present]].tolist()
    connection.executemany(_ARE_MISSING, [(crawl_id, model_id) for model_id in missing])
    connection.executemany(_ADD_ABSENCES, [(model_id, crawl_id) for model_id in missing])
    return len(missing)
