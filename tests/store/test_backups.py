"""Copies of the database: of one moment, whole and sound, or not there; and back in its place the same way."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from store import kept_names
from store.backups import back_up, contents, restore
from store.columns import read
from store.database import HEAD, reading, writing
from store.errors import Locked, NoDatabase, Occupied, StoreError, Unsound
from store.kept import kept, place_of
from store.migrations.upgrade import PAGE_SIZE, configuration, engine
from store.registry.loader import Registry
from tests.store.conftest import Store, row

ROOT = Path(__file__).resolve().parents[2]
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from store import backups, database, kept  # what follows is counted, not their imports

def watch(event, arguments):
    global left
    made = event == "open" and ".part" in str(arguments[0])
    if made or event in ("os.rename", "os.remove", "os.chmod", "sqlite3.connect"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

what, one, other, left = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
step = lambda *_: watch("sqlite3.connect", ())
backups.PAGES_A_STEP = 4
sys.addaudithook(watch)
getattr(backups, what)(one, other, force=True, on_step=step)
"""


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.fixture
def swept(store: Store) -> Store:
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    return store


def test_a_backup_holds_all_that_the_database_does(swept: Store, tmp_path: Path) -> None:
    back_up(swept.path, tmp_path / "b.db")
    assert dump(tmp_path / "b.db") == dump(swept.path)


def test_it_says_what_it_holds(swept: Store, tmp_path: Path) -> None:
    found = back_up(swept.path, tmp_path / "b.db")
    assert (found.crawl, found.models, found.crawls, found.schema) == (1, 2, 1, HEAD)
    assert found.bytes == (tmp_path / "b.db").stat().st_size


