"""`crawl`, `nightly`, `schedule`, `replica`: what they print where, and what they return."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from contextlib import closing

import pytest

from crawler.replica.rows import catalogue_of
from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, Ran, many_rows, model, opened_hub, small_rows

# crawl


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    with opened_hub(small_rows()) as hub:
        return Program(tmp_path_factory.mktemp("swept")).succeeds("crawl", "sweep", "--endpoint", hub.url)


def test_a_sweep_prints_no_data(swept: Ran) -> None:
    assert swept.stdout == ""


def test_a_sweep_s_summary_adds_up(swept: Ran) -> None:
    found = re.search(r"(\d+) rows fetched = (\d+) new \+ (\d+) changed \+ (\d+) same \+ (\d+) rep", swept.stderr)
    assert found
    fetched, *parts = map(int, found.groups())
    assert fetched == sum(parts) == len(small_rows())


def test_a_sweep_says_what_to_ask_next(swept: Ran) -> None:
    assert "derivatives" in swept.stderr.splitlines()[-1]


def test_a_walk_to_a_depth_reaches_no_further(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("crawl", "walk", "Qwen/Q", "--depth", 1, "--endpoint", open_hub(small_rows()).url)
    assert prepared.asks("derivatives", "Qwen/Q")["items"][0]["total"] == 2


def test_a_walk_says_first_what_it_will_cost(prepared: Program, open_hub: OpenHub) -> None:
    ran = prepared.succeeds("crawl", "walk", "Qwen/Q", "--endpoint", open_hub(small_rows()).url)
    assert ran.stderr.startswith("Walking from 1 base model: at least 3 requests")


def test_a_walk_of_a_family_starts_from_its_models(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("crawl", "walk", "qwen", "--endpoint", open_hub(small_rows()).url)
    assert prepared.asks("derivatives", "Qwen/Q")["items"][0]["total"] == 3  # all but the card's


def test_changes_bring_in_what_was_created_since(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    late = model(0x20000000, "late/ft", ("finetune", "Qwen/Q"), createdAt="2099-01-01T00:00:00.000Z")
    hub.replica.catalogue = catalogue_of(json.dumps(row).encode() for row in [*small_rows(), late])
    prepared.succeeds("crawl", "changes", "--endpoint", hub.url)
    assert prepared.asks("derivatives", "Qwen/Q")["items"][0]["total"] == 5


def test_a_second_sweep_reads_no_row_that_has_not_changed(prepared: Program, open_hub: OpenHub) -> None:
    """What is stored is spoilt by hand: only a row that is read would mend it."""
    hub = open_hub(small_rows())
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    with closing(sqlite3.connect(prepared.folder / "modelroots.db")) as database, database:
        database.execute("UPDATE model SET likes = -1")
    changed, *rest = small_rows()
    rows = [{**changed, "likes": 77}, *rest]
    hub.replica.catalogue = catalogue_of(json.dumps(row).encode() for row in rows)
    told = prepared.succeeds("crawl", "sweep", "--endpoint", hub.url).stderr
    assert f"0 new + 1 changed + {len(rest)} same" in told
    with closing(sqlite3.connect(prepared.folder / "modelroots.db")) as database:
        likes = sorted(count for (count,) in database.execute("SELECT likes FROM model"))
    assert likes == [-1] * len(rest) + [77]


def test_fresh_begins_again(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(many_rows(2500), faults="foreign-link@1")
    assert prepared.run("crawl", "sweep", "--endpoint", hub.url).code == 3
    prepared.succeeds("crawl", "sweep", "--fresh", "--endpoint", hub.url)
    assert [row["state"] for row in prepared.asks("crawls")["items"]] == ["failed", "complete"]


# nightly and schedule


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Ran]:
    program = Program(tmp_path_factory.mktemp("night"))
    with opened_hub(small_rows()) as hub:
        return program, program.succeeds("nightly", "--endpoint", hub.url)


def test_a_night_prints_the_snapshot_s_path_alone(night: tuple[Program, Ran]) -> None:
    program, ran = night
    assert len(ran.stdout.splitlines()) == 1
    assert (program.folder / ran.stdout.strip() / "manifest.json").is_file()


def test_a_snapshot_holds_the_models_and_edges(night: tuple[Program, Ran]) -> None:
    program, ran = night
    files = json.loads((program.folder / ran.stdout.strip() / "manifest.json").read_text())["files"]
    assert (files["models.parquet"]["rows"], files["edges.parquet"]["rows"]) == (7, 5)


@pytest.mark.parametrize("cron", ["nonsense", "61 * * * *", "* * * *", ""])
def test_a_bad_cron_is_a_usage_error(program: Program, cron: str) -> None:
    ran = program.run("schedule", f"--cron={cron}", environment={"MODELROOTS_CRON": "bad from the environment"})
    assert ran.code == 2
    assert "five fields" in ran.stderr.lower()


# replica


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--rows", "rows.jsonl", "--generated", "5"),
        ("--generated", "5", "--faults", "nosuch@1"),
        ("--generated", "5", "--faults", "503"),
        ("--generated", "5", "--quota", "many"),
        ("--generated", "0"),
        ("--generated", "5", "--port", "70000"),
    ],
    ids=" ".join,
)
def test_a_replica_of_nothing_sensible_is_a_usage_error(program: Program, options: tuple[str, ...]) -> None:
    assert program.run("replica", *options).code == 2


def test_a_missing_rows_file_is_named(program: Program) -> None:
    ran = program.run("replica", "--rows", "nosuch.jsonl")
    assert ran.code == 1
    assert "nosuch.jsonl" in ran.stderr


def test_a_broken_line_of_a_rows_file_is_named(program: Program) -> None:
    (program.folder / "rows.jsonl").write_text('{"id": "a/b"}\nbroken\n')
    ran = program.run("replica", "--rows", "rows.jsonl")
    assert ran.code == 1
    assert "line 2" in ran.stderr


def test_a_port_that_is_taken_is_named(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = program.run("replica", "--generated", 5, "--port", port)
    assert ran.code == 1
    assert str(port) in ran.stderr


def test_a_replica_prints_its_address_serves_and_ends_on_sigterm(prepared: Program) -> None:
    (prepared.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in small_rows()))
    with prepared.started("replica", "--rows", "rows.jsonl", "--port", 0) as process:
        assert process.stdout
        url = process.stdout.readline().decode().strip()
        prepared.succeeds("crawl", "sweep", "--endpoint", url)
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert prepared.query("SELECT count(*) FROM model") == [(7,)]
