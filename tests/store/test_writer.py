"""What becomes of listed rows: stored, compared, renamed, re-parented, repeated, or put in quarantine."""

from __future__ import annotations

import resource
import sqlite3
import threading
from typing import Any

import msgspec
import pytest

from crawler.records import Unread
from store import crawls, declarations
from store.writer import PAGES_A_TRANSACTION, PageWriter
from tests.store.conftest import Store, hub_id, row

EDGES = """
    SELECT child.name, parent.name FROM edge
    JOIN node AS child ON child.id = edge.child_id JOIN node AS parent ON parent.id = edge.parent_id ORDER BY 1, 2"""
NAMES = "SELECT node.name FROM model LEFT JOIN node ON node.id = model.node_id ORDER BY model.id"


def test_every_row_is_in_the_sum(store: Store) -> None:
    rows: list[Any] = [row("a/1"), row("a/2", likes=3), row("a/1"), 5, {"id": "x"}, row("a/3", private=True)]
    store.sweep([row("a/2", likes=2), row("a/4")])
    crawl = store.sweep([*rows, row("a/4")])
    assert (crawl.fetched, crawl.new, crawl.changed, crawl.same) == (7, 1, 1, 1)
    assert (crawl.repeated, crawl.quarantined, crawl.models) == (1, 3, 3)


def test_a_page_with_unread_rows_is_refused_whole(store: Store) -> None:
    crawl = store.begin()
    page = msgspec.structs.replace(store.page([row("a/1")]), unread=Unread([b"{}"], [1]))
    with PageWriter(store.connection, crawl.id) as writer, pytest.raises(ValueError, match="1 rows of the page"):
        writer.write(page)
    assert store.all("SELECT count(*) FROM model") == [0]


def commit_on_a_full_disk(store: Store, writer: PageWriter) -> None:
    log = store.path.with_name(f"{store.path.name}-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 10_000, hard))
    try:
        writer.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_commit_that_a_full_disk_undoes_is_told_as_what_it_was(store: Store) -> None:
    crawl = store.begin()

    def store_a_page() -> None:
        with PageWriter(store.connection, crawl.id) as writer:
            writer.write(store.page([row(f"a/{number}") for number in range(500)]))
            commit_on_a_full_disk(store, writer)

    with pytest.raises(sqlite3.OperationalError, match="disk"):
        store_a_page()
    assert store.all("SELECT count(*) FROM model") == [0]


def test_after_a_commit_that_was_undone_the_writer_goes_on(store: Store) -> None:
    page = store.page([row(f"a/{number}", ["a/0"]) for number in range(500)])
    with PageWriter(store.connection, store.begin().id) as writer:
        writer.write(page)
        with pytest.raises(sqlite3.OperationalError, match="disk"):
            commit_on_a_full_disk(store, writer)
        assert writer.write(page).new == 500
        assert store.connection.in_transaction
    assert store.all("SELECT count(*) FROM model JOIN node ON node.id = node_id") == [500]


def test_a_private_row_leaves_no_text(store: Store) -> None:
    store.sweep([row("secret/model", private=True)])
    assert store.all("SELECT raw FROM quarantine") == [""]
    assert store.all("SELECT count(*) FROM node") == [0]


def test_the_same_rows_again_change_nothing(store: Store) -> None:
    rows = [row("a/1", likes=1), row("a/2", ["a/1"])]
    store.sweep(rows)
    crawl = store.sweep(rows)
    assert (crawl.new, crawl.changed, crawl.same) == (0, 0, 2)


def test_a_rename_keeps_the_model_and_what_derives_from_it(store: Store) -> None:
    store.sweep([row("a/old"), row("b/ft", ["a/old"])])
    crawl = store.sweep([{**row("a/new"), "_id": hub_id("a/old")}, row("b/ft", ["a/old"])])
    assert (crawl.new, crawl.changed, crawl.missing) == (0, 1, 0)
    assert store.all(EDGES) == [("b/ft", "a/new")]
    assert store.all("SELECT before, after FROM model_change") == [("a/old", "a/new")]


def test_a_name_that_another_model_took_over_is_that_model_s(store: Store) -> None:
    store.sweep([row("a/name"), row("b/ft", ["a/name"])])
    taken = {**row("a/name"), "_id": hub_id("another")}
    store.sweep([taken, {**row("a/moved"), "_id": hub_id("a/name")}, row("b/ft", ["a/name"])])
    assert sorted(store.all(NAMES)) == ["a/moved", "a/name", "b/ft"]
    assert store.all(EDGES) == [("b/ft", "a/name")]
    assert store.all("SELECT lower(hex(hub_id)) FROM model JOIN node ON node.id = node_id WHERE name = 'a/name'") == [
        hub_id("another")
    ]


def test_a_former_name_resolves_again_when_its_new_owner_is_gone(store: Store) -> None:
    moved, taker = {**row("a/moved"), "_id": hub_id("a/name")}, {**row("a/name"), "_id": hub_id("another")}
    store.sweep([row("a/name"), row("b/ft", ["a/name"]), *(row(f"c/{number}") for number in range(97))])
    for rows in ([taker, moved], [moved]):
        store.sweep([*rows, row("b/ft", ["a/name"]), *(row(f"c/{number}") for number in range(97))])
    assert store.all(EDGES) == [("b/ft", "a/moved")]


def test_two_models_that_claim_one_name_are_both_stored(store: Store) -> None:
    crawl = store.sweep([row("a/twin"), {**row("a/twin"), "_id": hub_id("other")}])
    assert crawl.new == 2
    assert store.all(NAMES) == ["a/twin", None]


def test_new_bases_end_the_old_references_and_keep_them(store: Store) -> None:
    first = store.sweep([row("a/1"), row("a/2"), row("b/ft", ["a/1"])])
    second = store.sweep([row("a/1"), row("a/2"), row("b/ft", ["a/2"])])
    history = "SELECT name, since_crawl, until_crawl FROM reference JOIN node ON node.id = node_id ORDER BY 2"
    assert store.all(history) == [("a/1", first.id, second.id), ("a/2", second.id, None)]
    assert store.all(EDGES) == [("b/ft", "a/2")]


def test_a_base_that_is_listed_later_is_no_ghost_any_more(store: Store) -> None:
    store.sweep([row("b/ft", ["a/late"])])
    assert store.all("SELECT ghosts FROM computation") == [1]
    store.sweep([row("b/ft", ["a/late"]), row("a/late")])
    assert store.all("SELECT ghosts FROM computation ORDER BY crawl_id") == [1, 0]


def test_a_resumed_crawl_knows_what_it_has_listed(store: Store) -> None:
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("a/1"), row("a/2")], next_url="http://hub/2"))
    resumed = store.begin()
    assert (resumed.id, resumed.next_url) == (crawl.id, "http://hub/2")
    with PageWriter(store.connection, resumed.id) as writer:
        tally = writer.write(store.page([row("a/2"), row("a/3")]))
    assert (tally.repeated, tally.new) == (1, 1)


