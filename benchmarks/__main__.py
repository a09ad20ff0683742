"""Runs the benchmarks: `python -m benchmarks [--models N] [--rounds N] [--only sweep,graph] [--pages FOLDER]`.

Prints every line as soon as it is measured. A run of all of them is written to RESULTS.md, or RESULTS-quick.md where
the Hub was smaller than the whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks import exports, graph, growth, quota, reads, shapes, size, sweep
from benchmarks.ground import Ground
from benchmarks.machine import Machine
from benchmarks.measuring import FULL, CommandFailed, Line, Measurement
from benchmarks.report import path_of, report, row

BENCHMARKS: Mapping[str, Callable[[Ground], list[Line]]] = {
    "sweep": sweep.measure,
    "graph": graph.measure,
    "reads": reads.measure,
    "exports": exports.measure,
    "quota": quota.measure,
    "growth": growth.measure,
    "size": size.measure,
    "shapes": shapes.measure,
}
"""In the order of the table."""


def main() -> None:
    chosen = _arguments()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="modelroots-bench-") as folder:
        ground = Ground(chosen.pages or Path(folder) / "pages", Path(folder), chosen.models, chosen.rounds)
        machine = Machine(ground)
        lines = list(_measured(ground, machine, chosen.only))
    if chosen.only == list(BENCHMARKS):
        text = report(ground, lines, (time.monotonic() - began) / 60)
        path_of(ground).write_text(text, encoding="utf-8")
        print(f"Written to {path_of(ground)}.")
    if any(line.remark.startswith(_FAILED) for line in lines):
        sys.exit(1)


_FAILED = "failed: "


def _measured(ground: Ground, machine: Machine, names: list[str]) -> Iterator[Line]:
    """Each benchmark's lines, last the machine's; of one that fails a line with the reason, and the others go on."""
    for name in names:
        machine.sample()
        began = time.monotonic()
        try:
            lines = BENCHMARKS[name](ground)
        except CommandFailed as problem:
            lines = [Line(name, Measurement(name, ""), remark=f"{_FAILED}{problem}")]
        yield from _told(ground, lines)
        print(f"({name}: {time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    machine.sample()
    yield from _told(ground, [machine.line()])


def _told(ground: Ground, lines: list[Line]) -> Iterator[Line]:
    for line in lines:
        print(row(line, is_whole=ground.models >= FULL), flush=True)
        yield line


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--models", type=int, default=FULL, help="How many the generated Hub has.")
    parser.add_argument("--rounds", type=int, default=3, help="How often each thing is measured.")
    parser.add_argument("--only", type=_names, default=list(BENCHMARKS), help="Some of them, with commas between.")
    parser.add_argument("--pages", type=Path, help="A folder where pages are kept for the next run.")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(BENCHMARKS)}")
    return names


if __name__ == "__main__":
    main()
