"""P12: a disk that is full at any page ends a crawl with a clear error; the database is sound, the newest snapshot
whole, and with room again the crawl goes on to the same content. That a snapshot under way leaves nothing is tested in
tests/store/snapshots/test_creating.py.
"""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.parse import read_page
from crawler.records import Page
from jobs.pipelines import store_pages
from jobs.progress import Progress
from store import crawls
from store.database import writing
from store.registry.loader import load_registry
from store.snapshots.verifying import verify
from tests.jobs.program import PROGRAM, Program, clean_environment, many_rows, opened_hub, small_rows
from tests.reliability.conftest import Tried
from tests.reliability.soak import scaled

ROWS = many_rows(3000)
A_PAGE = 250
CONTENT = (
    "SELECT name, lower(hex(hub_id)), likes, downloads FROM model JOIN node ON node.id = node_id ORDER BY 1",
    "SELECT child.name, parent.name, relation, times FROM edge JOIN node AS child ON child.id = child_id "
    "JOIN node AS parent ON parent.id = parent_id ORDER BY 1, 2",
    "SELECT models, resolved, edges, dangling FROM computation",
)


def crawl(path: Path, room: int | None) -> None:
    """A sweep, resumed where one was cut off; the file may grow by `room` pages of its own, None for no limit."""
    with writing(path) as connection:
        if room is not None:
            (size,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {size + room}")
        row = crawls.begin_or_resume(
            connection, "sweep", endpoint="http://hub", question="{}", now=int(time.time()), version="test", fresh=False
        )
        progress = Progress("sweep", expected=None, screen=io.StringIO())
        store_pages(connection, row, pages(int(row.next_url or 0)), load_registry(None), progress)


def pages(start: int) -> Iterator[Page]:
    for place in range(start, len(ROWS), A_PAGE):
        found = read_page(json.dumps(ROWS[place : place + A_PAGE]).encode())
        following = place + A_PAGE
        yield Page(found.models, tuple(found.quarantined), str(following) if following < len(ROWS) else None, 1)


def content(path: Path) -> list[list[tuple[object, ...]]]:
    with writing(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [connection.execute(query).fetchall() for query in CONTENT]


def test_a_crawl_whose_disk_is_full_at_any_page_goes_on_when_there_is_room(tmp_path: Path, tried: Tried) -> None:
    crawl(tmp_path / "whole.db", None)
    whole = content(tmp_path / "whole.db")
    times = 0
    for room in range(0, 10_000, scaled(4, 1)):
        path = tmp_path / f"{room}.db"
        try:
            crawl(path, room)
        except sqlite3.OperationalError as problem:
            assert "full" in str(problem)  # noqa: PT017  # the last round has none
        else:
            break
        times += 1
        content(path)
        crawl(path, None)
        assert content(path) == whole
        path.unlink()
    assert times > 5
    tried("a disk full at the n-th page of the file", times, "file sound, and the same content when there was room")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path]:
    """A program with a database and a snapshot of it."""
    program = Program(tmp_path_factory.mktemp("published"))
    with opened_hub(small_rows()) as hub:
        place = program.succeeds("nightly", "--endpoint", hub.url).stdout.strip()
    return program, program.folder / place


@pytest.mark.parametrize("kilobytes", [64, 256, 400, 440])
def test_it_is_told_and_the_newest_snapshot_stays_whole(
    published: tuple[Program, Path], kilobytes: int, tried: Tried
) -> None:
    program, snapshot = published

    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024,) * 2)

    with opened_hub(many_rows(3000)) as hub:
        done = subprocess.run(
            [*PROGRAM, "nightly", "--endpoint", hub.url],
            cwd=program.folder,
            env=clean_environment(),
            capture_output=True,
            preexec_fn=shrink,  # no thread forks
            timeout=60,
            check=False,
        )
    assert done.returncode == 1, done.stderr
    assert b"disk" in done.stderr
    assert b"should not happen" not in done.stderr
    assert verify(snapshot) == []
    assert program.asks("derivatives", "qwen")["items"][0]["total"] == 5
    tried(f"files of at most {kilobytes} kB", 1, "exit code 1 with the cause, the snapshot before it whole")