def test_pages_are_committed_a_few_together(store: Store) -> None:
    writer = PageWriter(store.connection, store.begin().id)
    for number in range(PAGES_A_TRANSACTION - 1):
        writer.write(store.page([row(f"a/{number}")], next_url="x"))
    assert store.connection.in_transaction
    writer.write(store.page([row("a/last")], next_url="x"))
    assert not store.connection.in_transaction


def test_a_writer_says_whether_the_next_page_would_wait(store: Store) -> None:
    writer = PageWriter(store.connection, store.begin().id)
    writer.write(store.page([row("a/1")], next_url="x"))
    goes_on = threading.Event()
    store.connection.set_progress_handler(lambda: not goes_on.wait(60), 1)  # SQLite asks it before it commits
    would_wait = [writer.is_committing]
    writer._begin_commit()
    would_wait.append(writer.is_committing)
    goes_on.set()
    writer.commit()
    assert [*would_wait, writer.is_committing] == [False, True, False]
    assert store.all(NAMES) == ["a/1"]


def test_an_error_of_a_commit_is_told_by_the_next_page_which_can_then_be_stored(store: Store) -> None:
    crawl = store.begin()
    log = store.path.with_name(f"{store.path.name}-wal")
    with PageWriter(store.connection, crawl.id, beside=True) as writer:
        for number in range(PAGES_A_TRANSACTION - 1):
            writer.write(store.page([row(f"a/{number}-{one}") for one in range(300)], next_url="x"))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 10_000, hard))
        try:
            writer.write(store.page([row(f"a/last-{one}") for one in range(300)], next_url="x"))
            with pytest.raises(sqlite3.OperationalError, match="disk"):
                writer.write(store.page([row("b/1")], next_url="x"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert store.all("SELECT count(*) FROM model") == [0]
        writer.write(store.page([row("b/1")], next_url="x"))
    assert store.all(NAMES) == ["b/1"]
    assert crawls.read(store.connection, crawl.id).pages == 1


def test_a_page_that_fails_leaves_nothing_of_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = PageWriter(store.connection, store.begin().id)
    writer.write(store.page([row("a/1")], next_url="x"))
    writer.commit()
    with monkeypatch.context() as patch:
        patch.setattr(PageWriter, "_advance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.write(store.page([row("a/2")], next_url="y"))
    assert store.all(NAMES) == ["a/1"]
    writer.write(store.page([row("a/2")], next_url="y"))
    writer.commit()
    assert store.all(NAMES) == ["a/1", "a/2"]


def test_labels_that_cannot_be_stored_as_they_are_do_not_stop_a_page(store: Store) -> None:
    rows = [row("a/1", library_name="\ud800"), row("a/2", library_name="\ud801")]
    assert store.sweep(rows).new == 2


def test_declarations_are_kept_at_hand_up_to_a_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "_REMEMBERED", 3)
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        for number in range(20):
            rows = [row(f"a/{number}-{base}", [f"b/{base}"]) for base in (number, number + 1, 0)]
            writer.write(store.page(rows, next_url="http://hub/next"))
            assert len(writer._declarations._rows) <= 3 + len(rows)
    store.finish(crawl, writer)
    assert dict(store.all(EDGES)) == {
        f"a/{number}-{base}": f"b/{base}" for number in range(20) for base in (number, number + 1, 0)
    }
