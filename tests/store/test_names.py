"""Names and their ids, with the index and, in a first crawl, without it."""

from __future__ import annotations

import pytest

from store import names
from store.names import Nodes
from tests.store.conftest import Store, row

INDEXES = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name IN (?, ?, ?) ORDER BY name"
LATE = ["ix_model_node_id", "ix_node_name", "ix_publisher_name"]


def wanted(*texts: str) -> dict[str, bool]:
    return dict.fromkeys(texts, True)


def test_names_are_indexed_when_the_first_crawl_ends_and_stay_so(store: Store) -> None:
    nodes = Nodes(store.connection)
    assert store.all(INDEXES, *LATE) == []
    nodes.ids_of(wanted("a/1"), remember=False)
    nodes.index()
    assert store.all(INDEXES, *LATE) == LATE
    Nodes(store.connection).index()
    assert store.all(INDEXES, *LATE) == LATE


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("kept_apart", [1, 3, 1000])
def test_a_name_keeps_its_id(store: Store, monkeypatch: pytest.MonkeyPatch, indexed: bool, kept_apart: int) -> None:  # noqa: FBT001
    monkeypatch.setattr(names, "_REMEMBERED", kept_apart)
    nodes = Nodes(store.connection)
    first = nodes.ids_of(wanted("a/3", "a/1", "solo"), remember=False)
    if indexed:
        nodes.index()
    again = nodes.ids_of(wanted("a/1", "a/2", "b/1"), remember=True)
    opened = Nodes(store.connection).ids_of(wanted("solo", "b/1", "a/3", "c/1"), remember=False)
    assert again["a/1"] == first["a/1"]
    assert opened == {"solo": first["solo"], "b/1": again["b/1"], "a/3": first["a/3"], "c/1": 6}
    assert dict(store.connection.execute("SELECT name, id FROM node")) == first | again | opened


def test_two_names_of_one_hash_are_told_apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "hash", lambda _: 7, raising=False)
    monkeypatch.setattr(names, "_REMEMBERED", 2)
    nodes = Nodes(store.connection)
    for name in ("a/1", "a/2", "a/3", "a/1", "a/2", "a/3"):
        nodes.ids_of(wanted(name), remember=False)
    nodes.index()
    assert store.all("SELECT name FROM node ORDER BY id") == ["a/1", "a/2", "a/3"]


def test_a_model_that_is_referenced_before_it_is_listed_is_one_node(store: Store) -> None:
    store.sweep([row("a/child", ["a/base"]), row("a/base"), row("a/other", ["a/child"])])
    assert store.all("SELECT count(*) FROM node") == [3]
    assert store.all("SELECT count(*) FROM edge") == [2]


def test_who_writes_has_its_whole_cache_again_once_names_are_indexed(store: Store) -> None:
    (before,) = store.connection.execute("PRAGMA cache_size").fetchone()
    store.sweep([row("a/1")])
    assert store.connection.execute("PRAGMA cache_size").fetchone() == (before,)
    assert store.connection.execute("PRAGMA threads").fetchone() == (0,)
    assert store.all("SELECT name FROM pragma_index_list('node')") == ["ix_node_name"]
