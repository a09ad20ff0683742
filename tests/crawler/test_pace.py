"""One pace for several threads: what is out counts, and what one answer asks for holds them all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from crawler.limits import Quota
from crawler.pace import USED_UP, Pace


class Waits(list[tuple[float, str]]):
    """Writes down each wait, and moves its clock by it."""

    now = 0.0

    def pause(self, seconds: float, why: str) -> None:
        self.append((seconds, why))
        self.now += seconds

    def clock(self) -> float:
        return self.now


def told(pace: Pace, waits: Waits, remaining: int, *, reset_in: float = 100.0) -> None:
    """One answer."""
    with pace.turn(waits.pause) as began:
        pace.note(began, Quota(100, remaining, reset_in, 300.0))


def begins(pace: Pace, pause: Callable[[float, str], None], began: threading.Event) -> threading.Thread:
    def ask() -> None:
        with pace.turn(pause):
            began.set()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_questions_that_are_out_count_against_what_is_left() -> None:
    waits, began = Waits(), threading.Event()
    pace = Pace(waits.clock)
    told(pace, waits, 13)
    with ExitStack() as out:
        for _ in range(3):
            out.enter_context(pace.turn(waits.pause))
        thread = begins(pace, waits.pause, began)
        assert not began.wait(0.05)
    thread.join()
    assert began.is_set()
    assert waits == []


def test_of_two_answers_at_once_the_lower_count_holds() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 50)
    with pace.turn(waits.pause) as first, pace.turn(waits.pause) as second:
        pace.note(second, Quota(100, 48, 100.0, 300.0))
        pace.note(first, Quota(100, 49, 100.0, 300.0))
    assert pace.quota is not None
    assert pace.quota.remaining == 48


def test_a_late_answer_of_a_window_that_is_over_says_nothing() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 50, reset_in=2.0)
    with pace.turn(waits.pause) as old, pace.turn(waits.pause) as new:
        pace.note(new, Quota(100, 99, 300.0, 300.0))
        pace.note(old, Quota(100, 10, 1.0, 300.0))
    told(pace, waits, 98)
    assert waits == []


def test_a_new_window_is_known_by_its_reset() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 12, reset_in=1.0)
    with pace.turn(waits.pause) as first, pace.turn(waits.pause) as second:
        pace.note(first, Quota(100, 11, 1.0, 300.0))
        waits.now += 1
        pace.note(second, Quota(100, 99, 300.0, 300.0))
    assert pace.quota is not None
    assert pace.quota.remaining == 99


def test_after_an_answer_alone_its_count_is_taken_as_it_is() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 50)
    told(pace, waits, 70)
    assert pace.quota is not None
    assert pace.quota.remaining == 70


def test_a_wait_holds_all_and_one_of_them_is_told_why() -> None:
    waits = Waits()
    pace = Pace(lambda: 0.0)
    told(pace, waits, 5)
    barrier = threading.Barrier(3)

    def pause(seconds: float, why: str) -> None:
        waits.append((seconds, why))
        barrier.wait(10)

    threads = [begins(pace, pause, threading.Event()) for _ in range(3)]
    for thread in threads:
        thread.join()
    assert sorted(waits) == [(101.0, ""), (101.0, ""), (101.0, USED_UP)]


def test_after_a_refusal_one_asks_and_the_others_wait_for_its_answer() -> None:
    waits, began = Waits(), threading.Event()
    pace = Pace(waits.clock)
    with pace.turn(waits.pause) as first:
        pace.note(first, Quota(100, 90, 100.0, 300.0), wait=7.0, why="429", refused=True)
    with pace.turn(waits.pause) as second:
        thread = begins(pace, waits.pause, began)
        assert not began.wait(0.05)
        pace.note(second, Quota(100, 89, 93.0, 300.0))
    thread.join()
    assert waits == [(7.0, "429")]


def test_an_answer_of_another_limit_counts_against_the_one_that_is_known() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 11)
    told(pace, waits, 250)
    told(pace, waits, 9)
    assert waits == [(101.0, USED_UP)]


def test_a_refusal_with_some_left_is_of_another_limit_and_counts_against_the_one_that_is_known() -> None:
    waits = Waits()
    pace = Pace(waits.clock)
    told(pace, waits, 11)
    with pace.turn(waits.pause) as asked:
        pace.note(asked, Quota(100, 60, 100.0, 300.0), wait=2.0, why="429", refused=True)
    assert pace.quota is not None
    assert pace.quota.remaining == 10
    told(pace, waits, 9)
    assert waits == [(101.0, USED_UP)]
