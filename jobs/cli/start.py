"""Where the program begins: what is to be settled before anything else is imported."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """Runs a command and ends the process with its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's, which nothing here uses: they take time and memory
    gc.disable()  # what is imported is not looked through for cycles, which takes some milliseconds
    from jobs.cli.main import main as run

    gc.freeze()  # it stays, and is not looked through again and again
    gc.enable()
    run()
