"""P15: a file of every schema there has been migrates with no row lost; an interrupted migration leaves it as it was.

`schemas/` holds each as it was made then: they are never edited, and a new revision adds one.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.database import HEAD, reading, writing
from store.migrations.upgrade import PAGE_SIZE
from tests.reliability.conftest import Tried
from tests.reliability.soak import scaled

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = sorted((ROOT / "tests" / "reliability" / "schemas").glob("*.sql"))
ROWS = 50
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from store.database import migrate

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

migrate(Path(sys.argv[1]))
"""
Content = dict[str, list[tuple[object, ...]]]


def filled(path: Path, schema: Path) -> Path:
    """A database of that schema with rows in every table, as different as their types allow."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        connection.executescript(schema.read_text(encoding="utf-8"))
        for table in tables(connection):
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            rows = [[value(name, kind, number) for _, name, kind, *_ in columns] for number in range(1, ROWS + 1)]
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def value(name: str, kind: str, number: int) -> object:
    if name == "state":
        return ("complete", "partial", "failed", "running")[number % 4]
    if kind in ("BLOB", "VARBINARY"):
        return number.to_bytes(12, "big")
    return f"{name} {number} \u00e9\u202e'" if kind.startswith(("VARCHAR", "TEXT")) else number


def tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('alembic_version', 'sqlite_sequence')"
    return [name for (name,) in connection.execute(query)]


def content(path: Path, like: Content | None = None) -> Content:
    """Every row of every table; `like` names the tables and columns to look at, where they are fewer by now."""
    with closing(sqlite3.connect(path)) as connection:
        found: Content = {}
        for table in like or tables(connection):
            columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
            names = [str(name) for name in like[table][0]] if like else columns
            rows = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {', '.join(names)}").fetchall()
            found[table] = [tuple(names), *rows]
        return found


@pytest.fixture(params=SCHEMAS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return filled(tmp_path / "old.db", request.param)


def test_no_row_is_lost(old: Path, tried: Tried) -> None:
    before = content(old)
    with writing(old) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with reading(old):
        pass
    assert content(old, before) == before
    tried(f"rows of {len(before)} tables migrated", ROWS * len(before), "every one is there, value by value")


def steps() -> Iterator[int]:
    return iter(range(0, 10_000, scaled(9, 1)))


def test_a_migration_killed_at_any_statement_leaves_the_file_as_it_was(tmp_path: Path, tried: Tried) -> None:
    old = filled(tmp_path / "old.db", SCHEMAS[0])
    before = content(old)
    times = 0
    for after in steps():
        copy = tmp_path / f"{after}.db"
        shutil.copy(old, copy)
        command = [sys.executable, "-c", KILLED_AT, str(copy), str(after)]
        done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        times += 1
        assert content(copy) == before
        with writing(copy):
            pass
        assert content(copy, before) == before
    assert times > 3
    tried("a migration killed at its n-th statement", times, "the file as it was, and migrated when asked again")


def test_every_revision_has_its_schema_here() -> None:
    revisions = [path.stem[:4] for path in (ROOT / "store" / "migrations" / "versions").glob("[0-9]*.py")]
    assert [path.stem for path in SCHEMAS] == sorted(revisions)


def test_the_newest_is_what_the_migrations_make(tmp_path: Path) -> None:
    with writing(tmp_path / "new.db"):
        pass
    query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    with closing(sqlite3.connect(tmp_path / "new.db")) as new, closing(sqlite3.connect(":memory:")) as kept:
        kept.executescript(SCHEMAS[-1].read_text(encoding="utf-8"))
        assert new.execute(query).fetchall() == kept.execute(query).fetchall()
