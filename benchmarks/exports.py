"""The lineage as files in every format that `modelroots export` knows, beside networkx's GraphML writer on a part."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.ground import Ground, move, sweep
from benchmarks.measuring import Line, Measurement, Target, peer, program, run

EDGES = 50_000
"""How many edges the peer writes, with the nodes that they touch; its time is scaled up to all rows."""
QUARTER = 4
MOST_GROWTH = 1.25
"""Memory is flat where the whole Hub takes at most so many times what a quarter of it takes. A tenth is ten blocks, too
few for all threads to be at work together. Of one and the same export the most varies by a tenth.
"""
_TARGETS = {"parquet": ("Parquet", 5), "jsonl": ("JSONL", 10), "graphml": ("GraphML", 10)}


def measure(ground: Ground) -> list[Line]:
    networkx = _networkx(ground)
    built = _formats(ground)
    lines = []
    for word, (title, seconds) in _TARGETS.items():
        lines.append(_line(ground, word, title, seconds) if word in built else _missing(word, title))
    return [replace(line, peers=(networkx,)) for line in lines]


def _line(ground: Ground, word: str, title: str, seconds: float) -> Line:
    measured, of_a_quarter = Measurement(word, "s"), Measurement(word, "s")
    for _ in range(ground.rounds):
        _add(of_a_quarter, ground, word, _quarter(ground))
        _add(measured, ground, word, ground.swept())
    target = Target(f"under {seconds} s, memory flat", seconds, MOST_GROWTH * of_a_quarter.megabytes)
    told = f"{of_a_quarter.megabytes:,.0f} MB for a quarter of the models; flat is at most {MOST_GROWTH} times that"
    return Line(f"export: {title}", measured, target, remark=told)


def _missing(word: str, title: str) -> Line:
    return Line(f"export: {title}", Measurement(word, "s"), remark="not built yet")


def _quarter(ground: Ground) -> Path:
    """A database of a quarter of the models."""
    database = ground.work / "quarter.db"
    if not database.exists():
        beside = ground.work / "quarter-sweeping.db"
        sweep(ground.hub(max(ground.models // QUARTER, 100)), beside)
        move(beside, database)
    return database


def _formats(ground: Ground) -> set[str]:
    """The words that `--format` takes, from the program's own help."""
    told = re.search(r"--format\s+<([^>]+)>", run(program(ground.swept(), "export", "--help")).output)
    return set(told[1].split("|")) if told else set()


def _add(measured: Measurement, ground: Ground, word: str, database: Path) -> None:
    folder = ground.work / "exported"
    ran = run(program(database, "export", "--format", word, "--out", folder))
    measured.add(ran.seconds, ran.megabytes)
    shutil.rmtree(folder)


def _networkx(ground: Ground) -> Measurement:
    """The peer, once: it is the slowest of all."""
    folder, out = ground.exported(), ground.work / "networkx.graphml"
    ran = run(peer("networkx_graphml", folder, out, EDGES))
    out.unlink()
    seconds, rows = ran.output.split()
    measured = Measurement(f"networkx.write_graphml, {int(rows):,} rows, scaled up", "s")
    measured.add(float(seconds) / int(rows) * _rows(folder), ran.megabytes)
    return measured


def _rows(folder: Path) -> int:
    """How many nodes and edges there are."""
    return sum(int(pq.read_metadata(path).num_rows) for path in folder.glob("*.parquet"))