def test_it_is_one_file_that_its_owner_alone_may_read(swept: Store, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    back_up(swept.path, place / "b.db")
    contents(place / "b.db")
    assert [path.name for path in place.iterdir()] == ["b.db"]
    assert stat.S_IMODE((place / "b.db").stat().st_mode) == 0o600


def test_it_is_of_one_moment_though_a_crawl_writes_between_its_steps(
    swept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.backups.PAGES_A_STEP", 1)
    before = dump(swept.path)
    more = "INSERT INTO publisher (name) VALUES (hex(randomblob(9)))"
    back_up(swept.path, tmp_path / "b.db", on_step=lambda *_: swept.connection.execute(more))
    assert dump(tmp_path / "b.db") == before
    assert dump(swept.path) != before


def test_a_file_that_is_there_is_written_over_only_where_told(swept: Store, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("mine")
    with pytest.raises(Occupied, match="--force"):
        back_up(swept.path, tmp_path / "b.db")
    assert (tmp_path / "b.db").read_text() == "mine"
    assert back_up(swept.path, tmp_path / "b.db", force=True).models == 2


def test_the_database_is_no_place_for_its_own_backup(swept: Store) -> None:
    with pytest.raises(Occupied, match="the database itself"):
        back_up(swept.path, swept.path, force=True)


def test_nothing_is_made_of_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase):
        back_up(tmp_path / "none.db", tmp_path / "b.db")
    assert [*tmp_path.iterdir()] == []


def noise(path: Path) -> None:
    """In the place of the last page."""
    with path.open("r+b") as file:
        file.seek(-PAGE_SIZE, os.SEEK_END)
        file.write(b"\xff" * PAGE_SIZE)


def wrong_index(path: Path) -> None:
    """A file of sound pages, where one index has the rows of another."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = ?) WHERE name = ?",
            ("ix_edge_child_id", "ix_model_hub_id"),
        )


def test_a_damaged_database_makes_no_backup(swept: Store, tmp_path: Path) -> None:
    swept.connection.close()
    wrong_index(swept.path)
    with pytest.raises(Unsound, match="damaged"):
        back_up(swept.path, tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()


@pytest.fixture
def saved(swept: Store, tmp_path: Path) -> Path:
    """A backup of a database that has gone on since."""
    back_up(swept.path, tmp_path / "b.db")
    swept.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"]), row("b/2", ["b/1"])])
    return tmp_path / "b.db"


@pytest.fixture
def live(saved: Path, swept: Store, tmp_path: Path) -> Path:
    """That database where nobody holds its lock, with what is kept beside it."""
    assert saved.exists()
    swept.connection.close()
    (tmp_path / "live").mkdir()
    for path in (swept.path, place_of(swept.path), kept_names.place_of(swept.path)):
        shutil.copy(path, tmp_path / "live")
    return tmp_path / "live" / swept.path.name


def test_restored_it_is_as_it_was(saved: Path, live: Path) -> None:
    before = dump(saved)
    found = restore(saved, live, force=True)
    assert (dump(live), dump(saved)) == (before, before)
    assert (found.path, found.models) == (live, 2)


def test_a_database_that_holds_something_is_kept_unless_told(saved: Path, live: Path) -> None:
    before = dump(live)
    with pytest.raises(Occupied, match="2 crawls and 3 models"):
        restore(saved, live)
    assert dump(live) == before


@pytest.mark.parametrize("content", [b"", b"no database at all" * 99])
def test_what_cannot_be_read_is_kept_too_and_what_is_empty_is_not(saved: Path, tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(content)
    if content:
        with pytest.raises(Occupied, match="cannot be read"):
            restore(saved, other)
        assert other.read_bytes() == content
    assert restore(saved, other, force=bool(content)).models == 2


def test_a_database_without_a_crawl_gives_way(saved: Path, tmp_path: Path) -> None:
    with writing(tmp_path / "new.db"):
        pass
    assert restore(saved, tmp_path / "new.db").models == 2


def test_nobody_may_be_writing(saved: Path, tmp_path: Path) -> None:
    with writing(tmp_path / "new.db"), pytest.raises(Locked):
        restore(saved, tmp_path / "new.db")


def test_nobody_may_be_reading(saved: Path, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.backups.READERS_SECONDS", 0.01)
    before = dump(live)
    with reading(live), pytest.raises(Locked, match="reads"):
        restore(saved, live, force=True)
    assert dump(live) == before


def test_nothing_of_the_old_database_is_read_with_the_new_one(saved: Path, live: Path) -> None:
    assert place_of(live).exists()
    assert kept_names.place_of(live).exists()
    restore(saved, live, force=True)
    assert {path.name for path in live.parent.iterdir()} == {"test.db", "test.db.lock"}


def test_what_the_next_crawl_keeps_is_of_the_restored_database(saved: Path, live: Path, registry: Registry) -> None:
    restore(saved, live, force=True)
    with writing(live) as connection:
        again = Store(connection, registry, live)
        again.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"]), row("c/3", ["b/1"])])
        columns = kept(connection)
        assert columns is not None
        assert columns.columns.models.node_ids.tolist() == read(connection).models.node_ids.tolist()


def test_an_older_schema_is_backed_up_as_it_is_and_restored_up_to_date(tmp_path: Path) -> None:
    made = engine(tmp_path / "old.db")
    with made.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.exec_driver_sql("INSERT INTO publisher VALUES (1, 'a')")
    made.dispose()
    assert back_up(tmp_path / "old.db", tmp_path / "saved.db").schema == "0001"
    assert restore(tmp_path / "saved.db", tmp_path / "new.db").schema == HEAD
    assert contents(tmp_path / "old.db").schema == "0001"


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (id)")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "spoil", [newer, foreign, cut, noise, wrong_index, lambda path: path.write_text("no"), Path.unlink]
)
def test_a_backup_that_cannot_be_used_leaves_the_database_as_it_is(
    saved: Path, live: Path, spoil: Callable[[Path], None]
) -> None:
    before = dump(live)
    spoil(saved)
    with pytest.raises(StoreError):
        restore(saved, live, force=True)
    assert dump(live) == before
    assert [*live.parent.glob(".*.part*")] == []


def killed(what: str, one: Path, other: Path, after: int) -> bool:
    """Runs it in a process that is killed before its n-th step or change of files; False where it had ended before."""
    command = [sys.executable, "-c", KILLED_AT, what, str(one), str(other), str(after)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode != 0


def test_a_backup_killed_at_any_step_leaves_the_one_before(saved: Path, live: Path) -> None:
    before, after = dump(saved), dump(live)
    times = 0
    while killed("back_up", live, saved, times):
        assert dump(saved) in (before, after)
        times += 1
    assert times > 10
    assert dump(saved) == after
    assert [*saved.parent.glob(".b.db.*")] == []


def test_a_restore_killed_at_any_step_leaves_the_old_database_or_the_new(
    saved: Path, live: Path, tmp_path: Path
) -> None:
    before, after = dump(live), dump(saved)
    shutil.copytree(live.parent, tmp_path / "again")
    times = 0
    while killed("restore", saved, live, times):
        found = dump(live)
        assert found in (before, after)
        for path in (tmp_path / "again").glob("test.db*"):
            shutil.copy(path, live.parent)
        times += 1
    assert times > 10
    assert dump(live) == after
