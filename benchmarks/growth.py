"""Whether the time a model grows with the Hub: whole sweeps of a quarter of it, of half of it, and of all.

The time of a sweep of very few models is taken off each: it is start-up, and would flatter the larger ones.
"""

from __future__ import annotations

from benchmarks.ground import Ground, remove, sweep
from benchmarks.measuring import Line, Measurement, Target

PARTS = (4, 2, 1)
FEW = 100  # models, of the sweep that is all start-up


def measure(ground: Ground) -> list[Line]:
    growth = Measurement("growth", "x")
    sizes = [max(ground.models // part, 1) for part in PARTS]
    each = [Measurement(f"{size:,}", "µs a model") for size in sizes]
    for _ in range(ground.rounds):
        start_up = _seconds(ground, FEW)
        for size, measured in zip(sizes, each, strict=True):
            measured.add((_seconds(ground, size) - start_up) / size * 1e6)
        growth.add(each[-1].values[-1] / each[0].values[-1])
    told = "; ".join(f"{measured.name} models: {measured.median:.1f} {measured.unit}" for measured in each)
    target = Target("time a model within 1.3 x of a quarter's", 1.3)
    return [Line("growth: sweep and computation, a quarter -> half -> the whole", growth, target, (), told)]


def _seconds(ground: Ground, models: int) -> float:
    database = ground.work / "growth.db"
    ran = sweep(ground.hub(models), database)
    remove(database)
    return ran.seconds
