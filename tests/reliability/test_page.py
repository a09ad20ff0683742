"""The page that `make soak` writes: a line for each thing that was tried, and no failure left out."""

from __future__ import annotations

from tests.reliability.soak import Told, page

PATH = "tests/reliability/test_p02_faults.py::test_"


def last_lines(*told: Told) -> list[str]:
    return page(told, minutes=40).partition("---:|---|\n")[2].splitlines()


def test_a_line_says_what_was_tried_how_often_and_what_came_of_it() -> None:
    told = Told(f"{PATH}a", passed=True, tried=(("each kind at each request", 1234, "same rows"),))
    assert last_lines(told) == ["| P2 | each kind at each request | 1,234 | same rows |"]


def test_a_promise_with_a_failed_test_says_so_beside_what_passed() -> None:
    passed = Told(f"{PATH}a", passed=True, tried=(("rates", 5, "same rows"),))
    failed = Told(f"{PATH}b", passed=False, tried=())
    assert last_lines(failed, passed)[-1] == "| P2 | 1 of 2 tests |  | **failed**: `test_b` |"


def test_a_failed_test_is_not_told_as_tried() -> None:
    failed = Told(f"{PATH}a", passed=False, tried=(("rates", 5, "same rows"),))
    assert len(last_lines(failed)) == 1


def test_promises_stand_in_their_order() -> None:
    later = Told("tests/reliability/test_p18_offline.py::test_a", passed=True, tried=())
    earlier = Told(f"{PATH}a", passed=True, tried=(("rates", 5, "same rows"),))
    assert [line[:5] for line in last_lines(later, earlier)] == ["| P2 ", "| P18"]


def test_what_several_tests_have_tried_is_one_line() -> None:
    told = [Told(f"{PATH}{name}", passed=True, tried=(("rates", 1000, "same rows"),)) for name in "ab"]
    assert last_lines(*told) == ["| P2 | rates | 2,000 | same rows |"]


def test_what_is_tried_against_another_hub_is_told_last() -> None:
    other = Told("tests/reliability/test_other_hub.py::test_a", passed=True, tried=(("lies", 3, "same rows"),))
    late = Told("tests/reliability/test_p18_offline.py::test_a", passed=True, tried=())
    assert last_lines(other, late)[-1] == "| another Hub | lies | 3 | same rows |"
