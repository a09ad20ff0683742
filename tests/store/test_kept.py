"""What the last computation kept spares reading, and changes no answer."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store import columns, kept
from store.columns import ModelColumns, NodeColumns, ReferenceColumns, read
from store.computation import compute
from store.database import writing
from store.kept import Keeping, Kept, current
from store.registry.loader import Registry
from store.writer import PageWriter
from tests.store.conftest import Store, hub_id, row
from tests.store.test_known import everything
from tests.store.test_past import World

COMPUTED = ("family_share", "rollup", "computation")


def columns_file(store: Store) -> Path:
    return store.path.with_name(f"{store.path.name}.columns")


def answers(store: Store) -> dict[str, list[Any]]:
    return {**everything(store), **{table: store.all(f"SELECT * FROM {table}") for table in COMPUTED}}


def by_id(found: ModelColumns | NodeColumns | ReferenceColumns) -> dict[str, list[Any]]:
    return {field.name: getattr(found, field.name).tolist() for field in fields(found)}


def declared(references: ReferenceColumns) -> list[tuple[Any, ...]]:
    """The rows in the order of their models, each model's as it declares them; unknown bases by their `_id`."""
    unknown = [hub_id.tobytes() for hub_id in references.unknown]
    names = [field.name for field in fields(references) if field.name not in ("bases", "unknown")]
    bases = [unknown[-1 - base] if base < 0 else base for base in references.bases.tolist()]
    rows = list(zip(*(getattr(references, name).tolist() for name in names), bases, strict=True))
    return sorted(rows, key=lambda one: one[0])  # it is stable


