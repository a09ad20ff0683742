"""Runs the benchmarks and writes RESULTS.md: figures, ratios, machine, versions, how to repeat."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.sweep import Measurement, measure

RESULTS = Path(__file__).parent / "RESULTS.md"
NAMED = ("huggingface_hub", "requests", "msgspec", "numpy", "scipy")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--models", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    text = report(chosen.models, chosen.rounds, measure(chosen.models, chosen.rounds))
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def report(models: int, rounds: int, measurements: list[Measurement]) -> str:
    peer = measurements[-1]
    lines = [
        "# Results",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}; {', '.join(f'{name} {version(name)}' for name in NAMED)}.",
        f"A generated Hub of {models:,} models, served by the replica in a process of its own on the same machine. "
        f"Whole processes, start-up included; median of {rounds} rounds (lowest to highest). "
        "To repeat: `make bench`.",
        "",
        f"| what | models/s | times `{peer.name}` | peak memory |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.median:,.0f} ({min(one.rates):,.0f} to {max(one.rates):,.0f}) "
        f"| {one.median / peer.median:.1f} | {one.megabytes:,.0f} MB |"
        for one in measurements
    ]
    return "\n".join(lines) + "\n"


main()
