"""How often the promises are tried, and the page that tells of it. No test.

`make test` tries each a few times; `make soak` sets `MODELROOTS_SOAK` and tries them whole. `MODELROOTS_SEED` moves
every seed. `MODELROOTS_RELIABILITY` names the file that the page is written to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

SOAK = bool(os.environ.get("MODELROOTS_SOAK"))
SEED = int(os.environ.get("MODELROOTS_SEED", "1"))
PAGE = os.environ.get("MODELROOTS_RELIABILITY")
_PROMISE = re.compile(r"test_(?:p(\d\d)|other_hub)_?")
_OTHER = 99
"""Of the tests that hold many promises against another Hub than the replica: told last."""
_HEAD = """# What was promised, and how it was tried

Written by `make soak` on {day} of version {version}, with seed {seed}, in {minutes} minutes; each file of
`tests/reliability` holds one promise, or a part of one.
`make test` tries the same with smaller numbers. Another seed: `MODELROOTS_SEED=7 make soak`.

| promise | what was tried | how many times | result |
|---|---|---:|---|
"""


@dataclass(frozen=True)
class Told:
    """What one finished test has to tell: the file it is in, whether it passed, and what it tried."""

    test: str
    passed: bool
    tried: tuple[tuple[str, int, str], ...]


def scaled(small: int, whole: int) -> int:
    """How often: in `make test`, and in `make soak`."""
    return whole if SOAK else small


def seeds(times: int, *, a_test: int = 50) -> list[range]:
    """So many seeds, split into what one test tries: of the files, those with most tests are begun first."""
    return [range(first, min(first + a_test, SEED + times)) for first in range(SEED, SEED + times, a_test)]


def page(told: Iterable[Told], *, minutes: int, day: datetime | None = None) -> str:
    """The table of `docs/reliability.md`. A promise of which any test failed is told as failed."""
    promises: dict[int, list[Told]] = {}
    for one in told:
        if found := _PROMISE.search(one.test):
            promises.setdefault(int(found[1] or _OTHER), []).append(one)
    lines = [line for number in sorted(promises) for line in _lines(number, promises[number])]
    today = (day or datetime.now(UTC)).date()
    return _HEAD.format(day=today, version=version("modelroots"), seed=SEED, minutes=minutes) + "".join(lines)


def _lines(number: int, told: list[Told]) -> list[str]:
    failed = [one.test for one in told if not one.passed]
    tried: dict[tuple[str, str], int] = {}
    for what, times, result in (row for one in told if one.passed for row in one.tried):
        tried[what, result] = tried.get((what, result), 0) + times
    rows = [(what, f"{times:,}", result) for (what, result), times in tried.items()]
    if failed:
        names = ", ".join(f"`{test.rpartition('::')[2]}`" for test in failed)
        rows.append((f"{len(failed)} of {len(told)} tests", "", f"**failed**: {names}"))
    elif not rows:
        rows = [(f"{len(told)} tests", "1", "passed")]
    promise = "another Hub" if number == _OTHER else f"P{number}"
    return [f"| {promise} | {what} | {times} | {result} |\n" for what, times, result in rows]


def write(told: Iterable[Told], *, minutes: int) -> None:
    if PAGE:
        Path(PAGE).write_text(page(told, minutes=minutes), encoding="utf-8")
