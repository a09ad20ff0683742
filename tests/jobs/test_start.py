"""The program begins without looking for cycles, and goes on with doing so."""

from __future__ import annotations

import json
import subprocess
import sys


def test_what_is_imported_is_left_aside_and_the_collector_runs_on() -> None:
    code = (
        "import gc, json, sys, types\n"
        "told = types.ModuleType('jobs.cli.main')\n"
        "told.main = lambda: print(json.dumps([gc.isenabled(), gc.get_freeze_count() > 0]))\n"
        "sys.modules['jobs.cli.main'] = told\n"
        "from jobs.cli.start import main\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [True, True]
