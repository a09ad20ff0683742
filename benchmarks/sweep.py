"""A first sweep, one of the next day, and `changes`, beside `HfApi.list_models` alone and with SQLModel rows.

Whole processes: start-up, HTTP, rows, references, indexes. The sweeps are measured twice: to the last committed row
and index (`benchmarks.stored`), which the targets are for, and as a user runs them, with the computation of all tables
that answers are read from.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.ground import Ground, keep, remove
from benchmarks.measuring import Line, Measurement, Ran, Target, peer, program, run
from benchmarks.server import serving

LISTED = 100_000
MERGED = 5_000
"""How many models the peers get to see, of a large Hub: they take minutes and hours for all."""


@dataclass
class _Figures:
    """What is measured in every round."""

    listed: Measurement
    merged: Measurement
    merged_again: Measurement
    first_stored: Measurement = field(default_factory=lambda: Measurement("first sweep, stored", "models/s"))
    second_stored: Measurement = field(default_factory=lambda: Measurement("second sweep, stored", "models/s"))
    first: Measurement = field(default_factory=lambda: Measurement("first sweep", "models/s"))
    second: Measurement = field(default_factory=lambda: Measurement("second sweep", "models/s"))
    second_seconds: Measurement = field(default_factory=lambda: Measurement("a full sweep", "s"))
    changes: Measurement = field(default_factory=lambda: Measurement("changes", "s"))
    asking: Measurement = field(default_factory=lambda: Measurement("the requests of changes, alone", "s"))
    server: Measurement = field(default_factory=lambda: Measurement("server", "% of one core"))


def measure(ground: Ground) -> list[Line]:
    listed, merged = min(LISTED, ground.models // 10), min(MERGED, ground.models // 100)
    figures = _Figures(
        listed=Measurement(f"list_models, storing nothing (first {listed:,})", "models/s"),
        merged=Measurement(f"list_models + session.merge (first {merged:,})", "models/s"),
        merged_again=Measurement(f"list_models + session.merge again (first {merged:,})", "models/s"),
    )
    for number in range(ground.rounds):
        _measure_peers(ground, figures, listed, merged)
        _measure_ours(ground, figures, ground.work / f"round-{number}.db")
    return _lines(figures)


def _lines(figures: _Figures) -> list[Line]:
    stored = "a process from its start to the crawl's last commit: HTTP, rows, history, references, indexes, ledger"
    everything = "with the computation of all tables"
    return [
        Line(
            "first sweep",
            figures.first_stored,
            Target("at least 45,000 models/s, under 500 MB", 45_000, 500, at_any_size=True),
            (figures.listed, figures.merged),
            stored,
        ),
        Line("first sweep, the whole command", figures.first, remark=everything),
        Line("the page server in it", figures.server, remark="CPU time of its process over the sweep's wall time"),
        Line(
            "second sweep, 30 % of counters and 0.3 % of edges changed",
            figures.second_stored,
            Target("at least 90,000 models/s", 90_000, at_any_size=True),
            (figures.listed, figures.merged_again),
            stored,
        ),
        Line("second sweep, the whole command", figures.second, remark=everything),
        Line(
            "`changes` after a day, 3,000 new and 20,000 edited",
            figures.changes,
            Target("under 3 s beside the requests", 3 + figures.asking.median),
            (figures.second_seconds,),
            f"its requests over loopback, alone {figures.asking.median:.2f} s, and {everything.removeprefix('with ')} "
            "included",
        ),
    ]


def _measure_peers(ground: Ground, figures: _Figures, listed: int, merged: int) -> None:
    database = ground.work / "merged.db"
    with serving(ground.hub()) as (url, _):
        _add_rate(figures.listed, listed, run(peer("list_models", url, listed)))
        _add_rate(figures.merged, merged, run(peer("list_and_merge", url, merged, database)))
    with serving(ground.next_day()) as (url, _):
        _add_rate(figures.merged_again, merged, run(peer("list_and_merge", url, merged, database)))
    remove(database)


def _measure_ours(ground: Ground, figures: _Figures, database: Path) -> None:
    with _watched(ground.hub(), figures.server) as (url, seconds):
        ran = run(program(database, "crawl", "sweep", "--endpoint", url))
        seconds.append(ran.seconds)
    _add_rate(figures.first, ground.models, ran)
    keep(database, ground)
    with serving(ground.next_day()) as (url, _):
        ran = run(program(database, "crawl", "sweep", "--endpoint", url))
    _add_rate(figures.second, ground.models, ran)
    figures.second_seconds.add(ran.seconds, ran.megabytes)
    with serving(ground.edited()) as (url, _):
        ran = run(program(database, "crawl", "changes", "--endpoint", url))
        asked = run(peer("ask_changes", url))
    figures.changes.add(ran.seconds, ran.megabytes)
    figures.asking.add(float(asked.output))
    remove(database)
    for folder, measured in ((ground.hub(), figures.first_stored), (ground.next_day(), figures.second_stored)):
        with serving(folder) as (url, _):
            _add_rate(measured, ground.models, run(_storing(database, url)))
    remove(database)


def _storing(database: Path, url: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.stored", str(database), url]


def _add_rate(measured: Measurement, models: int, ran: Ran) -> None:
    measured.add(models / ran.seconds, ran.megabytes)


@contextmanager
def _watched(folder: Path, server: Measurement) -> Iterator[tuple[str, list[float]]]:
    """A server whose share of the seconds that the block notes is measured."""
    with serving(folder) as (url, process):
        seconds: list[float] = []
        before = _cpu(process)
        yield url, seconds
        server.add(100 * (_cpu(process) - before) / sum(seconds), process.memory_info().rss / 1e6)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
