"""Renames that no crawl has seen: asked for by night, a bounded number, and heeded the next night."""

from __future__ import annotations

import pytest

from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, Row, RunningHub, model

ROWS: list[Row] = [
    model(1, "Qwen/New", renamedFrom="Qwen/Old"),
    model(2, "alice/1", ("finetune", "Qwen/Old")),
    model(3, "alice/2", ("finetune", "Qwen/Old")),
    model(4, "bob/1", ("finetune", "nobody/here")),
]


def looked_up(hub: RunningHub) -> list[str]:
    """The names asked for by the detail route, in order."""
    paths = [path.partition("?")[0] for _, path, _ in hub.replica.log]
    return [path.removeprefix("/api/models/") for path in paths if path.startswith("/api/models/")]


def test_a_rename_that_no_crawl_has_seen_counts_from_the_next_night_on(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(ROWS)
    for expected in (0, 2):
        program.run("nightly", "--accept", "--endpoint", hub.url)
        (item,) = program.asks("quality")["items"]
        assert item["resolved"] == expected
    assert program.asks("derivatives", "Qwen/Old")["items"][0]["total"] == 2


def test_the_largest_is_asked_for_first_and_nobody_twice(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(ROWS)
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    items = prepared.succeeds("renames", "--endpoint", hub.url, "--json").json["items"]
    assert items == [
        {"name": "Qwen/Old", "derivatives": 2, "now": "Qwen/New", "known": True},
        {"name": "nobody/here", "derivatives": 1, "now": None, "known": False},
    ]
    assert looked_up(hub) == ["Qwen/Old", "Qwen/New", "nobody/here"]
    assert prepared.succeeds("renames", "--endpoint", hub.url, "--json").json["items"] == []
    assert len(looked_up(hub)) == 3


@pytest.mark.parametrize(("most", "asked"), [(0, []), (1, ["Qwen/Old", "Qwen/New"])])
def test_no_more_are_asked_for_than_were_allowed(
    prepared: Program, open_hub: OpenHub, most: int, asked: list[str]
) -> None:
    hub = open_hub(ROWS)
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    prepared.succeeds("renames", "--lookups", most, "--endpoint", hub.url)
    assert looked_up(hub) == asked


def test_a_token_that_is_refused_is_no_word_about_a_name(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("crawl", "sweep", "--endpoint", open_hub(ROWS).url)
    hub = open_hub(ROWS, token="hf_" + "b" * 30)
    ran = prepared.run("renames", "--endpoint", hub.url, environment={"HF_TOKEN": "hf_" + "a" * 30})
    assert ran.code == 4
    assert prepared.query("SELECT count(*) FROM alias") == [(0,)]


def test_what_was_asked_before_the_hub_failed_is_kept(prepared: Program, open_hub: OpenHub) -> None:
    token = "hf_" + "a" * 30
    hub = open_hub(ROWS, faults="401@4", token=token)
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    ran = prepared.run("renames", "--endpoint", hub.url, environment={"HF_TOKEN": token})
    assert ran.code == 4
    assert prepared.query("SELECT name FROM alias") == [("Qwen/New",)]


def test_a_night_whose_hub_fails_by_then_has_its_snapshot_all_the_same(prepared: Program, open_hub: OpenHub) -> None:
    token = "hf_" + "a" * 30
    hub = open_hub(ROWS, faults="401@2", token=token)
    ran = prepared.succeeds("nightly", "--endpoint", hub.url, environment={"HF_TOKEN": token})
    assert "Renames were not looked up: " in ran.stderr
    assert token not in ran.stderr


def test_a_name_that_is_withdrawn_leads_nowhere(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(ROWS, faults="404@2")
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url)
    prepared.succeeds("renames", "--lookups", 1, "--endpoint", hub.url)
    assert prepared.query("SELECT hub_id, name FROM alias") == [(None, None)]
