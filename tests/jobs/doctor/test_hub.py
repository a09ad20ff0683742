"""Checks of the Hub, each with what makes it fail."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from jobs.doctor.check import Check
from jobs.doctor.hub import answers
from jobs.settings import Chosen, Settings
from tests.jobs.conftest import OpenHub
from tests.jobs.program import small_rows

TOKEN = "hf_" + "a" * 30


def found(url: str, token: str | None = None, clock: Callable[[], float] = time.time) -> dict[str, Check]:
    settings = Settings({"endpoint": Chosen(url, "--endpoint")})
    return {check.name: check for check in answers(settings, token, clock)}


def test_all_is_well_with_a_hub_that_answers(open_hub: OpenHub) -> None:
    checks = found(open_hub(small_rows(), quota="500/300").url)
    assert {name: check.state for name, check in checks.items()} == dict.fromkeys(
        ("hub", "token", "quota", "clock"), "ok"
    )
    assert checks["quota"].finding.startswith("499 of 500 requests left")


def test_nobody_there_is_a_problem() -> None:
    assert found("http://127.0.0.1:1")["hub"].state == "problem"


@pytest.mark.parametrize("address", ["nonsense", "ftp://hub", "https://user:word@hub"])
def test_an_address_that_is_none_is_a_problem(address: str) -> None:
    assert found(address)["hub"].state == "problem"


def test_a_token_that_is_accepted_is_said_to_be_and_not_shown(open_hub: OpenHub) -> None:
    checks = found(open_hub(small_rows(), token=TOKEN).url, TOKEN)
    assert (checks["token"].state, checks["token"].finding) == ("ok", "accepted")
    assert TOKEN not in str(checks)


def test_a_token_that_is_refused_is_a_problem(open_hub: OpenHub) -> None:
    checks = found(open_hub(small_rows(), token="hf_" + "b" * 30).url, TOKEN)
    assert [(name, check.state) for name, check in checks.items()] == [("token", "problem")]
    assert TOKEN not in str(checks)


def test_a_hub_that_wants_a_token_is_a_problem_without_one(open_hub: OpenHub) -> None:
    assert found(open_hub(small_rows(), require_token=True).url)["hub"].state == "problem"


def test_a_quota_that_is_nearly_used_up_is_warned_of(open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), quota="10/300")
    states = [found(hub.url)["quota"].state for _ in range(9)]
    assert states == ["ok"] * 8 + ["warning"]


@pytest.mark.parametrize(
    ("seconds", "state", "word"),
    [(30, "ok", ""), (3600, "warning", "ahead of"), (-3600, "warning", "behind"), (3 * 86400, "problem", "ahead of")],
)
def test_the_clock_is_held_against_the_hub_s(open_hub: OpenHub, seconds: float, state: str, word: str) -> None:
    check = found(open_hub(small_rows()).url, clock=lambda: time.time() + seconds)["clock"]
    assert (check.state, word in check.finding) == (state, True)
