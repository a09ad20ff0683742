"""A sweep into the database, and one that changes nothing, beside `HfApi.list_models`, which stores nothing."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
        """Runs the command, whose whole time counts."""
        began = time.perf_counter()
        environment = {**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1"}
        pid = os.spawnve(os.P_NOWAIT, command[0], command, environment)  # noqa: S606  # for wait4, which tells its memory
        _, status, used = os.wait4(pid, 0)
        self.rates.append(models / (time.perf_counter() - began))
        self.megabytes = max(self.megabytes, _megabytes(used))
        if status:
            sys.exit(f"{' '.join(command)} ended with status {status}")


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


def _megabytes(used: resource.struct_rusage) -> float:
    """The kernel counts kilobytes on Linux, and bytes on macOS."""
    return used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
