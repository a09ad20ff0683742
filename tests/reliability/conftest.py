"""`tried`: how a promise's test tells what it did, for the page that `make soak` writes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.reliability import soak

BEGAN = time.monotonic()
Tried = Callable[[str, int, str], None]


@pytest.fixture
def tried(request: pytest.FixtureRequest) -> Tried:
    """What was tried, how often, and what came of it: `tried("each fault at each request", 412, "the same rows")`.

    To be called after the asserts, where it is true.
    """

    def tell(what: str, times: int, result: str) -> None:
        request.node.user_properties.append(("tried", [what, times, result]))

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed", "error") for report in terminalreporter.getreports(outcome)]
    told = [_told(report) for report in reports if isinstance(report, pytest.TestReport)]
    soak.write(told, minutes=round((time.monotonic() - BEGAN) / 60))


def _told(report: pytest.TestReport) -> soak.Told:
    tried = tuple(tuple(told) for name, told in report.user_properties if name == "tried" and isinstance(told, list))
    return soak.Told(report.nodeid, report.passed, tried)
