"""lineage.db: the lineage as a compact SQLite file that explains itself, for Datasette and for anybody's queries.

It is built beside, in SQL and from one end to the other, and comes into its place by `VACUUM INTO`: the same lineage
gives the same bytes. What the working database has besides (history, quarantined rows, fingerprints, references that
are no model's name) is not in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from store.choices import RELATIONS
from store.ledger import MEANINGS, counts
from store.snapshots.lineage_schema import FILL_DERIVATIVES, FILL_EDGES, FILL_NODES, INDEXES, TABLES, VIEWS
from store.snapshots.marks import Mark
from store.snapshots.rollups_file import rows_query

LINEAGE = "lineage.db"

_PRAGMAS = (
    "PRAGMA page_size = 4096",
    "PRAGMA journal_mode = OFF",  # the file is thrown away where anything goes wrong
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = FILE",  # what is sorted for an index: the memory stays flat
)
_SNAPSHOT = "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def write_lineage(database: Path, mark: Mark, path: Path, *, program: str) -> None:
    """Writes the file. To be called while nobody writes to the working database: it is read on its own."""
    building = path.with_name(f".{path.name}.building")
    try:
        with _attached(database, building) as connection:
            _fill(connection, mark, program)
            connection.execute("VACUUM main INTO ?", (str(path),))
    finally:
        building.unlink(missing_ok=True)


@contextmanager
def _attached(database: Path, building: Path) -> Iterator[sqlite3.Connection]:
    """A new file, with the working database beside it as `source`, to be read only."""
    with closing(sqlite3.connect(building.absolute().as_uri(), uri=True, isolation_level=None)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute("ATTACH ? AS source", (f"{database.absolute().as_uri()}?mode=ro",))
        yield connection


def _fill(connection: sqlite3.Connection, mark: Mark, program: str) -> None:
    connection.executescript(TABLES)
    connection.execute("BEGIN")
    crawl = mark.crawl
    connection.execute(
        _SNAPSHOT,
        (mark.name, mark.date, mark.state, mark.note, crawl.number, crawl.kind, crawl.finished_at, crawl.endpoint,
         crawl.basis, crawl.unseen, program),
    )  # fmt: skip
    connection.execute(FILL_NODES.format(relation=_word("model.relation")))
    connection.execute(FILL_EDGES.format(relation=_word("relation")))
    connection.execute(FILL_DERIVATIVES)
    connection.execute(f"INSERT INTO rollups {rows_query('source')}", {"crawl": crawl.number})
    quality = [(item, count, MEANINGS[item]) for item, count in counts(mark.basis).items()]
    connection.executemany("INSERT INTO quality VALUES (?, ?, ?)", quality)
    known = [(base.name, base.told, base.counted, base.ratio) for base in mark.basis.known]
    connection.executemany("INSERT INTO completeness VALUES (?, ?, ?, ?)", known)
    connection.execute("COMMIT")
    connection.executescript(INDEXES + VIEWS)
    connection.execute("ANALYZE main")


def _word(number: str) -> str:
    """A relation's word, by its number."""
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(RELATIONS))
    return f"CASE {number} {cases} END"
