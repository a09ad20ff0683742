"""What a swept database takes on disk."""

from __future__ import annotations

from benchmarks.ground import Ground
from benchmarks.measuring import Line, Measurement, Target


def measure(ground: Ground) -> list[Line]:
    database = ground.swept()
    measured = Measurement("database", "bytes a model")
    measured.add(database.stat().st_size / ground.models)
    target = Target("under 300 bytes a model", 300, at_any_size=True)
    return [Line("size on disk, with edges, indexes and tables", measured, target)]
