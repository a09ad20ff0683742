"""Times and memory of whole processes, and what is told of them: measurements, targets, and the lines of the table."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
FULL = 3_250_000
"""The size of the live Hub, which the targets are for."""
SAMPLED_EVERY = 0.05  # seconds: often enough to see a peak, seldom enough not to slow what is measured


class CommandFailed(Exception):
    """A measured command that did not end well; the text says which, and what it wrote last."""


@dataclass(frozen=True)
class Ran:
    """One run of a command: wall time in seconds, peak memory of all its processes together, what it printed."""

    seconds: float
    megabytes: float
    output: str


@dataclass
class Measurement:
    """One figure, a value for each round; `unit` says which way is better. `megabytes` is the peak of all rounds."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self.unit.endswith("/s")

    def add(self, value: float, megabytes: float = 0.0) -> None:
        self.values.append(value)
        self.megabytes = max(self.megabytes, megabytes)

    def times_better(self, peer: Measurement) -> float | None:
        """How many times as good as a peer that is measured in the same unit; None where a figure is missing or 0."""
        if not (self.values and peer.values and self.median and peer.median):
            return None
        return self.median / peer.median if self.is_rate else peer.median / self.median


@dataclass(frozen=True)
class Target:
    """What a figure should be: at least `value` for a rate, at most for anything else; and its memory.

    One that is not `at_any_size` is for the whole Hub, and a smaller one says nothing about it.
    """

    text: str
    value: float
    megabytes: float = float("inf")
    at_any_size: bool = False

    def is_met_by(self, measured: Measurement) -> bool:
        is_enough = measured.median >= self.value if measured.is_rate else measured.median <= self.value
        return is_enough and measured.megabytes <= self.megabytes


@dataclass(frozen=True)
class Line:
    """One line of the table. Without a value in `measured`, `remark` says why there is none."""

    what: str
    measured: Measurement
    target: Target | None = None
    peers: tuple[Measurement, ...] = ()
    remark: str = ""


def program(database: Path, *arguments: object) -> list[str]:
    """The command line of modelroots over a database."""
    return [sys.executable, "-m", "jobs.cli", "--db", str(database), *map(str, arguments)]


def peer(name: str, *arguments: object) -> list[str]:
    """The command line of one of `benchmarks.peers`."""
    return [sys.executable, "-m", f"benchmarks.peers.{name}", *map(str, arguments)]


def run(command: Sequence[str]) -> Ran:
    """Runs a command to its end, none of this shell's settings for a Hub or modelroots in its way."""
    with tempfile.TemporaryFile("w+") as written, tempfile.TemporaryFile("w+") as told:
        began = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=written, stderr=told) as process:
            memory = _Memory(process.pid)
            process.wait()
            seconds = time.perf_counter() - began
            megabytes = memory.peak()
        written.seek(0)
        if process.returncode:
            told.seek(0)
            raise CommandFailed(f"`{' '.join(command)}` ended with {process.returncode}: {told.read()[-500:].strip()}")
        return Ran(seconds, megabytes, written.read())


def _environment() -> dict[str, str]:
    """This shell's, and compiled modules are kept, as any installation keeps them: else each start compiles anew."""
    left_out = ("HF_", "MODELROOTS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "HF_HUB_DISABLE_TELEMETRY": "1", "NO_COLOR": "1", "COLUMNS": "200"}


class _Memory:
    """Looks at a process and those that it started, from a thread: waiting for its end is then to the moment."""

    def __init__(self, pid: int) -> None:
        self._peak = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,))
        self._thread.start()

    def peak(self) -> float:
        """The most that was seen, in MB; ends the watch."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _watch(self, pid: int) -> None:
        with suppress(psutil.Error):  # it has ended
            process = psutil.Process(pid)
            while not self._ended.is_set():
                self._peak = max(self._peak, _megabytes(process))
                self._ended.wait(SAMPLED_EVERY)


def _megabytes(process: psutil.Process) -> float:
    """What a process and those that it started hold now; of one alone the most that it has held so far."""
    others = process.children(recursive=True)
    total = 0
    for one in (process, *others):
        with suppress(psutil.Error):  # it may have ended meanwhile
            total += one.memory_info().rss
    return (total if others else max(total, _high_water(process))) / 1e6


def _high_water(process: psutil.Process) -> int:
    """In bytes, as Linux keeps it: a run of a second has its peak between two looks. 0 where it is not told."""
    with suppress(OSError):
        told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text(encoding="ascii"))
        return int(told[1]) * 1024 if told else 0
    return 0
