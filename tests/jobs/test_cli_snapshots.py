"""`snapshot create|list|verify|tree` as a user types them, and what the night does about snapshots."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, listed, many_rows, opened_hub, small_rows


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that was swept once."""
    program = Program(tmp_path_factory.mktemp("crawled"))
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program.folder


@pytest.fixture
def swept(crawled: Path, program: Program) -> Program:
    """The program beside a copy of it."""
    shutil.copytree(crawled, program.folder, dirs_exist_ok=True)
    return program


@pytest.fixture
def place(swept: Program) -> Path:
    """A snapshot, made by the program."""
    (item,) = swept.asks("snapshot", "create")["items"]
    assert item["action"] == "made"
    return Path(swept.folder / item["path"])


def damage(place: Path, name: str) -> None:
    path = place / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")


def truncated(program: Program, open_hub: OpenHub) -> None:
    """A complete sweep, and a partial one after it."""
    hub = open_hub(many_rows(300))
    program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    hub.replica.catalogue = listed(many_rows(200))
    assert program.run("crawl", "sweep", "--endpoint", hub.url).code == 3


def test_what_was_made_is_listed(swept: Program, place: Path) -> None:
    (item,) = swept.asks("snapshot", "list")["items"]
    sizes = sum(path.stat().st_size for path in place.iterdir() if path.name not in ("manifest.json", "SHA256SUMS"))
    assert item == {
        "number": 1, "name": place.name, "date": place.name[:10], "crawl": 1, "state": "complete", "models": 7,
        "edges": 5, "bytes": sizes, "path": f"snapshots/{place.name}", "note": None,
    }  # fmt: skip


def test_to_make_it_again_leaves_it_and_says_so(swept: Program, place: Path) -> None:
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in place.iterdir()}
    (item,) = swept.asks("snapshot", "create")["items"]
    assert (item["action"], item["name"]) == ("there already", place.name)
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in place.iterdir()} == before


def test_quality_json_is_what_the_program_prints(swept: Program, place: Path) -> None:
    there = json.loads((place / "quality.json").read_text(encoding="utf-8"))
    assert (there.pop("state"), there.pop("note")) == ("complete", None)
    assert there == swept.asks("quality")


def test_a_sound_snapshot_is_verified(swept: Program, place: Path) -> None:
    assert swept.asks("snapshot", "verify")["items"] == [{"name": place.name, "sound": True, "faults": []}]


def test_a_damaged_one_is_named_file_by_file_with_exit_code_1(swept: Program, place: Path) -> None:
    damage(place, "README.md")
    damage(place, "quality.json")
    ran = swept.run("snapshot", "verify")
    assert ran.code == 1
    assert f"{place.name}/README.md: has" in ran.stdout
    assert f"{place.name}/quality.json: has" in ran.stdout
    assert place.name in ran.stderr


def test_the_faults_are_in_the_json(swept: Program, place: Path) -> None:
    damage(place, "README.md")
    ran = swept.run("snapshot", "verify", "--json")
    (item,) = ran.json["items"]
    assert (ran.code, item["sound"], [fault["file"] for fault in item["faults"]]) == (1, False, ["README.md"])


def test_one_is_verified_by_name_or_by_path(swept: Program, place: Path) -> None:
    for name in (place.name, place, place.relative_to(swept.folder)):
        assert [item["name"] for item in swept.asks("snapshot", "verify", name)["items"]] == [place.name]


def test_a_name_that_is_none_is_a_fault(swept: Program) -> None:
    swept.succeeds("snapshot", "create")
    ran = swept.run("snapshot", "verify", "2020-01-01-1")
    assert ran.code == 1
    assert "there is no such snapshot" in ran.stdout


def test_one_that_cannot_be_read_is_listed_all_the_same(swept: Program, place: Path) -> None:
    damage(place, "manifest.json")
    (place / "manifest.json").write_text("{", encoding="utf-8")
    (item,) = swept.asks("snapshot", "list")["items"]
    assert (item["name"], item["state"], item["models"]) == (place.name, "unreadable", None)


