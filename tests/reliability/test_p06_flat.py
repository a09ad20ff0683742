"""P6: the memory of a sweep stays within 500 MB for 3.25 million models; the whole command, which computes all tables
afterwards and has the lineage in arrays for it, within 1 GB.

Looked at are all processes of a sweep, the one that fetches and the one that writes: what they hold together, where a
page of memory that both have (libraries) counts once; and the most that one of them holds. `make test` sweeps one Hub
that is small, to see that it is measured. Bodies that grow are in test_p06_memory.py.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks import pages
from benchmarks.measuring import FULL, ROOT, program
from benchmarks.server import serving
from tests.jobs.program import clean_environment
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, SOAK

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which pages of memory are shared")
SIZES = [FULL // 10, FULL] if SOAK else [2_000]
SWEEP_MEGABYTES = 500
COMMAND_MEGABYTES = 1000
LOOKED_AT_EVERY = 0.2  # seconds


@dataclass(frozen=True)
class Held:
    """The most memory, in MB: of all processes at one moment, and of one of them."""

    together: float
    by_one: float


def held_by(command: Sequence[str]) -> Held:
    """Runs a command to its end and looks at what it and the processes that it starts hold."""
    together, by_one = [0.0], [0.0]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            found = list(_memory(process.pid))
            together.append(sum(one.pss for one in found) / 1e6)
            by_one += [one.rss / 1e6 for one in found]
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOKED_AT_EVERY)
    assert process.returncode == 0
    return Held(max(together), max(by_one))


def _memory(pid: int) -> Iterator[Any]:
    with suppress(psutil.Error):  # it has ended meanwhile
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                yield one.memory_full_info()


@contextmanager
def served(folder: Path, models: int) -> Iterator[str]:
    """The generated Hub of this size, as pages that are made beforehand and gone afterwards."""
    place = pages.build(folder / "pages", models, SEED)
    with serving(place) as (url, _):
        yield url
    shutil.rmtree(place)


@pytest.mark.parametrize("models", SIZES)
def test_a_sweep_keeps_within_its_memory(models: int, tmp_path: Path, tried: Tried) -> None:
    with served(tmp_path, models) as url:
        sweep = held_by([sys.executable, "-m", "benchmarks.stored", str(tmp_path / "stored.db"), url])
        _remove(tmp_path / "stored.db", models)
        command = held_by(program(tmp_path / "whole.db", "crawl", "sweep", "--endpoint", url))
        _remove(tmp_path / "whole.db", models)
    assert 0 < sweep.together <= SWEEP_MEGABYTES
    assert 0 < command.together <= COMMAND_MEGABYTES
    tried(f"a sweep of {models:,} models to its last commit", 1, _told(sweep, SWEEP_MEGABYTES))
    tried(f"a sweep of {models:,} models with all tables computed", 1, _told(command, COMMAND_MEGABYTES))


def _remove(database: Path, models: int) -> None:
    """What was swept: a gigabyte at full size, which no later test needs."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM model").fetchone() == (models,)
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


def _told(held: Held, most: int) -> str:
    return f"{held.together:.0f} MB of {most} held by all processes together, {held.by_one:.0f} by the largest"
