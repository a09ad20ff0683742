"""Names that would steer a terminal or a spreadsheet: stored as they are, shown harmless."""

from __future__ import annotations

import json
import re

import pytest

from tests.jobs.program import Reader, model, opened_hub

RED, TURNED, FORMULA = "evil/\x1b[31mred", "evil/\u202egnp.exe", "=cmd()/x"
C1 = "evil/\x9b2Jclear"
GHOST = "evil/\x1b]0;title\x07ghost"
HOSTILE = (RED, TURNED, C1, FORMULA)
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
QUESTIONS = [
    *(("derivatives", *HOSTILE, "--format", form) for form in ("table", "json", "jsonl", "csv", "tsv", "md")),
    ("derivatives", *HOSTILE, "-q"),
    *(("tree", "Qwen/Q", "--format", form) for form in ("text", "json", "dot", "mermaid")),
    ("tree", "good/x", "--up"),
    ("derivatives", "no\x1b[31msuch"),
    ("tree", "no\u202esuch"),
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    program = Reader(tmp_path_factory.mktemp("hostile"))
    rows = [model(number, name, ("finetune", "Qwen/Q")) for number, name in enumerate(HOSTILE, 2)]
    with opened_hub([model(1, "Qwen/Q"), *rows, model(9, "good/x", ("finetune", GHOST))]) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("question", QUESTIONS, ids=ascii)
def test_no_answer_steers_the_screen(hostile: Reader, question: tuple[str, ...]) -> None:
    ran = hostile.run(*question)
    assert not STEERS.search(ran.stdout + ran.stderr)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_reads_back_from_json_as_it_is(hostile: Reader, name: str) -> None:
    assert hostile.asks("derivatives", name)["items"][0]["name"] == name


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_reads_back_from_jsonl_as_it_is(hostile: Reader, name: str) -> None:
    assert json.loads(hostile.succeeds("derivatives", name, "--format", "jsonl").stdout)["name"] == name


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_name_that_begins_like_a_formula_is_quoted_for_spreadsheets(hostile: Reader, form: str) -> None:
    assert f"\n'{FORMULA}" in hostile.succeeds("derivatives", FORMULA, "--format", form).stdout


def test_hostile_names_are_counted_like_others(hostile: Reader) -> None:
    assert hostile.asks("derivatives", "Qwen/Q")["items"][0]["total"] == len(HOSTILE)
