"""What a user waits for: whole processes, started anew each time, that answer one question from a swept database."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.measuring import Line, Measurement, Target, peer, program, run

TIMES = 15
PEERS_TIMES = 3
_TOTAL = "total_unknown + total_finetune + total_adapter + total_quantized + total_merge"
_LARGEST = f"""
    SELECT node.name, {_TOTAL} FROM lineage_count JOIN node ON node.id = lineage_count.node_id
    ORDER BY 2 DESC LIMIT 1"""


@dataclass(frozen=True)
class _Question:
    """One question: as a command of ours, as a question of the peers, and what it should take."""

    what: str
    command: tuple[str, ...]
    asked_of_peers: tuple[str, ...]
    milliseconds: float


def measure(ground: Ground, times: int = TIMES, peers_times: int = PEERS_TIMES) -> list[Line]:
    lines = [_line(ground, question, times, peers_times) for question in _questions(ground.swept())]
    floor = Measurement("python -c pass", "ms")
    _add(floor, [sys.executable, "-c", "pass"], times)
    return [*lines, Line("cold: `python -c pass`, the floor of all these", floor)]


def _questions(database: Path) -> list[_Question]:
    base, below = largest_base(database)
    return [
        _Question("`derivatives qwen`", ("derivatives", "qwen"), ("derivatives", "qwen"), 150),
        _Question("`rollup --by country`", ("rollup", "--by", "country"), ("countries",), 150),
        _Question("`families`", ("families",), ("families",), 150),
        _Question(f"`tree` of a base with {below:,} descendants, first 100", ("tree", base), ("tree", base), 300),
    ]


def cold_tree(database: Path, where: str, times: int = TIMES, peers_times: int = PEERS_TIMES) -> Line:
    """The tree of the largest base of another database than the generated Hub's, beside a recursive query."""
    base, below = largest_base(database)
    ours, sqlite = Measurement("modelroots", "ms"), Measurement("recursive query in sqlite3", "ms")
    _add(ours, program(database, "tree", base), times)
    _add(sqlite, peer("recursive_sqlite", database, "tree", base), peers_times)
    what = f"cold: `tree` of a base with {below:,} descendants, first 100; {where}"
    return Line(
        what, ours, Target("median under 300 ms", 300), (sqlite,), f"{times} processes, the peer's {peers_times}"
    )


def largest_base(database: Path) -> tuple[str, int]:
    """The node with most descendants, and how many."""
    with closing(sqlite3.connect(database)) as connection:
        name, below = connection.execute(_LARGEST).fetchone()
    return str(name), int(below)


def _line(ground: Ground, question: _Question, times: int, peers_times: int) -> Line:
    ours = Measurement("modelroots", "ms")
    sqlite = Measurement("recursive query in sqlite3", "ms")
    duckdb = Measurement("DuckDB on our Parquet", "ms")
    _add(ours, program(ground.swept(), *question.command), times)
    _add(sqlite, peer("recursive_sqlite", ground.swept(), *question.asked_of_peers), peers_times)
    _add(duckdb, peer("recursive_duckdb", ground.exported(), *question.asked_of_peers), peers_times)
    target = Target(f"median under {question.milliseconds:g} ms", question.milliseconds)
    return Line(
        f"cold: {question.what}", ours, target, (sqlite, duckdb), f"{times} processes, the peers' {peers_times}"
    )


def _add(measured: Measurement, command: list[str], times: int) -> None:
    for ran in map(run, repeat(command, times)):
        measured.add(ran.seconds * 1000, ran.megabytes)
