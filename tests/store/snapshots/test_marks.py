"""Of which crawls there may be a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.snapshots.manifest import read_manifest
from store.snapshots.marks import Unfit, mark
from store.snapshots.partitions import lay
from store.snapshots.retention import dated
from store.standing import standing
from store.writer import PageWriter
from tests.store.conftest import Store, row
from tests.store.snapshots.conftest import SMALL, Snap, finish_on, partial_on


def test_none_of_a_partial_sweep(store: Store) -> None:
    finish_on(store, "2026-01-01")
    partial_on(store, "2026-01-02")
    with pytest.raises(Unfit, match=r"37\.5% .*--partial"):
        mark(store.connection, standing(store.connection))


def test_none_of_a_walk_alone(store: Store) -> None:
    store.sweep(SMALL, kind="walk")
    with pytest.raises(Unfit, match="no sweep is complete yet"):
        mark(store.connection, standing(store.connection))


def test_a_walk_alone_is_partial_where_it_is_asked_for(store: Store, snap: Snap) -> None:
    store.sweep(SMALL, kind="walk")
    manifest = read_manifest(snap(store, partial=True).place)
    assert (manifest.complete, manifest.crawl.complete) == (False, False)
    assert "it rests on crawl 1, a complete walk" in str(manifest.note)


def test_changes_on_top_of_a_sweep_are_complete(store: Store, snap: Snap) -> None:
    store.sweep(SMALL)
    store.sweep([row("new/one", ["Qwen/Q"])], kind="changes")
    manifest = read_manifest(snap(store).place)
    assert (manifest.state, manifest.crawl.number, manifest.rows("models")) == ("complete", 2, len(SMALL) + 1)


def test_none_while_a_later_crawl_has_stored_pages(small: Store) -> None:
    crawl = small.begin()
    with PageWriter(small.connection, crawl.id) as writer:
        writer.write(small.page([row("later/one")], next_url="http://hub/next"))
    with pytest.raises(Unfit, match=r"Crawl 2, a sweep, .*not finished"):
        mark(small.connection, standing(small.connection), partial=True)


@pytest.fixture
def short(small: Store) -> Store:
    """The Hub tells of more derivatives of a tracked base than are known."""
    small.connection.execute("INSERT INTO completeness SELECT 1, id, 100, 3 FROM node WHERE name = 'Qwen/Q'")
    return small


def test_none_that_falls_short_of_the_hub_s_own_counts(short: Store) -> None:
    with pytest.raises(Unfit, match=r"Qwen/Q 3 of 100.*--accept"):
        mark(short.connection, standing(short.connection))


def test_one_that_is_accepted_tells_that_it_falls_short(short: Store, snap: Snap) -> None:
    place: Path = snap(short, accept=True).place
    manifest = read_manifest(place)
    assert (manifest.complete, manifest.publishable) == (False, True)
    assert "Qwen/Q 3 of 100" in str(manifest.note)
    assert "Qwen/Q 3 of 100" in (place / "README.md").read_text(encoding="utf-8")


def test_an_accepted_one_stands_for_its_day_in_the_tree(short: Store, snap: Snap, tmp_path: Path) -> None:
    place: Path = snap(short, accept=True).place
    assert [day.snapshot for day in lay(place.parent, tmp_path / "days")] == [place.name]


def test_an_accepted_one_is_kept_like_a_complete_one(short: Store, snap: Snap) -> None:
    place: Path = snap(short, accept=True).place
    assert dated(place, read_manifest(place)).is_publishable


def test_what_changes_add_to_a_short_night_is_partial_too(short: Store) -> None:
    short.sweep([], kind="changes")
    found = standing(short.connection)
    assert (found.kind, found.whole, found.complete) == ("changes", True, False)
