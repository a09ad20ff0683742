"""What lies in the columns kept beside the database is exported as the tables have it, and only where it is theirs."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow.parquet as pq
import pytest

from crawler.records import Relation
from store.database import reading
from store.exports import blocks, kept_names, tables
from store.exports.graphml_file import write_graphml
from store.exports.hub_stats_file import write_hub_stats
from store.exports.jsonl_file import write_jsonl
from store.exports.parquet_file import write_parquet
from store.exports.reading import Column, Reader, readers_of
from store.exports.selection import Selection
from store.exports.tables import EDGES, MODELS, NODES
from store.kept import kept
from store.past import go_back
from store.writer import PageWriter
from tests.store.conftest import Store, row
from tests.store.exports.conftest import readers
from tests.store.test_past import World

Write: TypeAlias = Callable[..., int]

WRITERS: dict[str, Callable[[list[Reader]], Write]] = {
    "parquet": lambda given: partial(write_parquet, given, NODES),
    "edges": lambda given: partial(write_parquet, given, EDGES),
    "models": lambda given: partial(write_jsonl, given, MODELS),
    "jsonl": lambda given: partial(write_jsonl, given, NODES),
    "graphml": lambda given: partial(write_graphml, given),
    "hub-stats": lambda given: partial(write_hub_stats, given),
}
ROWS = [
    row("Qwen/A", downloads=10**12, downloadsAllTime=2**40, likes=0),
    row("a/none", ["Qwen/A", "a/ghost"]),
    row("a/zero", ["Qwen/A"], downloads=0, downloadsAllTime=0, likes=0),
    row("a/some", ["a/none"], "quantized", downloads=3),
    row("a/more", ["Qwen/B"], "merge", downloadsAllTime=4, likes=5),
    *(row(f"b/{number}", ["a/zero"], likes=number) for number in range(200)),
]


def files(given: list[Reader]) -> dict[str, bytes]:
    """Of each format, what is in the file."""
    found = {}
    for name, writer in WRITERS.items():
        file = io.BytesIO()
        writer(given)(file)
        found[name] = file.getvalue()
    return found


def columns_file(store: Store) -> Path:
    return store.path.with_name(f"{store.path.name}.columns")


def names_file(store: Store) -> Path:
    return store.path.with_name(f"{store.path.name}.names")


def lay_beside(store: Store, other: Path) -> None:
    """What is kept beside the other database."""
    for file in (columns_file(store), names_file(store)):
        file.write_bytes(other.with_name(f"{other.name}{file.suffix}").read_bytes())


def is_read_beside(given: list[Reader]) -> bool:
    return given[0].kept is not None and given[0].kept_names is not None


def both_ways(store: Store) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files with what is kept, which is used, and without it."""
    given = readers(store)
    assert is_read_beside(given)
    beside = files(given)
    columns_file(store).unlink()
    assert not is_read_beside(readers(store))
    return beside, files(readers(store))


def stored_page(store: Store, *rows: dict[str, Any]) -> None:
    """A crawl that has stored these rows and goes on."""
    with PageWriter(store.connection, store.begin("walk").id) as writer:
        writer.write(store.page(rows, next_url="http://hub/2"))


@pytest.mark.parametrize("rows_a_block", [3, 8_192])
def test_files_are_the_same_to_the_byte(store: Store, monkeypatch: pytest.MonkeyPatch, rows_a_block: int) -> None:
    store.sweep(ROWS)
    monkeypatch.setattr(blocks, "ROWS", rows_a_block)
    monkeypatch.setattr(tables, "ROWS", rows_a_block)
    beside, read = both_ways(store)
    assert beside == read


def test_hostile_names_are_beside_their_own_numbers(hostile: Store, swept: Callable[..., Path]) -> None:
    lay_beside(hostile, swept("hostile", iter))
    beside, read = both_ways(hostile)
    assert beside == read


