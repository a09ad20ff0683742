"""Opening the database file: one writer under a lock, any number of readers. No question and no crawl.

A reader imports nothing but `sqlite3`. A writer also migrates, for which Alembic is imported only when the
file is not of this version already.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from store.errors import Locked, NetworkMount, NoDatabase, WrongSchema
from store.mounts import NETWORK, kind_of, nearest

HEAD = "0005"
"""The newest migration; a test holds it against the migrations' folder."""

CACHE = "PRAGMA cache_size = -65536"
"""Of who writes, in KiB."""

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # with WAL: a power cut may undo the last commits, never tear one
    CACHE,
    # What is sorted for an index, beyond the cache's size: in memory it takes half as long again, and 190 MB.
    "PRAGMA temp_store = FILE",
    "PRAGMA wal_autocheckpoint = 8192",  # pages, of 8 KiB: rows are all over the file, so copy back less often
    "PRAGMA busy_timeout = 10000",
)
sqlite3.register_adapter(type(None), {None: None}.get)  # else four look-ups for every NULL that is bound
_READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA busy_timeout = 10000", "PRAGMA cache_size = -16384")


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """The one connection that writes, in autocommit mode: callers say BEGIN.

    Makes and migrates the file where needed. Two writers at once are ruled out by a lock file beside the
    database: SQLite 3.7.0 to 3.51.2 can lose data when two connections write and checkpoint at once.
    Raises `Locked`, `NetworkMount`, `WrongSchema`.
    """
    with locked(path):
        make_private(path)
        migrate(path)
        with closing(_connect(path, "rw", _WRITER_PRAGMAS)) as connection:
            yield connection


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else writes to the file meanwhile, or puts another in its place. Raises `Locked`, `NetworkMount`."""
    kind = kind_of(nearest(path))
    if kind in NETWORK:
        raise NetworkMount(
            f"{path} would be written to on {kind}, a network mount, on which SQLite's write-ahead log can be lost or "
            "torn. Name a place on a disk of this machine with --db; snapshots and backups may lie where they like."
        )
    from filelock import FileLock, Timeout  # takes 10 ms, and those who read need none

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(f"{path}.lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Locked(f"Another modelroots is writing to {path}. Wait until it ends, or give another --db.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write; all it reads is of one moment. Raises `NoDatabase`, `WrongSchema`."""
    if not path.is_file():
        raise NoDatabase(
            f"There is no database at {path}. Make one with `modelroots crawl sweep`, or name one with --db."
        )
    with closing(_connect(path, "ro", _READER_PRAGMAS)) as connection:
        connection.execute("BEGIN")
        found = version(connection, path)
        if found != HEAD:
            raise WrongSchema(_other_version(path, found))
        yield connection


@contextmanager
def reading_together(path: Path, number: int) -> Iterator[list[sqlite3.Connection]]:
    """Several connections that cannot write, each for a thread; all that they read is of one moment.

    Raises `NoDatabase`, `WrongSchema`.
    """
    with reading(path) as first, ExitStack() as stack:
        others = [stack.enter_context(closing(_connect(path, "ro", _READER_PRAGMAS))) for _ in range(number - 1)]
        first.execute("ROLLBACK")
        while not _begin_together(first, others):
            pass  # a crawl has stored something in between: a matter of microseconds
        yield [first, *others]


@contextmanager
def reading_beside(path: Path) -> Iterator[sqlite3.Connection]:
    """One more connection that cannot write, for who has the file open already: it sees what is committed."""
    with closing(_connect(path, "ro", _READER_PRAGMAS)) as connection:
        yield connection


def file_of(connection: sqlite3.Connection) -> Path:
    """The file that a connection is to."""
    return Path(next(file for _, name, file in connection.execute("PRAGMA database_list") if name == "main"))


def _begin_together(first: sqlite3.Connection, others: Sequence[sqlite3.Connection]) -> bool:
    """Begins on all, the first one last; false, and nothing begun, where others have committed meanwhile."""
    before = first.execute("PRAGMA data_version").fetchone()
    for connection in (*others, first):
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM alembic_version").fetchone()  # only a question fixes the moment
    if first.execute("PRAGMA data_version").fetchone() == before:
        return True
    for connection in (*others, first):
        connection.execute("ROLLBACK")
    return False


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is stored, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # some errors, such as a full disk, have undone it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def version(connection: sqlite3.Connection, path: Path) -> str | None:
    """The migration that the file is at; None for an empty file. Raises `WrongSchema` for a foreign one."""
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        message = f"{path} is not a SQLite database ({error}). Name another file with --db."
        raise WrongSchema(message) from error
    if not tables:
        return None
    if "alembic_version" not in tables or "lineage_count" not in tables:
        raise WrongSchema(f"{path} is a SQLite database, but not one of modelroots. Name another file with --db.")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _connect(path: Path, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Exports read, and computations write, in threads of their own; SQLite lets one at a time into a connection.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.DatabaseError as error:
        connection.close()
        message = f"{path} cannot be opened as a database: {error}. Name another file with --db."
        raise WrongSchema(message) from error
    return connection


def make_private(path: Path) -> None:
    """A new file that only its owner can read: a crawl with a token may have seen more than others may."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def migrate(path: Path) -> None:
    """Brings the file to this version's schema; looks before it touches, for it may be somebody else's."""
    with closing(_connect(path, "ro", ())) as connection:
        found = version(connection, path)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise WrongSchema(_other_version(path, found))
    from store.migrations.upgrade import upgrade  # Alembic and SQLAlchemy take 0.4 s to import

    upgrade(path)


def _other_version(path: Path, found: str | None) -> str:
    if found is not None and found > HEAD:
        return f"{path} was made by a newer modelroots (schema {found}, this one knows {HEAD}). Upgrade the program."
    return f"{path} has schema {found or 'none'}, this version needs {HEAD}. Any crawl into it brings it up to date."
