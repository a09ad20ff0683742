"""What a swept database takes on disk, with what is kept beside it."""

from __future__ import annotations

from benchmarks.ground import Ground, kept_beside
from benchmarks.measuring import Line, Measurement, Target


def measure(ground: Ground) -> list[Line]:
    database = ground.swept()
    kept = sum(path.stat().st_size for path in kept_beside(database))
    measured = Measurement("database", "bytes a model")
    measured.add((database.stat().st_size + kept) / ground.models)
    target = Target("under 300 bytes a model", 300, at_any_size=True)
    remark = f"{kept / ground.models:.0f} of them in what is kept beside the database"
    return [Line("size on disk, with edges, indexes and tables", measured, target, remark=remark)]