def test_real_rows_of_which_some_are_missing_are_the_same(real: Store, swept: Callable[..., Path]) -> None:
    lay_beside(real, swept("real", iter))
    assert real.all("SELECT count(*) FROM model WHERE missing_since IS NOT NULL")[0]
    beside, read = both_ways(real)
    assert beside == read


@pytest.mark.parametrize("rows_a_block", [3, 8_192])  # of the small ones some are all there
@pytest.mark.parametrize("seed", range(6))
def test_models_that_come_go_and_take_names_are_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch, seed: int, rows_a_block: int
) -> None:
    monkeypatch.setattr(blocks, "ROWS", rows_a_block)
    monkeypatch.setattr(tables, "ROWS", rows_a_block)
    world = World(seed)
    for night in range(5):
        rows = [one | {"likes": place} if place % 3 else one for place, one in enumerate(world.there.values())]
        store.sweep(rows)
        store.sweep(rows[:4], kind="changes")
        world.turn(night)
    beside, read = both_ways(store)
    assert beside == read


def test_a_model_that_lost_its_name_is_left_out_both_ways(store: Store) -> None:
    store.sweep(ROWS)
    store.sweep([{**row("a/some", likes=1), "_id": row("x/new")["_id"]}], kind="changes")
    assert store.all("SELECT count(*) FROM model WHERE node_id IS NULL AND missing_since IS NULL") == [1]
    beside, read = both_ways(store)
    assert beside == read


def test_a_block_of_which_a_model_is_missing_is_read_without_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "ROWS", 3)
    store.sweep(ROWS)
    store.sweep([one for one in ROWS if one["id"] != "b/100"])
    beside, read = both_ways(store)
    assert beside == read
    ids = pq.read_table(io.BytesIO(beside["parquet"]))["id"].to_pylist()
    assert ("b/99" in ids, "b/100" in ids, "b/101" in ids) == (True, False, True)


def test_counts_and_ghosts_are_read_beside(store: Store) -> None:
    store.sweep(ROWS)
    before = files(readers(store))
    store.connection.execute("DELETE FROM lineage_count")
    store.connection.execute("DELETE FROM edge")
    assert files(readers(store)) == before


def test_parquet_tells_the_least_and_greatest_of_what_has_an_order(store: Store) -> None:
    store.sweep(ROWS)
    group = pq.ParquetFile(io.BytesIO(files(readers(store))["parquet"])).metadata.row_group(0)
    told = {group.column(place).path_in_schema: group.column(place).statistics for place in range(group.num_columns)}
    assert (told["likes"].min, told["likes"].max) == (0, 199)
    assert told["id"].max == "b/99"
    assert told["publisher"] is None


def test_numbers_are_read_beside(store: Store) -> None:
    store.sweep(ROWS)
    before = files(readers(store))
    store.connection.execute("UPDATE model SET downloads = 77, downloads_all_time = 77, likes = 77")  # none sees it
    assert files(readers(store)) == before


def test_names_are_read_beside(store: Store) -> None:
    store.sweep(ROWS)
    before = files(readers(store))
    store.connection.execute("UPDATE node SET name = 'x/' || id")
    assert files(readers(store)) == before


def test_names_are_read_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.sweep(ROWS)
    before = files(readers(store))
    monkeypatch.setattr(kept_names, "_AT_ONCE", 16)
    assert files(readers(store)) == before


def test_names_of_a_part_are_looked_up(store: Store) -> None:
    store.sweep(ROWS)
    ids = store.all("SELECT id FROM node WHERE name IN ('Qwen/A', 'a/none') ORDER BY id")
    part = Selection(np.array(ids), tuple(Relation))
    (reader,) = readers_of([store.connection], part)
    assert (reader.kept is not None, reader.kept_names) == (True, None)
    assert [name for (name,) in NODES.rows([reader], "id")] == ["Qwen/A", "a/none"]


