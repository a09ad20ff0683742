"""Which model bears a name, with the index and, in a first crawl, without it."""

from __future__ import annotations

from typing import Any

import pytest

from store.writer import PageWriter
from tests.store.conftest import Store, hub_id, row

BEARERS = "SELECT lower(hex(hub_id)) FROM model JOIN node ON node.id = node_id WHERE name = ?"
CHANGES = "SELECT lower(hex(hub_id)), before, after FROM model_change JOIN model ON model.id = model_id"
INDEX = "SELECT name FROM pragma_index_list('model') WHERE name = 'ix_model_node_id'"


def taken(name: str) -> dict[str, Any]:
    return {**row(name), "_id": hub_id("another")}


@pytest.mark.parametrize("resumed", [False, True])
def test_a_name_that_is_taken_over_within_the_first_crawl(store: Store, *, resumed: bool) -> None:
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("a/child", ["a/base"]), row("a/name")], next_url="http://hub/2"))
        assert store.all(INDEX) == []
    again = PageWriter(store.connection, crawl.id) if resumed else writer
    with again:
        again.write(store.page([row("a/base"), row("b/1")], next_url="http://hub/3"))
        assert store.all(INDEX) == []  # a name that was a base's alone is nobody's
        again.write(store.page([taken("a/name")]))
        assert store.all(INDEX) == ["ix_model_node_id"]  # else each further one is looked for in all models
    store.finish(crawl, again)
    assert store.all(BEARERS, "a/name") == [hub_id("another")]
    assert store.all(BEARERS, "a/base") == [hub_id("a/base")]
    assert store.all(CHANGES) == [(hub_id("a/name"), "a/name", None)]
    assert store.all(INDEX) == ["ix_model_node_id"]


def test_a_first_crawl_goes_on_in_a_file_that_was_migrated_meanwhile(store: Store) -> None:
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("a/name"), row("a/child", ["a/base"])], next_url="http://hub/2"))
    store.connection.execute("CREATE UNIQUE INDEX ix_model_node_id ON model (node_id)")
    store.connection.execute("CREATE UNIQUE INDEX ix_publisher_name ON publisher (name)")
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([taken("a/name"), row("a/base")]))
    store.finish(crawl, writer)
    assert store.all(BEARERS, "a/name") == [hub_id("another")]
    assert store.all(BEARERS, "a/base") == [hub_id("a/base")]
    assert store.all("SELECT count(*) FROM pragma_index_list('node')") == [1]


def test_a_page_that_fails_leaves_no_mark(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("a/child", ["a/base"])], next_url="http://hub/2"))
        with monkeypatch.context() as patched:
            patched.setattr(PageWriter, "_advance", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                writer.write(store.page([row("a/base")]))
        writer.write(store.page([row("a/base")]))
    assert store.all(BEARERS, "a/base") == [hub_id("a/base")]
    assert store.all(INDEX) == []


def test_a_name_is_taken_over_after_the_first_crawl(store: Store) -> None:
    store.sweep([row("a/name"), row("b/1")])
    store.sweep([taken("a/name"), row("b/1")])
    assert store.all(BEARERS, "a/name") == [hub_id("another")]
    assert store.all(CHANGES) == [(hub_id("a/name"), "a/name", None)]


def test_publishers_keep_their_numbers_in_a_resumed_first_crawl(store: Store) -> None:
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("a/1"), row("b/1")], next_url="http://hub/2"))
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("b/2"), row("c/1")]))
    store.finish(crawl, writer)
    rows = store.all("SELECT node.name, publisher.name FROM node JOIN publisher ON publisher.id = publisher_id")
    assert dict(rows) == {"a/1": "a", "b/1": "b", "b/2": "b", "c/1": "c"}
    assert store.all("SELECT count(*) FROM publisher") == [3]
