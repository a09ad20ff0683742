"""What is settled before the program imports anything, and how it goes on then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def told_by_the_program(expression: str, settings: Mapping[str, str] | None = None) -> Any:
    """What is so when a command begins."""
    code = (
        "import gc, json, os, sys, types\n"
        "told = types.ModuleType('jobs.cli.main')\n"
        f"told.main = lambda: print(json.dumps({expression}))\n"
        "sys.modules['jobs.cli.main'] = told\n"
        "from jobs.cli.start import main\n"
        "main()\n"
    )
    others = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=others | dict(settings or {})
    )
    return json.loads(ran.stdout)


def test_what_is_imported_is_left_aside_and_the_collector_runs_on() -> None:
    assert told_by_the_program("[gc.isenabled(), gc.get_freeze_count() > 0]") == [True, True]


def test_numpy_gets_no_threads_that_nothing_uses_unless_somebody_says_so() -> None:
    threads = "os.environ['OPENBLAS_NUM_THREADS']"
    assert told_by_the_program(threads) == "1"
    assert told_by_the_program(threads, {"OPENBLAS_NUM_THREADS": "4"}) == "4"
