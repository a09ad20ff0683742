"""A sweep into the database, and one that changes nothing, beside `HfApi.list_models`, which stores nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PEER = """
import sys
from huggingface_hub import HfApi
fields = ["baseModels", "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified",
          "library_name", "likes", "pipeline_tag", "private", "safetensors", "tags"]
print(sum(1 for _ in HfApi(endpoint=sys.argv[1]).list_models(sort="created_at", expand=fields)))
"""


@dataclass
class Measurement:
    """Models a second of each round, and the largest memory of any."""

    name: str
    rates: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.rates)

    def add(self, models: int, command: list[str]) -> None:
        """Runs the command; its whole time counts, and the memory of all its processes together."""
        began = time.perf_counter()
        with subprocess.Popen(command, env={**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1"}) as process:
            while process.poll() is None:
                self.megabytes = max(self.megabytes, _megabytes(psutil.Process(process.pid)))
                time.sleep(0.05)  # often enough to see a peak, seldom enough not to slow it
        self.rates.append(models / (time.perf_counter() - began))
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with status {process.returncode}")


def measure(models: int, rounds: int) -> list[Measurement]:
    """The peer is the last. Each round runs all of them one after the other."""
    program = [sys.executable, "-m", "jobs.cli"]
    first, second = Measurement("first sweep"), Measurement("second sweep, nothing changed")
    peer = Measurement("HfApi.list_models")
    with _replica(program, models) as url, tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            crawl = [*program, "--db", str(Path(folder) / f"{number}.db"), "crawl", "sweep", "--endpoint", url]
            first.add(models, crawl)
            second.add(models, crawl)
            peer.add(models, [sys.executable, "-c", PEER, url])
    return [first, second, peer]


@contextmanager
def _replica(program: list[str], models: int) -> Iterator[str]:
    command = [*program, "replica", "--generated", str(models), "--port", "0", "--quota", "1000000/300"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101  # it was asked for
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _megabytes(process: psutil.Process) -> float:
    """What a process and those that it started hold now."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):  # it may have ended meanwhile
            total += one.memory_info().rss
    return total / 2**20
