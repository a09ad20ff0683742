"""`backup` and `restore` as commands: what they print, how they end. What they do is in tests/store/test_backups.py."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.jobs.conftest import OpenHub
from tests.jobs.program import PROGRAM, Program, clean_environment, small_rows


@pytest.fixture
def swept(program: Program, open_hub: OpenHub) -> Program:
    program.succeeds("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    return program


def test_a_backup_says_what_it_holds(swept: Program) -> None:
    (item,) = swept.asks("backup", "saved.db")["items"]
    assert (item["path"], item["crawl"], item["models"]) == ("saved.db", 1, 7)
    assert item["bytes"] == (swept.folder / "saved.db").stat().st_size


def test_without_a_name_it_is_named_after_the_time_beside_the_database(swept: Program) -> None:
    (item,) = swept.asks("backup")["items"]
    assert Path(item["path"]).match("modelroots-????????T??????Z.db")
    assert (swept.folder / item["path"]).is_file()


def test_what_was_lost_is_restored_and_answers(swept: Program) -> None:
    before = swept.asks("derivatives", "qwen")
    swept.succeeds("backup", "saved.db")
    swept.database.unlink()
    swept.succeeds("restore", "saved.db")
    assert swept.asks("derivatives", "qwen") == before


def test_a_restored_database_is_crawled_into(swept: Program, open_hub: OpenHub) -> None:
    swept.succeeds("backup", "saved.db")
    swept.succeeds("restore", "saved.db", "--force")
    swept.succeeds("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    assert [row["same"] for row in swept.asks("crawls")["items"]] == [0, 7]


def test_nothing_is_written_over_unasked(swept: Program) -> None:
    swept.succeeds("backup", "saved.db")
    for command in ("backup", "restore"):
        ran = swept.run(command, "saved.db")
        assert (ran.code, "--force" in ran.stderr) == (1, True)


def test_a_crawl_under_way_can_be_backed_up_but_not_restored_over(swept: Program, open_hub: OpenHub) -> None:
    swept.succeeds("backup", "before.db")
    hub = open_hub(small_rows(), faults="drip@1")
    with swept.started("crawl", "sweep", "--endpoint", hub.url):
        while not hub.replica.requests:
            pass
        swept.succeeds("backup", "during.db")
        assert swept.run("restore", "before.db", "--force").code == 5


def test_a_full_disk_is_told_and_leaves_nothing(swept: Program) -> None:
    size = swept.database.stat().st_size

    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = subprocess.run(
        [*PROGRAM, "backup", "saved.db"],
        cwd=swept.folder,
        env=clean_environment(),
        capture_output=True,
        preexec_fn=shrink,  # no thread is running
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert b"saved.db was not written" in done.stderr
    assert sorted(path.name for path in swept.folder.glob("*saved*")) == []


def test_a_damaged_backup_is_refused_by_name(swept: Program) -> None:
    swept.succeeds("backup", "saved.db")
    with closing(sqlite3.connect(swept.folder / "saved.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = swept.run("restore", "saved.db", "--force")
    assert (ran.code, "saved.db is of a newer modelroots" in ran.stderr) == (1, True)
