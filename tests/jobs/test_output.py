"""Answers as text: what each form does with odd values."""

from __future__ import annotations

import csv
import io
import json

import pytest

from jobs.cli.output import Answer, Form, Format, flat, render, utc
from store.exports.cells import printable

ODD = {"name": "a|b\\c", "total": 1234567, "open": True, "note": None, "relations": {"merge": 2}}


def text(form: Format, *items: dict[str, object]) -> str:
    return render(Answer(items), Form(form))


@pytest.mark.parametrize("form", [Format.TABLE, Format.CSV, Format.TSV, Format.MD, Format.JSONL])
def test_nothing_that_matches_is_no_error(form: Format) -> None:
    assert text(form) in ("", "Nothing matches.\n")


def test_nothing_that_matches_is_an_empty_list_in_json() -> None:
    assert json.loads(text(Format.JSON))["items"] == []


def test_nested_counts_become_columns() -> None:
    assert flat(ODD) == {"name": "a|b\\c", "total": 1234567, "open": True, "note": None, "merge": 2}


def test_a_table_groups_digits_and_shows_nothing_as_a_dash() -> None:
    assert text(Format.TABLE, ODD).splitlines()[1].split() == ["a|b\\c", "1,234,567", "yes", "-", "2"]


def test_numbers_stand_to_the_right_in_a_table() -> None:
    lines = text(Format.TABLE, {"name": "a", "total": 5}, {"name": "b", "total": 12345}).splitlines()
    assert [line[-1] for line in lines] == ["l", "5", "5"]
    assert len({len(line) for line in lines}) == 1


def test_csv_leaves_numbers_as_they_are() -> None:
    assert next(csv.DictReader(io.StringIO(text(Format.CSV, ODD))))["total"] == "1234567"


def test_markdown_escapes_bars_and_backslashes() -> None:
    assert "| a\\|b\\\\c |" in text(Format.MD, ODD)


def test_items_with_different_fields_share_one_header() -> None:
    rows = list(csv.DictReader(io.StringIO(text(Format.CSV, {"name": "a"}, {"name": "b", "more": 1}))))
    assert [row["more"] for row in rows] == ["", "1"]


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x9b2J", "\u202e", "\u2066", "\r", "\x07", "\u061c", "\u2028"], ids=ascii
)
def test_what_steers_a_terminal_is_replaced(hostile: str) -> None:
    assert not set(hostile[:1]) & set(printable(f"a{hostile}b"))


@pytest.mark.parametrize("harmless", ["中文模型", "Ünï-cödé", "a b_c.d-e/f", "🤗"])
def test_other_writing_is_left_as_it_is(harmless: str) -> None:
    assert printable(harmless) == harmless


def test_json_escapes_what_steers_a_terminal_and_loses_nothing() -> None:
    name = "a\x1b\x9b\u202e中"
    said = text(Format.JSONL, {"name": name})
    assert not {"\x1b", "\x9b", "\u202e"} & set(said)
    assert json.loads(said) == {"name": name}


def test_times_are_told_in_utc() -> None:
    assert utc(0) == "1970-01-01T00:00:00Z"


def test_no_time_is_told_as_none() -> None:
    assert utc(None) is None
