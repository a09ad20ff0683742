"""`import` from the outside: dates, order, what is refused, and what a cut-off import leaves."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, Row, many_rows, small_rows

MAY = "2024-05-06"


def dump(
    folder: Path, rows: Sequence[Row], name: str = "models.parquet", *, without: Sequence[str] = ("author",)
) -> Path:
    """The rows as a dump; a column that some rows have is null in the others."""
    names = dict.fromkeys(key for row in rows for key in row if key not in without)
    path = folder / name
    table = pa.Table.from_pylist([{key: row.get(key) for key in names} for row in rows])
    pq.write_table(table, path, row_group_size=2_000)
    return path


def dated(rows: Sequence[Row], text: str = f"{MAY}T12:00:00.000Z") -> list[Row]:
    return [row | {"createdAt": text, "lastModified": text} for row in rows]


def crawls(program: Program) -> list[Row]:
    found: list[Row] = program.asks("crawls")["items"]
    return found


def test_a_dump_is_a_crawl_of_its_own_date(prepared: Program) -> None:
    ran = prepared.succeeds("import", dump(prepared.folder, dated(small_rows())))
    assert "As of 2024-05-06T12:00:00Z, the newest moment in models.parquet" in ran.stderr
    (crawl,) = crawls(prepared)
    assert (crawl["kind"], crawl["state"], crawl["models"], crawl["new"]) == ("import", "complete", 7, 7)
    assert crawl["finished_at"] == "2024-05-06T12:00:00Z"
    assert prepared.asks("derivatives", "Qwen/Q")["items"][0]["total"] == 4


def test_a_dump_s_answers_say_what_they_stand_on(prepared: Program) -> None:
    prepared.succeeds("import", dump(prepared.folder, dated(small_rows())), "--date", MAY)
    answer = prepared.asks("derivatives", "Qwen/Q")
    assert answer["as_of"] == {"crawl": 1, "finished_at": "2024-05-06T23:59:59Z", "complete": True}
    assert answer["coverage"]["basis"] == "crawl 1, a complete import of models.parquet"
    assert "imported file leaves out" in answer["coverage"]["unseen"]


def test_columns_that_are_missing_are_named(prepared: Program) -> None:
    ran = prepared.succeeds("import", dump(prepared.folder, [{"id": "a/b"}, {"id": "c/d"}]), "--date", MAY)
    assert "The file has no _id, createdAt" in ran.stderr
    assert crawls(prepared)[0]["models"] == 2


def test_the_same_file_and_date_is_there_already(prepared: Program) -> None:
    path = dump(prepared.folder, dated(small_rows()))
    prepared.succeeds("import", path)
    assert "there already, as of 2024-05-06T12:00:00Z: crawl 1" in prepared.succeeds("import", path).stderr
    assert len(crawls(prepared)) == 1


def test_the_same_file_under_another_name_is_there_already(prepared: Program) -> None:
    path = dump(prepared.folder, dated(small_rows()))
    prepared.succeeds("import", path)
    assert "there already" in prepared.succeeds("import", path.rename(path.with_name("again.parquet"))).stderr


def test_a_date_to_come_is_refused(prepared: Program) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    ran = prepared.run("import", dump(prepared.folder, dated(small_rows())), "--date", tomorrow)
    assert (ran.code, ran.stdout) == (1, "")
    assert "in the future" in ran.stderr


def test_a_date_before_the_newest_model_is_refused(prepared: Program) -> None:
    ran = prepared.run("import", dump(prepared.folder, dated(small_rows())), "--date", "2024-05-05")
    assert ran.code == 1
    assert "--date 2024-05-05 cannot be: models.parquet tells of 2024-05-06T12:00:00Z" in ran.stderr


def test_a_dump_without_times_needs_a_date(prepared: Program) -> None:
    ran = prepared.run("import", dump(prepared.folder, [{"id": "a/b"}]))
    assert ran.code == 1
    assert "--date YYYY-MM-DD" in ran.stderr


def test_a_date_of_another_form_is_a_usage_error(prepared: Program) -> None:
    assert prepared.run("import", dump(prepared.folder, [{"id": "a/b"}]), "--date", "6.5.2024").code == 2


def test_today_is_a_date(prepared: Program) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    prepared.succeeds("import", dump(prepared.folder, dated(small_rows())), "--date", today)
    finished = datetime.fromisoformat(crawls(prepared)[0]["finished_at"])
    assert finished.timestamp() <= time.time()


def test_a_dump_older_than_what_is_there_is_refused_with_the_way_out(prepared: Program) -> None:
    prepared.succeeds("import", dump(prepared.folder, dated(small_rows())))
    older = dump(prepared.folder, dated(small_rows()[:6], "2023-01-01T00:00:00.000Z"), "older.parquet")
    ran = prepared.run("import", older)
    assert ran.code == 1
    assert "--db NEW.db" in ran.stderr
    assert len(crawls(prepared)) == 1


def test_several_dumps_oldest_first_are_a_history(prepared: Program) -> None:
    rows = many_rows(200)
    for day, there in (("2024-01-01", rows[:198]), ("2024-02-01", rows[1:]), ("2024-03-01", rows)):
        path = dump(prepared.folder, dated(there, f"{day}T00:00:00.000Z"), f"{day}.parquet")
        prepared.succeeds("import", path)
    found = [(crawl["new"], crawl["missing"], crawl["back"]) for crawl in crawls(prepared)]
    assert found == [(198, 0, 0), (2, 1, 0), (0, 0, 1)]
    assert prepared.asks("derivatives", "a/m1", "--as-of", "2024-01-15")["items"][0]["total"] == len(below(1, 198))


def test_a_dump_that_tells_no_lineage_is_refused_where_some_is_known(prepared: Program) -> None:
    prepared.succeeds("import", dump(prepared.folder, dated(small_rows())))
    bare = dump(prepared.folder, [{"id": row["id"]} for row in small_rows()], "bare.parquet")
    ran = prepared.run("import", bare, "--date", "2024-06-01")
    assert ran.code == 1
    assert "would end every reference" in ran.stderr


def test_a_part_of_what_is_known_is_kept_as_partial(prepared: Program) -> None:
    prepared.succeeds("import", dump(prepared.folder, dated(many_rows(100))))
    part = dump(prepared.folder, dated(many_rows(50), "2024-06-01T00:00:00.000Z"), "part.parquet")
    ran = prepared.run("import", part)
    assert ran.code == 3
    assert "50.0% of the 100 of crawl 1" in ran.stderr
    assert crawls(prepared)[-1]["missing"] == 0


@pytest.mark.parametrize("name", ["models.csv", "nowhere.parquet"])
def test_what_is_no_parquet_ends_with_a_message(prepared: Program, name: str) -> None:
    (prepared.folder / "models.csv").write_text("id\n", encoding="utf-8")
    ran = prepared.run("import", name)
    assert ran.code == 1
    assert f"{name} cannot be read as Parquet" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_wrong_type_ends_with_the_column_and_the_type(prepared: Program) -> None:
    ran = prepared.run("import", dump(prepared.folder, [{"id": "a/b", "likes": "many"}]), "--date", MAY)
    assert ran.code == 1
    assert "the column 'likes' is of type string" in ran.stderr
    assert crawls(prepared) == []


def test_a_private_row_of_a_dump_is_nowhere_in_the_database(prepared: Program) -> None:
    rows: list[Row] = [row | {"private": False} for row in small_rows()]
    rows.append(rows[0] | {"_id": "7" * 24, "id": "acme/canary-7f3a", "private": True})
    prepared.succeeds("import", dump(prepared.folder, dated(rows)))
    assert crawls(prepared)[0]["quarantined"] == 1
    stored = list(prepared.folder.glob("modelroots.db*"))
    assert [path for path in stored if b"canary-7f3a" in path.read_bytes()] == []


def test_a_damaged_dump_answers_nothing_and_cannot_be_resumed(prepared: Program) -> None:
    path = dump(prepared.folder, dated(many_rows(30_000)))
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 4_000] = bytes(4_000)
    path.write_bytes(whole)
    ran = prepared.run("import", path)
    assert ran.code == 1
    assert "is damaged in row group" in ran.stderr
    assert [crawl["state"] for crawl in crawls(prepared)] == ["failed"]
    assert prepared.run("derivatives", "a/m1").code == 1


def test_a_killed_import_goes_on_where_it_was_and_ends_like_an_undisturbed_one(prepared: Program) -> None:
    path = dump(prepared.folder, dated(many_rows(24_000)))
    with prepared.started("import", path) as process:
        until(lambda: pages(prepared) >= 8)
        process.kill()
        process.wait()
    assert prepared.run("derivatives", "a/m1").code == 1, "half an import must not answer"
    ran = prepared.succeeds("import", path)
    assert "Resuming crawl 1 after its page" in ran.stderr
    (crawl,) = crawls(prepared)
    assert (crawl["state"], crawl["pages"], crawl["models"], crawl["new"]) == ("complete", 24, 24_000, 24_000)
    assert prepared.asks("derivatives", "a/m1")["items"][0]["total"] == len(below(1, 24_000))
    prepared.succeeds("--db", "undisturbed.db", "import", path)
    for table in ("model", "node", "publisher", "label", "reference", "edge", "lineage_count"):
        assert all_rows(prepared.database, table) == all_rows(prepared.folder / "undisturbed.db", table), table


def all_rows(database: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def pages(program: Program) -> int:
    rows = program.query("SELECT coalesce(max(pages), 0) FROM crawl")
    return int(rows[0][0])


def until(reached: Any) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline


def below(top: int, last: int) -> set[int]:
    """The numbers that `many_rows` puts below one."""
    found: set[int] = set()
    level = {top}
    while level:
        level = {child for number in level for child in range(10 * number, 10 * number + 10) if child <= last}
        found |= level
    return found


def test_a_sweep_after_a_dump_without_ids_goes_on_with_its_history(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("import", dump(prepared.folder, small_rows(), without=("_id",)), "--date", "2026-02-01")
    hub = open_hub([*small_rows(), small_rows()[0] | {"_id": "7" * 24, "id": "zoe/new"}])
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    assert [(crawl["new"], crawl["missing"]) for crawl in crawls(prepared)] == [(7, 0), (1, 0)]
    items = prepared.asks("diff", 1, 2)["items"]
    assert [(item["change"], item["name"]) for item in items] == [("new", "zoe/new")]


def test_a_dump_without_ids_after_a_sweep_means_the_models_of_its_names(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    time_of_dump = datetime.now(UTC).strftime("%Y-%m-%d")
    ran = prepared.succeeds("import", dump(prepared.folder, small_rows(), without=("_id",)), "--date", time_of_dump)
    assert "7 rows fetched = 0 new" in ran.stderr


def test_changes_need_a_sweep_all_the_same(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("import", dump(prepared.folder, dated(small_rows())))
    ran = prepared.run("crawl", "changes", "--endpoint", open_hub(small_rows()).url)
    assert ran.code == 1
    assert "Run `modelroots crawl sweep` first" in ran.stderr