def test_a_name_that_is_not_kept_is_looked_up(store: Store) -> None:
    store.sweep(ROWS)
    store.connection.execute("INSERT INTO node (name, publisher_id, well_formed) VALUES ('new/ghost', 1, 1)")
    store.connection.execute("INSERT INTO edge SELECT max(id), 1, 1, 1 FROM node")
    columns_of_that = Column("id", "name", "node.name")
    (reader,) = readers(store)[:1]
    ids = np.array(store.all("SELECT id FROM node WHERE name IN ('Qwen/A', 'new/ghost') ORDER BY id"))
    assert reader.kept_names is not None
    assert reader.names(ids, columns_of_that)["id"].to_pylist() == ["Qwen/A", "new/ghost"]


@pytest.mark.parametrize("spoilt", ["absent", "cut", "another", "empty", "with a name less"])
def test_a_file_of_names_that_is_not_sound_is_not_read(store: Store, spoilt: str) -> None:
    store.sweep(ROWS)
    before, file = files(readers(store)), names_file(store)
    whole = file.read_bytes()
    if spoilt == "absent":
        file.unlink()
    else:
        line, names = whole.split(b"\n", 1)
        other = {"cut": whole[:-1], "another": b"f" * len(line) + b"\n" + names, "empty": b""}
        file.write_bytes(other.get(spoilt, line + b"\n" + names[1:]))
    (reader,) = readers(store)[:1]
    assert (reader.kept is not None, reader.kept_names) == (True, None)
    assert files(readers(store)) == before


def test_names_whose_lengths_are_not_those_of_the_file_are_not_read(store: Store) -> None:
    store.sweep(ROWS)
    found = kept(store.connection)
    assert found is not None
    assert found.names is not None
    lengths = found.columns.nodes.lengths.astype(np.int64)
    assert kept_names.KeptNames.of(names_file(store), found.names, lengths) is not None
    lengths[3] += 1
    assert kept_names.KeptNames.of(names_file(store), found.names, lengths) is None


def test_while_a_crawl_is_under_way_the_tables_are_read(store: Store) -> None:
    store.sweep(ROWS)
    stored_page(store, row("a/zero", ["Qwen/A"], downloads=8, likes=9), row("c/new", likes=2))
    assert not is_read_beside(readers(store))
    told = files(readers(store))["jsonl"].splitlines()
    (line,) = [line for line in told if b'"a/zero"' in line]
    assert b'"downloads":8,"downloads_all_time":null,"likes":9' in line
    assert any(b'"c/new"' in line for line in told)


def test_a_connection_of_an_earlier_moment_reads_its_own_tables(store: Store) -> None:
    store.sweep(ROWS)
    with reading(store.path) as connection:
        before = files(readers_of([connection]))
        store.sweep([one | {"likes": 6} for one in ROWS])
        given = readers_of([connection])
        assert not is_read_beside(given)
        assert files(given) == before


def test_one_that_has_begun_goes_on_at_its_moment(store: Store) -> None:
    store.sweep(ROWS)
    with reading(store.path) as connection:
        given = readers_of([connection])
        assert is_read_beside(given)
        before = files(given)
        store.sweep([one | {"likes": 6} for one in ROWS])
        assert files(given) == before


def test_of_an_earlier_crawl_nothing_is_read_beside(store: Store) -> None:
    store.sweep(ROWS)
    then = {name: told for name, told in files(readers(store)).items() if name != "hub-stats"}
    store.sweep([*ROWS[:-1], row("c/new", ["Qwen/A"])])
    with reading(store.path) as connection:
        go_back(connection, 1)
        given = readers_of([connection])
        assert not is_read_beside(given)
        found = files(given)
    assert {name: found[name] for name in then} == then


@pytest.mark.parametrize("spoilt", [b"", b"{}\n", b"{"])
def test_a_file_that_is_not_sound_is_not_read(store: Store, spoilt: bytes) -> None:
    store.sweep(ROWS)
    before = files(readers(store))
    columns_file(store).write_bytes(spoilt)
    assert not is_read_beside(readers(store))
    assert files(readers(store)) == before
