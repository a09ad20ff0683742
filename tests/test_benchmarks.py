"""The benchmarks measure what they say they do, on a small Hub. How fast anything is, is told nowhere here."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks import days, exports, graph, growth, pages, quota, reads, report, shapes, size, sweep
from benchmarks.ground import SEED, Ground
from benchmarks.machine import Machine
from benchmarks.measuring import SAMPLED_EVERY, CommandFailed, Line, Measurement, Target, peer, run
from benchmarks.peers.ask_changes import ask
from benchmarks.server import serving
from crawler.changes import changes
from crawler.hub import Hub
from crawler.replica.generate import generate
from crawler.replica.orders import CREATED
from crawler.replica.server import Replica, running
from crawler.sweep import listing
from crawler.sweep import sweep as swept_pages

MODELS = 2_000
ROUNDS = 1
MEASURES: dict[str, Callable[[Ground], list[Line]]] = {
    "sweep": sweep.measure,
    "graph": graph.measure,
    "reads": partial(reads.measure, times=1, peers_times=1),
    "exports": exports.measure,
    "quota": partial(quota.measure, pages=30),
    "growth": growth.measure,
    "size": size.measure,
    "shapes": partial(shapes.measure, times=1, peers_times=1),
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    work = tmp_path_factory.mktemp("bench")
    return Ground(work / "pages", work, MODELS, ROUNDS)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of a Hub large enough for shares to show, and those of its next day."""
    folder = tmp_path_factory.mktemp("larger")
    today = pages.build(folder / "today", 20_000, SEED)
    return list(rows(today)), list(rows(days.next_day(today, folder / "next", SEED)))


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    return (row for body in pages.bodies(folder) for row in msgspec.json.decode(body))


def base_of(row: dict[str, Any]) -> str | None:
    named = row.get("baseModels")
    return named["models"][0]["id"] if named else None


# Pages and their server


def test_built_pages_are_what_the_replica_sends(ground: Ground) -> None:
    with running(Replica(generate(MODELS, SEED), quota=None)) as address, Hub(address) as hub:
        url = hub.list_url(listing(sort=CREATED))
        first = hub.get(url)
        second = hub.get(first.link_next or "")
    assert list(pages.bodies(ground.hub())) == [first.body, second.body]


def test_served_pages_hold_every_model_once(ground: Ground) -> None:
    with serving(ground.hub()) as (url, _), Hub(url) as hub:
        listed = [record.hub_id for page in swept_pages(hub) for record in page.records]
    assert len(set(listed)) == len(listed) == MODELS


def test_a_finished_folder_is_not_built_again(ground: Ground) -> None:
    page = pages.page_path(ground.hub(), CREATED, 0)
    built_at = page.stat().st_mtime_ns
    ground.hub()
    assert page.stat().st_mtime_ns == built_at


def test_a_folder_of_another_size_is_built_anew(tmp_path: Path) -> None:
    for models in (1_500, 500):
        assert sum(1 for _ in rows(pages.build(tmp_path / "hub", models, SEED))) == models


@pytest.mark.parametrize(("path", "status"), [("/api/models?cursor=e30%3D", 400), ("/api/models/a/b", 404)])
def test_what_the_server_does_not_have_is_refused(ground: Ground, path: str, status: int) -> None:
    with serving(ground.hub()) as (url, _), closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == status


# A day later


def test_the_next_day_has_the_same_models_in_the_same_order(larger: tuple[Any, Any]) -> None:
    today, tomorrow = larger
    assert [row["_id"] for row in tomorrow] == [row["_id"] for row in today]
    assert [row["id"] for row in tomorrow] == [row["id"] for row in today]


def test_the_next_day_three_tenths_have_other_downloads(larger: tuple[Any, Any]) -> None:
    changed = sum(old["downloads"] != new["downloads"] for old, new in zip(*larger, strict=True))
    assert changed / len(larger[0]) == pytest.approx(0.30, abs=0.02)


def test_the_next_day_three_in_a_thousand_edges_lead_elsewhere(larger: tuple[Any, Any]) -> None:
    bases = [(base_of(old), base_of(new)) for old, new in zip(*larger, strict=True) if base_of(old)]
    changed = sum(old != new for old, new in bases)
    assert changed / len(bases) == pytest.approx(0.003, abs=0.0015)


def test_a_row_with_another_base_names_it_everywhere(larger: tuple[Any, Any]) -> None:
    for old, new in zip(*larger, strict=True):
        before, after = base_of(old), base_of(new)
        if before and after and before != after:
            assert after in str(new["cardData"]["base_model"])
            assert f"base_model:{after}" in new["tags"]
            assert f"base_model:{before}" not in new["tags"]


def test_the_requests_of_changes_alone_are_those_of_both_listings(ground: Ground) -> None:
    folder = ground.edited()
    with serving(folder) as (url, _):
        assert ask(url) == sum(1 for sort in (CREATED, pages.EDITED) for _ in pages.bodies(folder, sort)) > 2


def test_the_machine_is_looked_at_before_each_part(ground: Ground) -> None:
    machine = Machine(ground)
    machine.sample()
    before = len(machine.line().measured.values)
    machine.sample()
    assert len(machine.line().measured.values) == 2 * before > 0
    assert all(value > 0 for value in machine.line().measured.values)


