"""The whole-graph computation on a swept database, beside networkx and DuckDB.

The peers count the descendants of every base by relation and the roots of every model, out of our Parquet; nothing is
attributed, rolled up or stored.

Run with a database's path it computes twice, in a transaction that is rolled back, and prints the seconds each took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ground import Ground, kept_beside
from benchmarks.measuring import Line, Measurement, Ran, Target, peer, run
from store.computation import compute
from store.crawls import last_complete_sweep
from store.database import writing
from store.registry.loader import load_registry

TARGET = Target("under 12 s, under 1 GB", 12, 1000)


def measure(ground: Ground) -> list[Line]:
    ours, again = Measurement("compute", "s"), Measurement("compute again", "s")
    networkx = Measurement("networkx, counts and roots alone", "s")
    duckdb = Measurement("DuckDB recursive SQL, counts and roots alone", "s")
    for _ in range(ground.rounds):
        add_computation(ours, ground.swept(), again)
        _add(networkx, peer("networkx_counts", ground.exported()))
        _add(duckdb, peer("duckdb_counts", ground.exported()))
    what = "graph: load, all counts by relation, root sets, three attributions, all roll-up tables written"
    return [
        Line(what, ours, TARGET, (networkx, duckdb), "read from the tables"),
        Line("graph: the same once more, from what the first one kept", again, remark="as after `changes`"),
    ]


def add_computation(measured: Measurement, database: Path, again: Measurement | None = None) -> None:
    """One computation in a process of its own, and one right after it."""
    ran = _add(measured, [sys.executable, "-m", "benchmarks.graph", str(database)])
    if again:
        again.add(float(ran.output.split()[1]), ran.megabytes)


def _add(measured: Measurement, command: list[str]) -> Ran:
    """The seconds that the command itself prints first: without the start of Python, which is as long for all."""
    ran = run(command)
    measured.add(float(ran.output.split()[0]), ran.megabytes)
    return ran


def _computed(database: Path) -> list[float]:
    """The seconds of a computation that reads the tables, and of one that finds what the first has kept."""
    registry = load_registry(None)
    seconds = []
    with _without_kept(database), writing(database) as connection:
        crawl = last_complete_sweep(connection)
        if crawl is None:
            sys.exit(f"{database} holds no complete sweep.")
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            began = time.perf_counter()
            compute(connection, crawl.id, registry, now=int(time.time()))
            seconds.append(time.perf_counter() - began)
        connection.execute("ROLLBACK")
    return seconds


@contextmanager
def _without_kept(database: Path) -> Iterator[None]:
    """What is kept beside it is that of its own last computation again afterwards."""
    aside = {path: path.rename(path.with_name(f"{path.name}-aside")) for path in kept_beside(database)}
    try:
        yield
    finally:
        for path, was in aside.items():
            was.replace(path)


if __name__ == "__main__":
    print(*_computed(Path(sys.argv[1])))
