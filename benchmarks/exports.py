"""The lineage as files in every format that `modelroots export` knows, beside networkx's GraphML writer on a part."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.ground import Ground
from benchmarks.measuring import Line, Measurement, Target, peer, program, run

EDGES = 50_000
"""How many edges the peer writes, with the nodes that they touch; its time is scaled up to all rows."""
_TARGETS = {"parquet": ("Parquet", 5), "jsonl": ("JSONL", 10), "graphml": ("GraphML", 10)}


def measure(ground: Ground) -> list[Line]:
    networkx = _networkx(ground)
    built = _formats(ground)
    lines = []
    for word, (title, seconds) in _TARGETS.items():
        measured = Measurement(word, "s")
        for _ in range(ground.rounds if word in built else 0):
            _add(measured, ground, word)
        target = Target(f"under {seconds} s, memory flat", seconds)
        remark = "" if word in built else "not built yet"
        lines.append(Line(f"export: {title}", measured, target, (networkx,), remark))
    return lines


def _formats(ground: Ground) -> set[str]:
    """The words that `--format` takes, from the program's own help."""
    told = re.search(r"--format\s+<([\w|]+)>", run(program(ground.swept(), "export", "--help")).output)
    return set(told[1].split("|")) if told else set()


def _add(measured: Measurement, ground: Ground, word: str) -> None:
    folder = ground.work / "exported"
    ran = run(program(ground.swept(), "export", "--format", word, "--out", folder))
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
