"""Values as texts: times as the calendar has them, odd texts escaped and the others left alone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from store.exports.cells import iso
from store.exports.texts import Escapes, lines, times

DOUBLED = Escapes(b'"', lambda text: text.replace('"', '""').replace("=", "'="), b"=")


@pytest.mark.parametrize(
    "seconds", [0, -1, 1_785_000_000, -62_135_596_800, -30_610_224_001, 253_402_300_799, 253_402_300_800, -(2**40)]
)
def test_a_time_is_written_as_elsewhere(seconds: int) -> None:
    column = pa.array([5, seconds, None], pa.timestamp("s", tz="UTC"))
    assert times(column).to_pylist() == [iso(5), iso(seconds), None]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["a", 'b"', "é", ""], ["a", 'b""', "é", ""]),
        (["=a", "b=c", ""], ["'=a", "b=c", ""]),
        (["", "", '"'], ["", "", '""']),
        ([], []),
    ],
)
def test_odd_texts_alone_are_escaped(given: list[str], wanted: list[str]) -> None:
    assert DOUBLED.applied(pa.array(given, pa.string())).to_pylist() == wanted


def test_a_part_of_a_column_is_escaped_in_its_own_rows() -> None:
    assert DOUBLED.applied(pa.array(['"', "a", 'b"', "c"])[1:]).to_pylist() == ["a", 'b""', "c"]


def test_a_row_without_a_value_has_what_stands_for_none() -> None:
    assert bytes(lines(["<", pa.array(["a", None]), ">\n"], absent="-")) == b"<a>\n<->\n"
