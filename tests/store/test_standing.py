"""Which crawl the answers stand on."""

from __future__ import annotations

import pytest

from store import crawls
from store.computation import compute
from store.database import transaction
from store.errors import NothingComputed
from store.standing import standing
from store.writer import PageWriter
from tests.store.conftest import Store, row


def test_before_the_first_crawl_has_finished_nothing_is_known(store: Store) -> None:
    with PageWriter(store.connection, store.begin().id) as writer:
        writer.write(store.page([row("a/b")]))
    with pytest.raises(NothingComputed, match="crawl sweep"):
        standing(store.connection)


def test_a_complete_sweep_is_the_ground_of_what_follows_it(store: Store) -> None:
    store.sweep([row("a/b")])
    store.sweep([row("a/c", ["a/b"])], kind="changes")
    found = standing(store.connection)
    assert (found.crawl, found.kind, found.sweep, found.complete) == (2, "changes", 1, True)
    assert found.ledger["models"] == 2


def test_a_walk_alone_is_not_complete_and_says_what_it_cannot_see(store: Store) -> None:
    store.sweep([row("a/b")], kind="walk")
    found = standing(store.connection)
    assert (found.complete, found.sweep) == (False, None)
    assert "not walked" in found.unseen


def test_a_sweep_resumed_after_a_later_crawl_is_what_the_answers_stand_on(store: Store) -> None:
    sweep = store.begin()
    with PageWriter(store.connection, sweep.id) as writer:
        writer.write(store.page([row("a/b")], next_url="http://hub/next"))
    store.sweep([row("a/c", ["a/b"])], kind="walk")
    with PageWriter(store.connection, store.begin().id) as writer:
        writer.write(store.page([row("a/d", ["a/b"])]))
    with transaction(store.connection):
        crawls.finish(store.connection, sweep.id, writer.listed, now=3000)
        compute(store.connection, sweep.id, store.registry, now=3000)
    found = standing(store.connection)
    assert (found.crawl, found.complete, found.ledger["models"]) == (sweep.id, True, 3)


def test_a_whole_dump_is_a_ground_and_says_what_it_cannot_tell(store: Store) -> None:
    store.sweep([row("a/b")], kind="import")
    found = standing(store.connection)
    assert (found.kind, found.sweep, found.ground, found.complete) == ("import", 1, "import", True)
    assert "imported file" in found.unseen


def test_what_follows_an_import_says_that_it_stands_on_one(store: Store) -> None:
    store.sweep([row("a/b")], kind="import")
    store.sweep([row("a/c", ["a/b"])], kind="walk")
    assert standing(store.connection).basis.endswith("on top of the complete import 1")


def test_after_a_sweep_the_import_before_it_is_the_ground_no_more(store: Store) -> None:
    store.sweep([row("a/b")], kind="import")
    store.sweep([row("a/b")])
    found = standing(store.connection)
    assert (found.sweep, found.ground) == (2, "sweep")
    assert "imported" not in found.unseen
