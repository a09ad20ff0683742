"""Where the program begins: what it imports is not looked through for cycles, which takes some milliseconds."""

from __future__ import annotations

import gc


def main() -> None:
    """Runs a command and ends the process with its exit code."""
    gc.disable()
    from jobs.cli.main import main as run

    gc.freeze()  # what was imported stays, and is not looked through again and again
    gc.enable()
    run()
