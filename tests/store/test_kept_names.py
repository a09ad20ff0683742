"""The file of names holds what the table does, is only added to, and costs no answer where it cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import kept
from store.kept_names import Extent, add_names, mapped, place_of
from tests.store.conftest import Store, row
from tests.store.test_past import World

ROWS = [row("Qwen/Ä", ["a/ghost"]), *(row(f"a/{number}", ["Qwen/Ä"]) for number in range(9))]


def known_of(store: Store) -> Extent:
    found = kept.kept(store.connection)
    assert found is not None
    assert found.names is not None
    return found.names


def names(store: Store) -> str:
    """What the file holds, as far as it is known."""
    file = mapped(place_of(store.path), known_of(store))
    assert file is not None
    return bytes(file).decode().split("\n", 1)[1]


def stored(store: Store) -> str:
    return "".join(store.all("SELECT name FROM node ORDER BY id"))


@pytest.mark.parametrize("seed", range(5))
def test_it_holds_the_names_of_all_nodes(store: Store, seed: int) -> None:
    world = World(seed)
    for night in range(6):
        rows = list(world.there.values())
        store.sweep(rows if night % 2 == 0 else rows[:3], kind="sweep" if night % 2 == 0 else "changes")
        assert names(store) == stored(store)
        world.turn(night)


def test_lengths_are_of_bytes(store: Store) -> None:
    store.sweep(ROWS)
    found = kept.kept(store.connection)
    assert found is not None
    assert found.columns.nodes.lengths.tolist() == [0, *(len(n.encode()) for n in store.all("SELECT name FROM node"))]


def test_a_name_of_more_than_255_bytes_is_kept(store: Store) -> None:
    store.sweep(ROWS)
    long = "a/" + "ä" * 150
    store.sweep([row("b/1", [long])], kind="changes")
    assert long in stored(store)
    assert names(store) == stored(store)
    found = kept.kept(store.connection)
    assert found is not None
    assert found.columns.nodes.lengths.max() == len(long.encode()) > 255


def test_it_is_only_added_to(store: Store) -> None:
    store.sweep(ROWS)
    before, begun = place_of(store.path).read_bytes(), known_of(store)
    store.sweep([row("b/new", ["b/ghost"])], kind="changes")
    after = place_of(store.path).read_bytes()
    assert (known_of(store).line, after[: len(before)]) == (begun.line, before)
    assert len(after) == len(before) + len("b/new" + "b/ghost")


def test_what_an_interrupted_computation_added_is_written_over(store: Store) -> None:
    store.sweep(ROWS)
    with place_of(store.path).open("ab") as file:
        file.write(b"x/never")
    assert names(store) == stored(store)
    store.sweep([row("b/1")], kind="changes")
    assert names(store) == stored(store)
    assert place_of(store.path).stat().st_size == known_of(store).end


@pytest.mark.parametrize("spoilt", [None, b"", b"another\nQwen/A"])
def test_a_file_that_is_another_is_made_anew(store: Store, spoilt: bytes | None) -> None:
    store.sweep(ROWS)
    before = known_of(store)
    place_of(store.path).unlink()
    if spoilt is not None:
        place_of(store.path).write_bytes(spoilt)
    assert mapped(place_of(store.path), before) is None
    store.sweep([row("b/1")], kind="changes")
    assert known_of(store).line != before.line
    assert names(store) == stored(store)


def test_who_has_it_open_is_not_disturbed(store: Store) -> None:
    store.sweep(ROWS)
    known = known_of(store)
    file = mapped(place_of(store.path), known)
    assert file is not None
    before = bytes(file)
    add_names(store.connection, None, known.number)
    assert bytes(file) == before


def test_where_it_cannot_be_written_the_crawl_ends_well(store: Store) -> None:
    place_of(store.path).mkdir()
    assert store.sweep(ROWS).state == "complete"
    found = kept.kept(store.connection)
    assert found is not None
    assert found.names is None


def test_a_full_disk_costs_no_answer(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store.sweep(ROWS)
    with monkeypatch.context() as patched:
        patched.setattr("store.kept_names._added", full)
        assert store.sweep([row("b/1")], kind="changes").state == "complete"
    found = kept.kept(store.connection)
    assert found is not None
    assert found.names is None
    store.sweep([row("b/2")], kind="changes")
    assert names(store) == stored(store)
    assert not list(tmp_path.glob(".*.part"))


def test_it_is_its_owners_alone(store: Store) -> None:
    store.sweep(ROWS)
    assert place_of(store.path).stat().st_mode & 0o777 == 0o600
