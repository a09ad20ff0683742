"""What a crawl says while it runs, by a clock that is set by hand."""

from __future__ import annotations

import io

import pytest

from jobs.progress import EVERY_SECONDS, Progress
from store.writer import Tally

PAGE = Tally(fetched=1000)


class Clock:
    """Seconds that pass only when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_line_tells_pages_models_rate_and_time_to_go(clock: Clock) -> None:
    progress = Progress("sweep", expected=10_000, screen=io.StringIO(), clock=clock)
    clock.now = 2.0
    progress.advance(PAGE, 488)
    line = "sweep: 1 pages, 1,000 of about 10,000 models, 500/s, 18 s to go, 488 requests left in this window"
    assert progress.line(488) == line


def test_without_an_expectation_no_time_to_go_is_told(clock: Clock) -> None:
    progress = Progress("walk", expected=None, screen=io.StringIO(), clock=clock)
    clock.now = 1.0
    progress.advance(PAGE, None)
    assert progress.line(None) == "walk: 1 pages, 1,000 models, 1,000/s"


def test_a_resumed_crawl_s_rate_leaves_out_what_was_done_before(clock: Clock) -> None:
    progress = Progress("sweep", expected=None, done=5000, screen=io.StringIO(), clock=clock)
    clock.now = 1.0
    progress.advance(PAGE, None)
    assert progress.line(None) == "sweep: 1 pages, 6,000 models, 1,000/s"


@pytest.mark.parametrize(
    ("seconds", "told"), [(1, "9 s to go"), (20, "3 min to go"), (1000, "2.5 h to go")], ids=["s", "min", "h"]
)
def test_time_to_go_is_told_in_a_fitting_unit(clock: Clock, seconds: float, told: str) -> None:
    progress = Progress("sweep", expected=10_000, screen=io.StringIO(), clock=clock)
    clock.now = seconds
    progress.advance(PAGE, None)
    assert told in progress.line(None)


def test_off_a_terminal_a_line_is_written_only_now_and_then(clock: Clock) -> None:
    screen = io.StringIO()
    progress = Progress("sweep", expected=None, screen=screen, clock=clock)
    for clock.now in (1.0, EVERY_SECONDS, EVERY_SECONDS + 1):
        progress.advance(PAGE, None)
    assert len(screen.getvalue().splitlines()) == 1


def test_off_a_terminal_nothing_is_rewritten(clock: Clock) -> None:
    screen = io.StringIO()
    progress = Progress("sweep", expected=None, screen=screen, clock=clock)
    clock.now = EVERY_SECONDS
    progress.advance(PAGE, None)
    progress.waiting(3, "HTTP 503")
    progress.close()
    assert not {"\r", "\x1b"} & set(screen.getvalue())


def test_on_a_terminal_one_line_is_rewritten(clock: Clock) -> None:
    screen = Terminal()
    progress = Progress("sweep", expected=None, screen=screen, clock=clock)
    clock.now = 1.0
    progress.advance(PAGE, None)
    progress.advance(PAGE, None)
    progress.close()
    assert (screen.getvalue().count("\r"), screen.getvalue().count("\n")) == (2, 1)


def test_a_wait_is_told_with_its_reason(clock: Clock) -> None:
    screen = io.StringIO()
    Progress("sweep", expected=None, screen=screen, clock=clock).waiting(12.4, "the quota is used up")
    assert screen.getvalue() == "sweep: waiting 12 s: the quota is used up\n"
