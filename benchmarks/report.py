"""The results as Markdown: machine, versions, how to repeat, the table, and what was tried and did not help."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.ground import SEED, Ground
from benchmarks.measuring import FULL, SAMPLED_EVERY, Line, Measurement

FOLDER = Path(__file__).parent
TRIED = FOLDER / "TRIED.md"
NAMED = ("huggingface_hub", "requests", "msgspec", "numpy", "pyarrow", "sqlmodel", "networkx", "duckdb")
_HEADER = (
    "| what | figure | memory | target | met | peers in the same run (times as good as they are) | remark |",
    "|---|---|---|---|---|---|---|",
)


def path_of(ground: Ground) -> Path:
    """Where the results of a run are kept; a smaller Hub's do not take the place of the whole one's."""
    return FOLDER / ("RESULTS.md" if ground.models >= FULL else "RESULTS-quick.md")


def report(ground: Ground, lines: Sequence[Line], minutes: float) -> str:
    tried = TRIED.read_text(encoding="utf-8").strip()
    return "\n".join(
        [
            "# Results",
            "",
            _machine(),
            "",
            _method(ground, minutes),
            "",
            *_HEADER,
            *(row(line, is_whole=ground.models >= FULL) for line in lines),
            "",
            "## What was tried and did not help",
            "",
            tried,
            "",
        ]
    )


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in NAMED)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {os.cpu_count()} cores, {platform.machine()}, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; {versions}."
    )


def _method(ground: Ground, minutes: float) -> str:
    told = (
        f"To repeat: `python -m benchmarks --models {ground.models} --rounds {ground.rounds}` ({minutes:.1f} minutes "
        f"here). A generated Hub of {ground.models:,} models (seed {SEED}), served from pages built beforehand by a "
        "process on the same machine. Where no remark says otherwise: whole processes, start-up included; median of "
        f"{ground.rounds} rounds (lowest to highest); memory is the most that all processes of a command held at once, "
        f"looked at every {SAMPLED_EVERY} s, what they share counted in each; of a process alone what Linux has seen."
    )
    smaller = f" The targets are for {FULL:,} models: at this size only those that hold at any are judged."
    return told if ground.models >= FULL else told + smaller


def row(line: Line, *, is_whole: bool) -> str:
    """One line of the table."""
    peers = "; ".join(_peer(line.measured, peer) for peer in line.peers)
    target = line.target.text if line.target else ""
    memory = f"{line.measured.megabytes:,.0f} MB" if line.measured.megabytes else ""
    cells = (line.what, _figure(line.measured), memory, target, _met(line, is_whole=is_whole), peers, line.remark)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _figure(measured: Measurement) -> str:
    if not measured.values:
        return ""
    figure = f"**{_number(measured.median)} {measured.unit}**"
    if len(measured.values) == 1:
        return figure
    return f"{figure} ({_number(min(measured.values))} to {_number(max(measured.values))})"


def _met(line: Line, *, is_whole: bool) -> str:
    if line.target is None or not line.measured.values:
        return ""
    if not (is_whole or line.target.at_any_size):
        return "not judged"
    return "yes" if line.target.is_met_by(line.measured) else "no"


def _peer(ours: Measurement, peer: Measurement) -> str:
    times = ours.times_better(peer)
    memory = f", {peer.megabytes:,.0f} MB" if peer.megabytes else ""
    ratio = f" ({times:,.1f} x)" if times is not None else ""
    return f"{peer.name}: {_number(peer.median)} {peer.unit}{memory}{ratio}"


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    digits = 0 if value >= 100 or value == 0 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"
