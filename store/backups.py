"""A copy of the database as it was at one moment, and such a copy in its place again. No snapshot: it holds everything.

A copy is made beside its place and takes it when it is whole and sound: whatever ends the program on the way, the
file that was there before is as it was. SQLite makes the copy, page by page, while a crawl may be writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import NamedTuple

from store.database import HEAD, locked, make_private, migrate, version
from store.errors import Locked, NoDatabase, NothingComputed, Occupied, StoreError, Unsound, WrongSchema
from store.exports.files import atomically
from store.snapshots.durable import on_disk
from store.standing import standing

PAGES_A_STEP = 1024
"""16 MiB: so often a signal is heard."""

READERS_SECONDS = 10.0
"""So long those who read are waited for, before their database is replaced."""

OnStep = Callable[[int, int], object]
"""Told (pages left, all pages) after each step."""


class Contents(NamedTuple):
    """What a file holds: the last finished crawl (None before one), all models ever listed, and its size."""

    path: Path
    schema: str
    crawl: int | None
    finished_at: int | None
    models: int
    crawls: int
    bytes: int

    @property
    def is_empty(self) -> bool:
        return not self.crawls


def back_up(path: Path, to: Path, *, force: bool = False, on_step: OnStep | None = None) -> Contents:
    """Copies the database as of now, of whatever schema this version knows: one backs up before one migrates.

    Raises `NoDatabase`, `WrongSchema`, `Occupied`, `Unsound`.
    """
    if not path.is_file():
        raise NoDatabase(f"There is no database at {path}, so nothing to back up. Name one with --db.")
    with _opened(path) as source:
        source.execute("BEGIN")  # the moment stays the same however many steps the copy takes
        version(source, path)
        _require_another(path, to)
        if to.exists() and not force:
            raise Occupied(f"{to} is there already. Name another file, or write over it with --force.")
        with _whole_in_place(to) as beside:
            _copy(source, beside, on_step)
            return _sound(beside, path)._replace(path=to)


def restore(backup: Path, path: Path, *, force: bool = False, on_step: OnStep | None = None) -> Contents:
    """Puts a copy of the backup in the place of the database, migrated where it is of an older schema.

    Raises `NoDatabase`, `WrongSchema` and `Unsound` for the backup, `Occupied` where the database holds something,
    `Locked` where somebody writes to it or reads it.
    """
    _require_another(path, backup)
    with locked(path), _opened(backup) as source:
        if not force:
            _require_free(path)
        with _whole_in_place(path, before=lambda: _make_way(path)) as beside:
            _copy(source, beside, on_step)
            migrate(beside)
            return _sound(beside, backup)._replace(path=path)


def contents(path: Path) -> Contents:
    """What a database holds, of whatever schema that this version knows."""
    with _opened(path) as connection:
        return _contents(connection, path)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A backup that can be read, and is one of ours."""
    if not path.is_file():
        raise NoDatabase(f"There is no file {path}. `modelroots backup` makes one.")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        found = version(connection, path)
        if found is None:
            raise WrongSchema(f"{path} is empty. Name a file that `modelroots backup` made.")
        if found > HEAD:
            raise WrongSchema(f"{path} is of a newer modelroots (schema {found}, this one knows {HEAD}). Upgrade it.")
        yield connection


def _require_another(path: Path, other: Path) -> None:
    if other.exists() and path.exists() and other.samefile(path):
        raise Occupied(f"{other} is the database itself. Name another file.")


def _require_free(path: Path) -> None:
    """Nothing is written over unless the user says so, were it unreadable."""
    if not path.exists() or not path.stat().st_size:
        return
    try:
        held = contents(path)
    except (StoreError, sqlite3.Error) as problem:
        raise Occupied(
            f"{path} is there and cannot be read ({problem}). --force puts the backup in its place."
        ) from problem
    if not held.is_empty:
        raise Occupied(
            f"{path} holds {held.crawls:,} crawls and {held.models:,} models. Back it up, or give another --db; "
            "--force puts the backup in its place all the same."
        )


@contextmanager
def _whole_in_place(path: Path, before: Callable[[], None] | None = None) -> Iterator[Path]:
    """A private file beside `path` that takes its place at the end, after `before`, and for good."""
    for left in path.parent.glob(f".{escape(path.name)}.*.part*"):
        left.unlink(missing_ok=True)  # of one that was killed
    with _as_ours(path), atomically(path) as beside:
        make_private(beside)
        yield beside
        if before:
            before()
    on_disk(path.parent)


@contextmanager
def _as_ours(path: Path) -> Iterator[None]:
    """What SQLite says of a copy, with its subject and the way out."""
    try:
        yield
    except sqlite3.Error as problem:
        way_out = "Make room, or name a file on another disk" if "full" in str(problem) else "Try another file or disk"
        raise Unsound(f"{path} was not written: {problem}. {way_out}; what was there before is as it was.") from problem


def _copy(source: sqlite3.Connection, beside: Path, on_step: OnStep | None) -> None:
    def told(_status: int, left: int, pages: int) -> None:
        if on_step:
            on_step(left, pages)

    with closing(sqlite3.connect(beside, isolation_level=None)) as target:
        source.backup(target, pages=PAGES_A_STEP, progress=told)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which a medium that cannot be written to may hold


def _sound(beside: Path, origin: Path) -> Contents:
    """What the copy holds, where every page and index of it is in order. Raises `Unsound`."""
    with _opened(beside) as connection:
        try:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as problem:
            found = str(problem)
        if found != "ok":
            raise Unsound(f"{origin} is damaged: {found}. What its copy was to replace is as it was.")
        return _contents(connection, beside)


def _contents(connection: sqlite3.Connection, path: Path) -> Contents:
    crawl = finished_at = None
    with suppress(NothingComputed, sqlite3.OperationalError):  # an older schema may lack a column of it
        basis = standing(connection)
        crawl, finished_at = basis.crawl, basis.finished_at
    models, crawls = connection.execute("SELECT (SELECT count(*) FROM model), (SELECT count(*) FROM crawl)").fetchone()
    return Contents(path, version(connection, path) or "", crawl, finished_at, models, crawls, path.stat().st_size)


def _make_way(path: Path) -> None:
    """Leaves nothing beside the old file that would be read with the new one: no write-ahead log, nothing kept."""
    from store import kept, kept_names  # numpy takes 0.2 s

    for place_of in (kept.place_of, kept_names.place_of):
        place_of(path).unlink(missing_ok=True)
    if path.exists():
        _put_in_one_file(path)
    for end in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _put_in_one_file(path: Path) -> None:
    """Writes back the log, which needs the file for itself; one that is no database has none."""
    try:
        with closing(sqlite3.connect(path, timeout=READERS_SECONDS, isolation_level=None)) as old:
            old.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as problem:
        if "locked" not in str(problem):
            return
        raise Locked(f"Somebody reads {path}. End what has it open, and restore again.") from problem
    except sqlite3.DatabaseError:
        return