def test_changes_reads_what_is_new_and_edited_and_one_older_page_of_each_listing(
    ground: Ground, tmp_path: Path
) -> None:
    folder = days.edited(ground.hub(), tmp_path / "edited", new=1_000, edited=900)
    with serving(folder) as (url, _), Hub(url) as hub:
        found = [len(page.records) for page in changes(hub, since=int(time.time()))]
    assert found == [1_000, 1_000, 1_000, 900, 1_000]  # new, older; new and edited, older


# Measuring


@pytest.mark.parametrize("name", MEASURES)
def test_a_benchmark_measures_each_of_its_lines(ground: Ground, name: str) -> None:
    lines = MEASURES[name](ground)
    assert lines
    for line in lines:
        assert line.measured.values or line.remark == "not built yet"
        assert all(peer.values for peer in line.peers)
        assert report.row(line, is_whole=True).count("|") == 8


def test_the_peers_of_the_graph_count_what_the_database_holds(ground: Ground) -> None:
    networkx, duckdb = (
        run(peer(name, ground.exported())).output.splitlines()[1:] for name in ("networkx_counts", "duckdb_counts")
    )
    with closing(sqlite3.connect(ground.swept())) as connection:
        stored = connection.execute(
            """
            SELECT total_unknown + total_finetune + total_adapter + total_quantized + total_merge, node.name
            FROM lineage_count JOIN node ON node.id = node_id"""
        ).fetchall()
    assert sorted(networkx) == sorted(duckdb) == sorted(f"{count}\t{name}" for count, name in stored if count)


@pytest.mark.parametrize("question", ["derivatives", "families", "countries", "tree"])
def test_the_recursive_queries_of_two_peers_agree(ground: Ground, question: str) -> None:
    name = {"derivatives": "qwen", "tree": reads.largest_base(ground.swept())[0]}.get(question, "")
    asked = [("recursive_sqlite", ground.swept()), ("recursive_duckdb", ground.exported())]
    sqlite, duckdb = (run(peer(engine, where, question, name)).output for engine, where in asked)
    assert sqlite == duckdb != ""


def test_every_parent_of_a_shape_is_older_and_no_two_are_the_same(tmp_path: Path) -> None:
    for kind in ("star", "levels", "chains", "merges"):
        known: set[str] = set()
        for row in reversed(list(rows(shapes.shape(tmp_path / kind, kind, 1_000)))):
            named = [base["_id"] for base in row.get("baseModels", {"models": []})["models"]]
            assert known.issuperset(named)
            assert len(set(named)) == len(named)
            known.add(row["_id"])


def test_all_of_a_shape_of_levels_descends_from_the_first(tmp_path: Path) -> None:
    parent = {row["id"]: base_of(row) for row in rows(shapes.shape(tmp_path, "levels", 1_000))}
    steps = 0
    reached = {name for name, base in parent.items() if base is None}
    assert len(reached) == 1
    while len(reached) < len(parent):
        reached |= {name for name, base in parent.items() if base in reached}
        steps += 1
    assert steps == 3


def test_a_command_that_fails_is_told_by_its_last_words() -> None:
    with pytest.raises(CommandFailed, match="ended with 3: no such thing"):
        run([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"])


# Telling


def test_a_rate_is_better_where_it_is_higher_and_a_time_where_it_is_lower() -> None:
    assert Measurement("ours", "models/s", [30.0]).times_better(Measurement("peer", "models/s", [10.0])) == 3
    assert Measurement("ours", "s", [10.0]).times_better(Measurement("peer", "s", [30.0])) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most that a process has held")
def test_memory_that_was_held_between_two_looks_counts() -> None:
    # A process that has ended tells nothing more: it stays for a few looks (SAMPLED_EVERY), without what it had held.
    code = f"held = b'x' * 90_000_000; del held; import time; time.sleep({6 * SAMPLED_EVERY})"
    ran = run([sys.executable, "-c", code])
    assert 90 < ran.megabytes < 150


def test_a_target_is_of_time_and_of_memory() -> None:
    target = Target("under 12 s, under 1 GB", 12, 1000)
    assert target.is_met_by(Measurement("ours", "s", [11.0], 999))
    assert not target.is_met_by(Measurement("ours", "s", [11.0], 1001))
    assert not target.is_met_by(Measurement("ours", "s", [13.0], 999))


def test_a_small_hub_is_not_held_to_what_is_meant_for_the_whole() -> None:
    line = Line("graph", Measurement("graph", "s", [1.0]), Target("under 12 s", 12))
    assert "| not judged |" in report.row(line, is_whole=False)
    assert "| yes |" in report.row(line, is_whole=True)


def test_what_was_tried_is_kept_in_the_results(ground: Ground) -> None:
    text = report.report(ground, [Line("graph", Measurement("graph", "s", [1.0, 2.0, 4.0]))], 1)
    assert "| graph | **2.00 s** (1.00 to 4.00) |" in text
    assert report.TRIED.read_text(encoding="utf-8").strip() in text
