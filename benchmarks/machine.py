"""How fast this machine is meanwhile: the same small piece of work before each part of a run.

Virtual machines lend out their processors and change their speed within seconds. The targets were set beside
throw-away code on a machine where this figure was 1.0 million rows/s (the design, section 7): times there would be
shorter by as much as it is lower here.
"""

from __future__ import annotations

import time
from itertools import islice

import msgspec

from benchmarks.ground import Ground
from benchmarks.measuring import Line, Measurement
from benchmarks.pages import bodies

_PAGES = 50
_ROUNDS = 5


class _Row(msgspec.Struct):
    """What a row tells of a model, its counters and its tags."""

    id: str
    created_at: str | None = msgspec.field(name="createdAt", default=None)
    last_modified: str | None = msgspec.field(name="lastModified", default=None)
    downloads: int | None = None
    likes: int | None = None
    tags: list[str] = []
    pipeline_tag: str | None = None
    library_name: str | None = None


class Machine:
    """Its samples, a few tenths of a second each."""

    def __init__(self, ground: Ground) -> None:
        self._pages = list(islice(bodies(ground.hub()), _PAGES))
        self._decoder = msgspec.json.Decoder(list[_Row])
        self._measured = Measurement("rows read", "rows/s")

    def sample(self) -> None:
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            rows = sum(len(self._decoder.decode(page)) for page in self._pages)
            self._measured.add(rows / (time.perf_counter() - began))

    def line(self) -> Line:
        return Line(
            "this machine meanwhile: rows of pages at hand, read by msgspec into typed records, on one core",
            self._measured,
            remark="before each part of the run; 1,000,000 where the targets come from",
        )
