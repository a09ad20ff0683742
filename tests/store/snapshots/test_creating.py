"""The making of a snapshot: whole or not at all, read-only, the same to the byte, and marked where it is partial."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from store.errors import Locked
from store.exports.tables import DERIVATIVES, EDGES, MODELS
from store.snapshots import creating
from store.snapshots.creating import create
from store.snapshots.durable import alone
from store.snapshots.manifest import SnapshotError, read_manifest
from store.snapshots.marks import mark
from store.snapshots.verifying import verify
from store.standing import standing
from tests.store.conftest import Store, row
from tests.store.exports.conftest import edge_rows
from tests.store.snapshots.conftest import PROGRAM, SMALL, Published, Snap, finish_on, partial_on, writable

FILES = [
    "README.md", "SHA256SUMS", "derivatives.parquet", "edges.parquet", "lineage.db", "manifest.json", "metadata.yaml",
    "models.parquet", "quality.json", "rollups.parquet",
]  # fmt: skip


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_a_snapshot_has_these_files_and_no_other(place: Path) -> None:
    assert sorted(path.name for path in place.iterdir()) == FILES


def test_it_is_called_by_its_day_and_crawl(store: Store, snap: Snap) -> None:
    finish_on(store, "2026-11-24")
    assert snap(store).place.name == "2026-11-24-1"


def test_it_cannot_be_written_to(place: Path) -> None:
    assert {path.stat().st_mode & 0o222 for path in (place, *place.iterdir())} == {0}


def test_one_that_is_there_is_left_as_it_is(small: Store, snap: Snap, place: Path) -> None:
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in place.iterdir()}
    again = snap(small)
    assert (again.place, again.is_new) == (place, False)
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in place.iterdir()} == before


@pytest.mark.parametrize("lineage", ["small", "hostile", "real"])
def test_two_of_one_lineage_are_the_same_to_the_byte(
    lineage: str, request: pytest.FixtureRequest, snap: Snap, tmp_path: Path
) -> None:
    store = request.getfixturevalue(lineage)
    one, other = (contents(snap(store, tmp_path / name).place) for name in "ab")
    assert sorted(one) == FILES
    assert [name for name in FILES if one[name] != other[name]] == []


def test_it_is_the_same_to_the_byte_in_another_process_and_of_a_copy_of_the_database(
    small: Store, place: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    small.connection.execute("VACUUM INTO ?", (str(copy),))
    program = f"""
        import sys
        from pathlib import Path
        from store.database import reading
        from store.snapshots.creating import create
        from store.snapshots.marks import mark
        from store.standing import standing
        with reading(Path(sys.argv[1])) as connection:
            found = mark(connection, standing(connection))
        print(create(Path(sys.argv[1]), Path(sys.argv[2]), found, program={PROGRAM!r}).place)"""
    lines = "\n".join(line.removeprefix("        ") for line in program.splitlines())
    command = [sys.executable, "-c", lines, str(copy), str(tmp_path / "other")]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert contents(Path(ran.stdout.strip())) == contents(place)


def test_nothing_in_it_names_the_place_where_it_was_made(place: Path, tmp_path: Path) -> None:
    assert [name for name, data in contents(place).items() if str(tmp_path).encode() in data] == []


def test_the_tables_are_those_of_the_store(published: Published) -> None:
    real, place = published
    found = duckdb.execute(f"SELECT child, parent FROM '{place}/edges.parquet'").fetchall()
    assert found == edge_rows(real)
    manifest = read_manifest(place)
    assert {table: manifest.rows(table) for table in ("models", "edges", "derivatives")} == {
        "models": real.all("SELECT count(*) FROM model WHERE missing_since IS NULL AND node_id IS NOT NULL")[0],
        "edges": real.all("SELECT count(*) FROM edge")[0],
        "derivatives": real.all("SELECT count(*) FROM lineage_count")[0],
    }


def test_columns_are_those_of_the_exports(place: Path) -> None:
    for table in (MODELS, EDGES, DERIVATIVES):
        assert pq.read_schema(place / f"{table.name}.parquet").names == table.schema.names


def test_hostile_names_are_whole_in_every_table(hostile: Store, snap: Snap) -> None:
    place = snap(hostile).place
    names = set(hostile.all("SELECT node.name FROM node JOIN model ON model.node_id = node.id"))
    assert set(pq.read_table(place / "models.parquet")["id"].to_pylist()) == names
    assert set(pq.read_table(place / "derivatives.parquet")["id"].to_pylist()) <= names
    assert verify(place) == []


def test_the_manifest_says_what_is_in_it(place: Path) -> None:
    manifest = read_manifest(place)
    assert (manifest.number, manifest.state, manifest.note, manifest.previous) == (1, "complete", None, None)
    assert (manifest.crawl.number, manifest.crawl.kind, manifest.crawl.complete) == (1, "sweep", True)
    assert {name: facts.rows for name, facts in manifest.files.items() if facts.rows is not None} == {
        "models.parquet": 8, "edges.parquet": 6, "derivatives.parquet": 4,
        "rollups.parquet": pq.read_metadata(place / "rollups.parquet").num_rows,
    }  # fmt: skip
    assert manifest.versions.program == PROGRAM
    assert manifest.ledger["malformed"] == 1


def test_an_empty_lineage_has_a_snapshot_too(store: Store, snap: Snap) -> None:
    store.sweep([])
    assert verify(snap(store).place) == []


# partial


def told_by_each_file(place: Path) -> dict[str, str]:
    """How each file that can say so calls the crawl."""
    parquet = {
        path.name: pq.read_schema(path).metadata[b"modelroots.state"].decode() for path in place.glob("*.parquet")
    }
    with closing(sqlite3.connect(f"{(place / 'lineage.db').as_uri()}?mode=ro", uri=True)) as connection:
        in_database = connection.execute("SELECT state FROM snapshot").fetchone()[0]
    head = yaml.safe_load((place / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    title = yaml.safe_load((place / "metadata.yaml").read_text(encoding="utf-8"))["title"]
    return parquet | {
        "quality.json": json.loads((place / "quality.json").read_text(encoding="utf-8"))["state"],
        "README.md": "partial" if "partial" in head["tags"] else "complete",
        "lineage.db": in_database,
        "metadata.yaml": "partial" if "PARTIAL" in title else "complete",
        "manifest.json": read_manifest(place).state,
    }


def test_every_file_says_that_the_crawl_was_partial(store: Store, snap: Snap) -> None:
    finish_on(store, "2026-01-01")
    partial_on(store, "2026-01-02")
    told = told_by_each_file(snap(store, partial=True).place)
    assert told == dict.fromkeys((name for name in FILES if name != "SHA256SUMS"), "partial")


def test_every_file_says_that_the_crawl_was_complete(place: Path) -> None:
    assert set(told_by_each_file(place).values()) == {"complete"}


def test_why_it_is_partial_is_told(store: Store, snap: Snap) -> None:
    finish_on(store, "2026-01-01")
    partial_on(store, "2026-01-02")
    place = snap(store, partial=True).place
    assert "37.5%" in str(read_manifest(place).note)
    for name in ("README.md", "metadata.yaml", "quality.json"):
        assert "37.5%" in (place / name).read_text(encoding="utf-8")


# what leaves nothing behind


def test_a_disk_that_is_full_leaves_nothing_and_the_older_snapshot_whole(
    small: Store, snap: Snap, place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_on(small, "2026-01-02")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(creating, "write_lineage", full)
    with pytest.raises(SnapshotError, match="No space left on device"):
        snap(small)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", place.name]
    assert verify(place) == []


def test_what_a_killed_one_left_is_cleared_away(small: Store, snap: Snap, folder: Path) -> None:
    left = folder / ".2025-01-01-9.part"
    left.mkdir(parents=True)
    (left / "models.parquet").write_bytes(b"half")
    snap(small)
    assert not left.exists()


def test_two_at_once_are_refused(small: Store, snap: Snap, folder: Path) -> None:
    with alone(folder), pytest.raises(Locked, match="Another modelroots"):
        snap(small)


def test_the_snapshot_of_another_database_is_not_taken_for_this_one(small: Store, snap: Snap, place: Path) -> None:
    small.connection.execute("UPDATE crawl SET finished_at = finished_at + 1")
    with pytest.raises(SnapshotError, match="another crawl 1"):
        snap(small)
    assert verify(place) == []


def test_a_folder_that_is_a_file_is_refused_in_words(small: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    found = mark(small.connection, standing(small.connection))
    with pytest.raises(SnapshotError, match="No snapshot could be written"):
        create(small.path, tmp_path / "file", found, program=PROGRAM)


def test_a_manifest_that_cannot_be_read_stops_the_chain_in_words(
    small: Store, snap: Snap, place: Path, folder: Path
) -> None:
    writable(place / "manifest.json").write_bytes(b"{")
    finish_on(small, "2026-01-02", [*SMALL, row("a/new")])
    with pytest.raises(SnapshotError, match="Restore the snapshot from a copy"):
        snap(small)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", place.name]