def test_without_snapshots_the_way_to_one_is_told(swept: Program) -> None:
    assert "snapshot create" in swept.succeeds("snapshot", "list").stdout
    ran = swept.run("snapshot", "verify")
    assert (ran.code, "snapshot create" in ran.stderr) == (1, True)


def test_without_a_database_no_file_is_made(program: Program) -> None:
    ran = program.run("snapshot", "create")
    assert (ran.code, "crawl sweep" in ran.stderr) == (1, True)
    assert list(program.folder.iterdir()) == []


def test_a_partial_crawl_is_refused_and_made_when_asked_for(prepared: Program, open_hub: OpenHub) -> None:
    truncated(prepared, open_hub)
    ran = prepared.run("snapshot", "create")
    assert (ran.code, "--partial" in ran.stderr, ran.stdout) == (3, True, "")
    assert not (prepared.folder / "snapshots").exists()
    prepared.succeeds("snapshot", "create", "--partial")
    (item,) = prepared.asks("snapshot", "list")["items"]
    assert (item["state"], "66.7%" in item["note"]) == ("partial", True)


def test_a_dry_run_makes_and_removes_nothing(swept: Program) -> None:
    (item,) = swept.asks("snapshot", "create", "--dry-run", "--keep-daily", 1)["items"]
    assert item["action"] == "would be made"
    assert not (swept.folder / "snapshots").exists()


@pytest.fixture
def two_nights(swept: Program, open_hub: OpenHub) -> Program:
    """Two snapshots of one day."""
    hub = open_hub(small_rows())
    for _ in range(2):
        swept.succeeds("nightly", "--endpoint", hub.url)
    assert len(swept.asks("snapshot", "list")["items"]) == 2
    return swept


def test_what_would_go_is_what_goes(two_nights: Program) -> None:
    """Both are of one day, of which retention keeps the newest."""
    plan = two_nights.asks("snapshot", "create", "--keep-daily", 30, "--dry-run")["items"]
    done = two_nights.asks("snapshot", "create", "--keep-daily", 30)["items"]
    assert [(item["action"], item["name"][-2:]) for item in plan] == [
        ("there already", "-3"),
        ("would be removed", "-2"),
    ]
    assert [(item["action"], item["name"][-2:]) for item in done] == [("there already", "-3"), ("removed", "-2")]
    assert [item["number"] for item in two_nights.asks("snapshot", "list")["items"]] == [2]
    assert two_nights.succeeds("snapshot", "verify").code == 0


def test_a_night_retires_what_the_settings_say(two_nights: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    environment = {"MODELROOTS_KEEP_DAILY": "1"}
    ran = two_nights.succeeds("nightly", "--endpoint", hub.url, environment=environment)
    assert ran.stderr.count("Removed by retention") == 2
    assert [item["number"] for item in two_nights.asks("snapshot", "list")["items"]] == [3]


def test_a_number_that_is_none_is_told_before_anything_is_crawled(swept: Program) -> None:
    environment = {"MODELROOTS_KEEP_DAILY": "many"}
    ran = swept.run("nightly", "--endpoint", "http://127.0.0.1:1", environment=environment)
    assert (ran.code, "MODELROOTS_KEEP_DAILY" in ran.stderr) == (2, True)


def test_the_tree_is_one_table(two_nights: Program) -> None:
    (item,) = two_nights.asks("snapshot", "tree", "days")["items"]
    assert (item["snapshot"][-2:], item["files"]) == ("-3", "links")
    source = f"read_parquet('{two_nights.folder}/days/*/models.parquet', hive_partitioning = true)"
    assert duckdb.execute(f"SELECT CAST(date AS TEXT), count(*) FROM {source} GROUP BY date").fetchall() == [
        (item["date"], 7)
    ]


def test_the_tree_tells_what_it_passed_over(two_nights: Program) -> None:
    newest = two_nights.asks("snapshot", "list")["items"][-1]
    damage(two_nights.folder / newest["path"], "README.md")
    ran = two_nights.run("snapshot", "tree", "days", "--json")
    assert (ran.code, ran.json["items"][0]["snapshot"][-2:]) == (1, "-2")
    assert newest["name"] in ran.stderr
