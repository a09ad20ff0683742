"""The demonstration: a generated Hub, the nightly job, the first questions. No request leaves this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from jobs.cli.nights import run_night
from jobs.progress import say
from jobs.settings import read_settings

FAMILIES = ("qwen", "deepseek", "kimi")


def run(folder: Path, *, count: int, seed: int) -> None:
    """Crawls a generated Hub into `folder` and asks the program itself for the counts."""
    say(f"This Hub is generated: {count:,} made-up models with the shape of the real one (seed {seed}).")
    say("Its bases have real names; its figures say nothing about the world.")
    catalogue = generate(count, seed)
    database = folder / "modelroots.db"
    with running(Replica(catalogue, quota="10000/300")) as url:
        flags = {"db": str(database), "endpoint": url, "snapshots": str(folder / "snapshots")}
        run_night(read_settings(flags, {}, folder), None)
    say("")
    program = ["modelroots", "--db", str(database)]
    _show([*program, "derivatives", *FAMILIES])
    say("")
    say("What to type next (.venv/bin/modelroots, if it is not on your PATH):")
    for question in (
        "families",
        "tree moonshotai/Kimi-K2-Instruct --limit 20",
        "export --format csv --out lineage",
        f"snapshot verify --snapshots {folder / 'snapshots'}",
    ):
        say(f"  {' '.join(program)} {question}")
    say("The real Hub: modelroots nightly   (about 3,250 requests: some 40 minutes at the anonymous quota)")


def _show(command: list[str]) -> None:
    """Runs the program as a user would, and shows the command above what it prints."""
    say(f"$ {' '.join(command)}")
    sys.stderr.flush()
    subprocess.run([sys.executable, "-m", "jobs.cli", *command[1:]], check=True)  # noqa: S603  # our own program