@pytest.fixture
def always_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much has changed, only that is read again."""
    monkeypatch.setattr(kept, "FEW", 2.0)
    monkeypatch.setattr("store.computation._MOST", -1.0)


@pytest.fixture
def other(tmp_path: Path, registry: Registry) -> Iterator[Store]:
    """A store that gets the same crawls, and keeps nothing."""
    path = tmp_path / "other.db"
    with writing(path) as connection:
        yield Store(connection, registry, path)


def turn(world: World, night: int, *stores: Store) -> None:
    """One crawl: a sweep in other order, or some of the rows as `changes` would list them."""
    everything_there = list(world.there.values())
    rows = world.rng.sample(everything_there, len(everything_there))
    some = rows[: world.rng.randint(1, 8)]
    kind = world.rng.choice(["sweep", "changes", "walk"]) if night else "sweep"
    for store in stores:
        store.sweep(rows if kind == "sweep" else some, kind=kind, knowing=kind == "sweep")


@pytest.mark.usefixtures("always_again")
@pytest.mark.parametrize("seed", range(20))
def test_nothing_differs_from_reading_every_table(store: Store, other: Store, seed: int) -> None:
    world = World(seed)
    for night in range(8):
        columns_file(other).unlink(missing_ok=True)
        turn(world, night, store, other)
        assert answers(store) == answers(other), night
        world.turn(night)


@pytest.mark.usefixtures("always_again")
@pytest.mark.parametrize("room", [0.05, 3.0])
@pytest.mark.parametrize("seed", range(10))
def test_the_columns_are_those_of_the_tables(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int, room: float
) -> None:
    monkeypatch.setattr(columns, "_ROOM", room)
    world = World(seed)
    for night in range(6):
        turn(world, night, store)
        before, found = kept.kept(store.connection), read(store.connection)
        assert before is not None
        size = len(found.models.node_ids)
        for name, column in by_id(before.columns.models).items():
            present = np.flatnonzero(found.models.node_ids)
            assert np.array(column)[present].tolist() == getattr(found.models, name)[present].tolist(), (night, name)
        assert not any(before.columns.models.node_ids[size:])
        assert by_id(before.columns.nodes) == by_id(found.nodes)
        assert declared(before.columns.references) == declared(found.references)
        assert before.edges.tolist() == [list(one) for one in store.all("SELECT * FROM edge")]
        world.turn(night)


def kept_of(store: Store) -> Kept:
    found = kept.kept(store.connection)
    assert found is not None
    return found


ROWS = [row("Qwen/A"), *(row(f"a/{number}", ["Qwen/A"]) for number in range(60))]


def test_what_an_interrupted_crawl_stored_is_read_too(store: Store) -> None:
    store.sweep(ROWS)
    crawl = store.begin("walk")
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("b/1", ["Qwen/A"])], next_url="http://hub/2"))
    store.sweep([row("b/2", ["Qwen/A"])], kind="changes")
    total = "SELECT total_finetune FROM lineage_count JOIN node ON node.id = node_id WHERE name = 'Qwen/A'"
    assert store.all(total) == [62]
    resumed = store.begin("walk")
    with PageWriter(store.connection, resumed.id) as writer:
        writer.write(store.page([row("b/3", ["Qwen/A"])]))
    store.finish(resumed, writer)
    assert store.all(total) == [63]


@pytest.mark.usefixtures("always_again")
def test_a_base_told_by_its_id_is_found_when_it_is_listed_at_last(store: Store) -> None:
    told = {"relation": "finetune", "models": [{"_id": hub_id("x/late"), "id": "x/as-it-was-called"}]}
    store.sweep([*ROWS, {**row("b/1"), "baseModels": told}])
    parents = "SELECT name FROM node JOIN edge ON edge.parent_id = node.id WHERE name LIKE 'x/%'"
    assert store.all(parents) == ["x/as-it-was-called"]
    store.sweep([row("x/late")], kind="changes")
    assert store.all(parents) == ["x/late"]


@pytest.mark.usefixtures("always_again")
def test_a_base_told_by_its_id_is_followed_when_it_is_renamed(store: Store) -> None:
    told = {"relation": "finetune", "models": [{"_id": hub_id("Qwen/A"), "id": "Qwen/A"}]}
    store.sweep([row("Qwen/A"), {**row("b/1"), "baseModels": told}])
    store.sweep([{**row("Qwen/A"), "id": "Qwen/B"}], kind="changes")
    assert store.all("SELECT name FROM node JOIN edge ON edge.parent_id = node.id") == ["Qwen/B"]


def test_only_the_touched_models_are_read(store: Store) -> None:
    store.sweep(ROWS)
    store.connection.execute("UPDATE model SET likes = 9")  # behind the program's back
    store.sweep([row("a/7", ["Qwen/A"], likes=3)], kind="changes")
    assert sorted(kept_of(store).columns.models.likes.tolist())[-2:] == [0, 3]


def test_what_is_taken_is_what_was_kept_and_nobody_elses(store: Store) -> None:
    store.sweep(ROWS)
    before = kept_of(store)
    with kept.taking(store.connection) as take:
        found = take()
    assert found is not None
    for group in ("models", "nodes", "references"):
        assert by_id(getattr(found.columns, group)) == by_id(getattr(before.columns, group))
    found.columns.models.likes[:] = 7
    assert not (kept_of(store).columns.models.likes == 7).any()
    assert (found.edges.tolist(), found.counts.tolist()) == (before.edges.tolist(), before.counts.tolist())
    assert (found.names, found.file) == (before.names, None)


def test_where_the_ledger_fails_nothing_is_written_after_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.sweep(ROWS)
    tables = (*COMPUTED, "family_count", "edge", "lineage_count")
    before = [store.all(f"SELECT * FROM {table}") for table in tables]

    def fail(*_: object) -> None:
        store.connection.execute("ROLLBACK")  # as SQLite does where the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("store.computation._write_ledger", fail)
        with pytest.raises(sqlite3.OperationalError, match="full"):
            store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])], kind="changes")
    assert [store.all(f"SELECT * FROM {table}") for table in tables] == before
    store.sweep([row("b/1", ["Qwen/A"])], kind="changes")
    assert store.all("SELECT total_finetune FROM lineage_count") == [61]


def test_a_sweep_reads_every_model(store: Store) -> None:
    store.sweep(ROWS)
    store.connection.execute("UPDATE model SET likes = 9")
    store.sweep(ROWS, knowing=True)
    assert kept_of(store).columns.models.likes.tolist()[1:] == [9] * len(ROWS)


def test_where_nothing_was_touched_the_columns_are_those_that_were_kept(store: Store) -> None:
    store.sweep(ROWS)
    before = kept_of(store)
    assert current(store.connection, before) is before.columns


@pytest.mark.parametrize(
    "spoiled", ["absent", "cut", "cut in its first bytes", "empty", "longer", "without its end", "of another version"]
)
def test_a_file_that_is_not_sound_is_as_if_it_were_not_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    store.sweep(ROWS)
    path, whole = columns_file(store), columns_file(store).read_bytes()
    if spoiled == "absent":
        path.unlink()
    elif spoiled == "of another version":
        monkeypatch.setattr(kept, "FORMAT", kept.FORMAT + 1)
    else:
        spoilt = {
            "cut": whole[: len(whole) // 2],
            "cut in its first bytes": whole[:5],
            "longer": whole + bytes(64),
            "without its end": whole[:-1],
        }
        path.write_bytes(spoilt.get(spoiled, b""))
    assert kept.kept(store.connection) is None
    assert store.sweep([row("a/7")], kind="changes").changed == 1
    assert len(kept_of(store).edges) == len(ROWS) - 2


def test_counters_of_any_size_are_kept(store: Store) -> None:
    store.sweep(ROWS)
    assert kept_of(store).columns.models.downloads.dtype.itemsize == 4
    store.sweep([row("a/7", ["Qwen/A"], downloads=10**12, likes=2**32 - 1)], kind="changes")
    found = kept_of(store).columns.models
    assert (found.downloads.max(), found.likes.max()) == (10**12, 2**32 - 1)
    assert found.likes.dtype.itemsize == 4


def test_a_lineage_that_cannot_be_written_ends_no_crawl(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("store.computation.replace", full)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.sweep(ROWS)
    assert store.all("SELECT count(*) FROM computation") == [0]
    assert not columns_file(store).exists()


def test_a_day_of_few_changes_empties_no_table(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [row(f"a/{number}", ["Qwen/A"], cardData={"base_model": "Qwen/B"}) for number in range(20)]
    store.sweep([row("Qwen/A"), row("Qwen/B"), *both])
    references, edges = (store.all(f"SELECT count(*) FROM {table}")[0] for table in ("reference", "edge"))
    assert edges < 0.9 * references  # what tags and card say differently makes no edge

    def empty(*_: object) -> None:
        raise AssertionError("all rows are written anew")

    monkeypatch.setattr("store.computation.empty", empty)
    store.sweep([row("a/new", ["Qwen/A"])], kind="changes")
    assert store.all("SELECT count(*) FROM edge") == [edges + 1]


@pytest.mark.usefixtures("always_again")
def test_a_counter_that_is_absent_is_told_from_one_that_is_0(store: Store) -> None:
    store.sweep([row("a/1"), row("a/2", downloads=0, downloadsAllTime=0, likes=0), row("a/3", likes=7)])
    assert kept_of(store).columns.models.absent.tolist()[1:] == [0b111, 0b000, 0b011]
    store.sweep([row("a/1", downloads=0), row("a/2", likes=2)], kind="changes")
    assert kept_of(store).columns.models.absent.tolist()[1:] == [0b110, 0b011, 0b011]


def test_the_file_cannot_be_changed_by_its_columns(store: Store) -> None:
    store.sweep(ROWS)
    with pytest.raises(ValueError, match="read-only"):
        kept_of(store).columns.models.likes[:] = 7


def test_a_file_of_another_moment_of_the_database_is_not_used(store: Store) -> None:
    store.sweep(ROWS)
    then = columns_file(store).read_bytes()
    store.sweep(ROWS[1:])
    columns_file(store).write_bytes(then)
    assert kept.kept(store.connection) is None


def test_a_computation_that_is_undone_leaves_a_file_that_is_not_used(store: Store) -> None:
    store.sweep(ROWS)
    crawl = store.begin("changes")
    store.connection.execute("BEGIN")
    compute(store.connection, crawl.id, store.registry, now=2000)
    store.connection.execute("ROLLBACK")
    assert kept.kept(store.connection) is None


def test_the_file_is_its_owners_alone(store: Store) -> None:
    store.sweep(ROWS)
    assert columns_file(store).stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_costs_no_answer(store: Store) -> None:
    columns_file(store).mkdir()
    assert store.sweep(ROWS).state == "complete"
    assert kept.kept(store.connection) is None


def test_columns_that_cannot_be_handed_over_end_the_computation(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Keeping, "add", no_memory)
    with pytest.raises(MemoryError):
        store.sweep(ROWS)
    assert store.all("SELECT count(*) FROM computation") == [0]
    assert not columns_file(store).exists()


@pytest.mark.parametrize("when", ["columns", "end"])
def test_a_disk_that_becomes_full_meanwhile_leaves_no_file(store: Store, when: str) -> None:
    store.sweep(ROWS)
    found = kept_of(store)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    many = replace(found.columns.models, likes=np.zeros(1 << 16, np.int32))
    with Keeping(store.connection) as keeping:
        assert columns_file(store).exists()
        try:
            if when == "columns":
                resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, hard))
            keeping.add(replace(found.columns, models=many))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, hard))
            keeping.finish(found.edges, found.counts, found.names)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not columns_file(store).exists()
    assert store.sweep([row("a/new")], kind="changes").new == 1


def test_a_file_in_the_making_is_not_used(store: Store) -> None:
    store.sweep(ROWS)
    found = kept_of(store)
    with Keeping(store.connection) as keeping:
        keeping.add(found.columns)
        assert kept.kept(store.connection) is None
        keeping.finish(found.edges, found.counts, found.names)
        assert by_id(kept_of(store).columns.models) == by_id(found.columns.models)
    assert kept_of(store).names == found.names


@pytest.mark.parametrize("room", [0.0, 3.0])
@pytest.mark.parametrize("added", [[7], [300], [7, 8, 9, 10, 11, 12, 13, 14]])
def test_what_is_added_to_a_column_is_there_however_large(
    monkeypatch: pytest.MonkeyPatch, room: float, added: list[int]
) -> None:
    monkeypatch.setattr(columns, "_ROOM", room)
    column = columns._with_room(np.array([1, 2], np.uint8))
    more = np.array(added, np.int32 if max(added) > 255 else np.uint8)
    assert columns._appended(column, more).tolist() == [1, 2, *added]
