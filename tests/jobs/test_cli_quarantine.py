"""`quality --quarantine`: rows that could not be stored, on the screen and for a script."""

from __future__ import annotations

import pytest

from tests.jobs.program import Program, Reader, opened_hub, small_rows

HOSTILE = {"_id": "\x1b[31mred\u202e", "id": "\x1b]0;title\x07/x" + "y" * 200_000}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    program = Reader(tmp_path_factory.mktemp("quarantine"))
    with opened_hub([*small_rows(), HOSTILE]) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("form", [(), ("--csv",), ("--format", "md"), ("--json",), ("-q",)])
def test_nothing_in_a_row_steers_the_terminal(asked: Program, form: tuple[str, ...]) -> None:
    said = asked.succeeds("quality", "--quarantine", *form)
    assert "hex digits" in said.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(said.stdout + said.stderr)


def test_the_table_has_reason_number_and_the_beginning_of_one(asked: Program) -> None:
    said = asked.succeeds("quality", "--quarantine").stdout
    assert said.splitlines()[0].split() == ["reason", "rows", "earlier", "crawl", "example"]
    assert "1 rows since the last complete sweep began, 0 of earlier crawls" in said


def test_a_script_gets_the_whole_text_cut_at_64_kb(asked: Program) -> None:
    (item,) = asked.asks("quality", "--quarantine")["items"]
    assert (item["crawl"], item["reason"], item["earlier"]) == (1, "_id is not 24 hex digits", False)
    assert 60_000 < len(item["raw"].encode()) <= 65_536


def test_where_every_row_was_stored_there_is_nothing(program: Program) -> None:
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    assert program.succeeds("quality", "--quarantine").stdout.startswith("Nothing matches.")
