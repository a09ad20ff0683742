"""Columns of times: read at once where all have the Hub's form, and else one by one, to the same seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.times import seconds

HUB = "%Y-%m-%dT%H:%M:%S.000Z"


@given(st.lists(st.integers(-30_000_000_000, 250_000_000_000), max_size=5))  # the years 1019 to 9892
def test_a_column_in_the_hub_s_form_is_read_to_the_second(moments: list[int]) -> None:
    assert seconds([datetime.fromtimestamp(moment, UTC).strftime(HUB) for moment in moments]) == moments


@pytest.mark.parametrize(
    ("text", "second"),
    [
        (None, None),
        ("yesterday", None),
        ("2026-02-29T00:00:00.000Z", None),
        ("2026-13-01T00:00:00.000Z", None),
        ("2026-00-01T00:00:00.000Z", None),
        ("2026-01-01T24:00:00.000Z", None),
        ("2026-01-01T00:60:00.000Z", None),
        ("2026-01-01T00:00:00.00xZ", None),
        ("2026-01-01T00:00:00.9999", 1767225600),
        ("2026-01-01T00:00:00", 1767225600),
        ("2026-01-01T01:00:00+01:00", 1767225600),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("२०२६-01-01T00:00:00.000Z", None),
    ],
)
def test_a_text_of_another_form_costs_its_neighbours_nothing(text: str | None, second: int | None) -> None:
    assert seconds(["2024-02-29T23:59:59.000Z", text]) == [1709251199, second]


def test_no_texts_are_no_times() -> None:
    assert seconds([]) == []
