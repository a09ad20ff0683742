"""Hubs of other shapes than the real one's: a star, levels, chains, and merges of merges.

Of each the computation, and the tree of its largest base.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from benchmarks import pages
from benchmarks.graph import TARGET, add_computation
from benchmarks.ground import Ground, remove, sweep
from benchmarks.measuring import FULL, Line, Measurement
from benchmarks.reads import PEERS_TIMES, TIMES, cold_tree
from crawler.replica.orders import CREATED

Kind = Literal["star", "levels", "chains", "merges"]
LARGEST = 1_000_000
"""Models of each shape beside a whole Hub."""
PART = 6
"""Beside a smaller Hub, its models are so many times those of each shape."""
CHAIN = 10_000
PARENTS = 18
CHILDREN = 20
_BORN = 1_700_000_000


def measure(ground: Ground, times: int = TIMES, peers_times: int = PEERS_TIMES) -> list[Line]:
    models = LARGEST if ground.models >= FULL else max(ground.models // PART, 40 * PARENTS)
    graphs, trees = [], []
    for kind, what in _SHAPES.items():
        folder, database = ground.pages / f"{kind}-{models}", ground.work / f"{kind}.db"
        sweep(shape(folder, kind, models), database)
        measured = Measurement(kind, "s")
        for _ in range(ground.rounds):
            add_computation(measured, database)
        graphs.append(Line(f"graph of another shape: {what} ({models:,} models)", measured, TARGET))
        trees.append(cold_tree(database, what, times, peers_times))
        remove(database)
    return graphs + trees


_SHAPES: dict[Kind, str] = {
    "star": "all derive from one",
    "levels": f"all descend from one, {CHILDREN} from each",
    "chains": f"chains of {CHAIN:,}",
    "merges": f"one in {PARENTS} a merge of {PARENTS}, every other of those of merges",
}


def shape(folder: Path, kind: Kind, models: int) -> Path:
    """The pages of a Hub of this shape."""
    recipe = {"what": kind, "models": models}
    if not pages.is_finished(folder, recipe):
        newest_first = (_row(kind, number, models) for number in range(models - 1, -1, -1))
        pages.write(folder, recipe, {CREATED: pages.paged(newest_first)})
    return folder


def _parents(kind: Kind, number: int, models: int) -> range:
    """The models that the model of this number is made from; all of them are older."""
    if kind == "star":
        return range(min(number, 1))
    if kind == "levels":
        return range((number - 1) // CHILDREN, (number - 1) // CHILDREN + 1) if number else range(0)
    if kind == "chains":
        return range(number - 1, number) if number % CHAIN else range(0)
    plain, first_half = models * 34 // 36, models * 35 // 36
    if number < plain:
        return range(0)
    low, high = (0, plain) if number < first_half else (plain, first_half)
    start = low + number * 7919 % max(high - low - PARENTS, 1)
    return range(start, min(start + PARENTS, high))


def _row(kind: Kind, number: int, models: int) -> bytes:
    parents = _parents(kind, number, models)
    relation = "merge" if kind == "merges" else "finetune"
    named = [{"_id": _hub_id(parent), "id": _name(parent)} for parent in parents]
    bases = {"baseModels": {"relation": relation, "models": named}} if named else {}
    row = {"_id": _hub_id(number), "id": _name(number), "downloads": number % 1000, "likes": 0, "private": False}
    return _encode(row | bases)


def _hub_id(number: int) -> str:
    return f"{_BORN:08x}{number:016x}"


def _name(number: int) -> str:
    return f"lab-{number % 1000}/model-{number}"


_encode = msgspec.json.Encoder().encode
