"""The tree of days, read as one table by readers that are not ours."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pyarrow.dataset as ds
import pytest

from store.snapshots.listing import places
from store.snapshots.manifest import SnapshotError
from store.snapshots.partitions import TABLES, lay
from store.snapshots.retention import Keep, remove_superseded
from store.snapshots.verifying import verify
from tests.store.conftest import Store, row
from tests.store.snapshots.conftest import SMALL, Snap, finish_on, partial_on, writable


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "tree"


def laid(folder: Path, out: Path) -> dict[str, str | None]:
    return {day.date: day.snapshot for day in lay(folder, out)}


def test_duckdb_reads_all_days_as_one_table(chain: list[Path], out: Path) -> None:
    laid(chain[0].parent, out)
    query = f"SELECT date, count(*) FROM read_parquet('{out}/*/models.parquet', hive_partitioning = true) GROUP BY date"
    found = {str(day): number for day, number in duckdb.execute(query).fetchall()}
    assert found == dict.fromkeys(("2026-01-01", "2026-01-02", "2026-01-03"), len(SMALL))


def test_the_day_is_a_date_to_duckdb(chain: list[Path], out: Path) -> None:
    laid(chain[0].parent, out)
    source = f"read_parquet('{out}/date=*/edges.parquet', hive_partitioning = true)"
    assert duckdb.execute(f"SELECT DISTINCT typeof(date) FROM {source}").fetchall() == [("DATE",)]


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_the_snapshot_s_file_itself(chain: list[Path], out: Path, name: str) -> None:
    laid(chain[0].parent, out)
    assert (out / "date=2026-01-02" / name).samefile(chain[1] / name)
    assert sorted(path.name for path in (out / "date=2026-01-02").iterdir()) == sorted(TABLES)


def test_arrow_reads_all_days_as_one_table(chain: list[Path], out: Path) -> None:
    """Of one table: its files are given by a pattern, for each day has four tables."""
    laid(chain[0].parent, out)
    files = [str(path) for path in sorted(out.glob("date=*/edges.parquet"))]
    found = ds.dataset(files, partitioning="hive", partition_base_dir=str(out)).to_table()
    assert found["date"].value_counts().to_pylist() == [{"values": f"2026-01-0{day}", "counts": 6} for day in (1, 2, 3)]


def test_of_a_day_the_newest_complete_one_stands(store: Store, snap: Snap, folder: Path, out: Path) -> None:
    finish_on(store, "2026-01-01")
    snap(store)
    finish_on(store, "2026-01-01", [*SMALL, row("a/new")])
    newer = snap(store).place
    partial_on(store, "2026-01-01")
    snap(store, partial=True)
    assert laid(folder, out) == {"2026-01-01": newer.name}


def test_one_that_is_damaged_is_passed_over_and_told(store: Store, snap: Snap, folder: Path, out: Path) -> None:
    finish_on(store, "2026-01-01")
    older = snap(store).place
    finish_on(store, "2026-01-01", [*SMALL, row("a/new")])
    damaged = writable(snap(store).place / "README.md")
    damaged.write_bytes(b"")
    (day,) = lay(folder, out)
    assert (day.snapshot, [fault.file for fault in day.passed_over]) == (older.name, ["README.md"])


def test_a_newer_one_of_the_day_takes_the_place(store: Store, snap: Snap, folder: Path, out: Path) -> None:
    finish_on(store, "2026-01-01")
    older = snap(store).place
    laid(folder, out)
    finish_on(store, "2026-01-01", [*SMALL, row("a/new")])
    newer = snap(store).place
    assert laid(folder, out) == {"2026-01-01": newer.name}
    assert (out / "date=2026-01-01" / "models.parquet").samefile(newer / "models.parquet")
    assert verify(older) == []


def test_to_lay_it_again_changes_nothing(chain: list[Path], out: Path) -> None:
    laid(chain[0].parent, out)
    before = {path: path.stat().st_ctime_ns for path in out.rglob("*")}
    laid(chain[0].parent, out)
    assert {path: path.stat().st_ctime_ns for path in out.rglob("*")} == before


def test_a_day_whose_snapshot_was_retired_stays(chain: list[Path], out: Path) -> None:
    folder = chain[0].parent
    laid(folder, out)
    remove_superseded(folder, Keep(daily=1))
    assert laid(folder, out) == {"2026-01-01": None, "2026-01-02": None, "2026-01-03": chain[2].name}
    assert (out / "date=2026-01-01" / "models.parquet").is_file()


def test_where_there_can_be_no_links_there_are_copies(
    chain: list[Path], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    assert {day.copied for day in lay(chain[0].parent, out)} == {True}
    one, other = out / "date=2026-01-01" / "models.parquet", chain[0] / "models.parquet"
    assert (one.samefile(other), one.read_bytes()) == (False, other.read_bytes())


def test_the_tree_may_stand_among_the_snapshots(chain: list[Path]) -> None:
    folder = chain[0].parent
    laid(folder, folder)
    assert places(folder) == chain
    assert (folder / "date=2026-01-01" / "rollups.parquet").is_file()


def test_a_file_in_its_place_is_refused_in_words(chain: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SnapshotError, match="is a file"):
        laid(chain[0].parent, tmp_path / "file")
