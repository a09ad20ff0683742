"""Opening the file: who may, what may be wrong with it, and that the migrations make the tables."""

from __future__ import annotations

import resource
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from store import schema
from store.database import HEAD, reading, reading_together, transaction, writing
from store.errors import Locked, NoDatabase, WrongSchema
from store.migrations.upgrade import configuration, engine
from tests.store.conftest import Store, row


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with writing(tmp_path / "a.db"), pytest.raises(Locked, match="is writing"), writing(tmp_path / "a.db"):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with writing(tmp_path / "a.db") as connection:
            assert connection.execute("SELECT count(*) FROM model").fetchone() == (0,)


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    with writing(tmp_path / "a.db"):
        assert stat.S_IMODE((tmp_path / "a.db").stat().st_mode) == 0o600


def test_a_new_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    with writing(tmp_path / "new" / "a.db"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    with writing(tmp_path / "a.db"):
        pass
    with reading(tmp_path / "a.db") as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM model")


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(tmp_path: Path) -> None:
    count = "SELECT count(*) FROM label"
    with writing(tmp_path / "a.db") as writer, reading(tmp_path / "a.db") as reader:
        before = reader.execute(count).fetchone()
        writer.execute("INSERT INTO label VALUES (1, 'x')")
        assert (before, reader.execute(count).fetchone()) == ((0,), (0,))
        assert writer.execute(count).fetchone() == (1,)


def test_readers_together_see_one_moment_while_another_writes(tmp_path: Path) -> None:
    ended = Event()

    def write(writer: sqlite3.Connection) -> None:
        while not ended.is_set():
            writer.execute("INSERT INTO publisher (name) VALUES (hex(randomblob(8)))")

    with (
        writing(tmp_path / "a.db"),
        closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)) as writer,
    ):
        thread = Thread(target=write, args=(writer,))
        thread.start()
        try:
            seen = [_seen_together(tmp_path / "a.db") for _ in range(100)]
        finally:
            ended.set()
            thread.join()
    assert len(set(seen)) > 1
    assert {one for one, other in seen if one != other} == set()


def _seen_together(path: Path) -> tuple[int, int]:
    with reading_together(path, 2) as connections:
        one, other = (connection.execute("SELECT count(*) FROM publisher").fetchone()[0] for connection in connections)
        return one, other


INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name"


def test_a_crawl_leaves_every_index_in_its_place(store: Store) -> None:
    before = store.all(INDEXES)
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    assert store.all(INDEXES) == before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase, match=r"none\.db"), reading(tmp_path / "none.db"):
        pass


def text_file(path: Path) -> None:
    path.write_text("hello, I am no database at all" * 100, encoding="utf-8")


def foreign_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (id)")
    connection.close()


def newer_database(path: Path) -> None:
    with writing(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (text_file, "cannot be opened as a database|not a SQLite database"),
        (foreign_database, "not one of modelroots"),
        (newer_database, "newer modelroots"),
    ],
)
def test_a_wrong_file_is_refused_and_left_as_it_is(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    path = tmp_path / "wrong.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(WrongSchema, match=reason), writing(path):
        pass
    with pytest.raises(WrongSchema, match=reason), reading(path):
        pass
    assert path.read_bytes() == before


def test_a_transaction_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    with writing(tmp_path / "a.db") as connection:
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.executemany("INSERT INTO label VALUES (1, ?)", [("x",), ("y",)])
        assert connection.execute("SELECT count(*) FROM label").fetchone() == (0,)


def test_a_full_disk_is_told_as_what_it_was(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with writing(tmp_path / "a.db") as connection:
        connection.execute("PRAGMA cache_size = 10")  # pages: what does not fit is written before the commit

        def fill() -> None:
            with transaction(connection):
                resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
                try:
                    connection.executemany("INSERT INTO label VALUES (?, ?)", ((n, f"{n:4000}") for n in range(500)))
                finally:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        with pytest.raises(sqlite3.OperationalError, match="disk"):
            fill()
        assert connection.execute("SELECT count(*) FROM label").fetchone() == (0,)


def test_the_migrations_make_the_tables_that_the_schema_says(tmp_path: Path) -> None:
    with writing(tmp_path / "a.db"):
        pass
    made = engine(tmp_path / "a.db")
    with made.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
        by_hub_id = "SELECT sql FROM sqlite_master WHERE name = 'ix_model_hub_id'"
        made_by = connection.exec_driver_sql(by_hub_id).scalar_one()
    assert made_by == "CREATE UNIQUE INDEX ix_model_hub_id ON model (hub_id DESC)"
    # Alembic cannot compare an index on an expression: it would make that one anew.
    assert [index.name for _, index in differences] in ([], ["ix_model_hub_id"] * 2)
    made.dispose()
    assert schema.Model.__tablename__ in SQLModel.metadata.tables


def test_a_file_of_the_first_schema_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    made = engine(tmp_path / "a.db")
    with made.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.exec_driver_sql("INSERT INTO publisher VALUES (1, 'a')")
        connection.exec_driver_sql("INSERT INTO node VALUES (1, 'a/1', 1, 1)")
    made.dispose()
    with pytest.raises(WrongSchema, match="Any crawl into it brings it up to date"), reading(tmp_path / "a.db"):
        pass
    with writing(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert connection.execute("SELECT name FROM node").fetchall() == [("a/1",)]
        assert connection.execute("SELECT count(*) FROM rollup").fetchone() == (0,)


def test_head_is_the_newest_migration() -> None:
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    assert max(path.name.split("_")[0] for path in versions.glob("[0-9]*.py")) == HEAD
