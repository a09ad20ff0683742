"""P8: self-references, cycles, chains 10,000 deep and stars of 1,000,000: every count ends, and counts each model once.

Each shape is crawled into a store of its own; then the count of every model is held against what its shape says, and
that of the first one against the recursive query, the family and the tree. `make test` has them smaller. The counts by
themselves are in tests/store/test_graph.py, and that three ways of counting agree in test_p09_counts_agree.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from store.choices import RELATIONS
from store.database import writing
from store.derivatives import derivatives
from store.lineage import Branch, descendants, tree
from store.lookup import find_node
from store.registry.loader import load_registry
from store.standing import standing
from store.writer import PageWriter
from tests.reliability.conftest import Tried
from tests.reliability.soak import scaled
from tests.store.conftest import Store, row

DEEP = scaled(300, 10_000)
STAR = scaled(2_000, 1_000_000)
CYCLE = scaled(300, 2_000)
"""The members of a cycle are jointly the roots of each (docs/method.md): so many pairs of model and root as the square
of its length, four million here, and the roll-ups by root take time and memory for each."""
ROWS_A_PAGE = 1000
ROUND = 3  # models in each of many cycles
SHOWN = 50
TOTALS = f"""
    SELECT name, {" + ".join(f"coalesce(total_{word}, 0)" for word in RELATIONS)}
    FROM model JOIN node ON node.id = model.node_id LEFT JOIN lineage_count ON lineage_count.node_id = node.id"""


@dataclass(frozen=True)
class Shape:
    """How many models, the bases of each by number, and how many models derive from each."""

    models: int
    bases: Callable[[int], list[int]]
    derivatives: Callable[[int], int]


def _of_its_round(number: int) -> list[int]:
    """Each model derives from the one before it in its cycle; the first one of a cycle from one of the cycle before."""
    first = number - number % ROUND
    before = [number - 1] if number > first else [first + ROUND - 1]
    return before + ([first - 1] if number == first > 0 else [])


SHAPES = {
    "models that name themselves": Shape(DEEP, lambda number: [number], lambda _: 0),
    "models in one cycle": Shape(CYCLE, lambda number: [(number - 1) % CYCLE], lambda _: CYCLE - 1),
    "models in cycles below cycles": Shape(
        DEEP // ROUND * ROUND, _of_its_round, lambda number: DEEP // ROUND * ROUND - number + number % ROUND - 1
    ),
    "models in one chain": Shape(DEEP, lambda number: [number - 1] if number else [], lambda number: DEEP - 1 - number),
    "models that name themselves and one other": Shape(
        DEEP, lambda number: [0, number], lambda number: 0 if number else DEEP - 1
    ),
    "children of one star": Shape(
        STAR + 1,
        lambda number: [0] if number else [],
        lambda number: 0 if number else STAR,
    ),
}


def name(number: int) -> str:
    return f"lab/m{number}" if number else "Qwen/Top"


def rows(shape: Shape) -> Iterator[dict[str, Any]]:
    return (row(name(number), [name(base) for base in shape.bases(number)]) for number in range(shape.models))


def crawl(store: Store, shape: Shape) -> None:
    """A sweep in pages of the Hub's size."""
    crawl = store.begin()
    left = rows(shape)
    with PageWriter(store.connection, crawl.id) as writer:
        while page := list(islice(left, ROWS_A_PAGE)):
            writer.write(store.page(page, next_url="http://hub/next" if len(page) == ROWS_A_PAGE else None))
    store.finish(crawl, writer)


@pytest.mark.parametrize("what", SHAPES)
def test_every_count_ends_and_counts_each_model_once(what: str, tmp_path: Path, tried: Tried) -> None:
    shape = SHAPES[what]
    expected = {name(number): shape.derivatives(number) for number in range(shape.models)}
    with writing(tmp_path / "shape.db") as connection:
        store = Store(connection, load_registry(None), tmp_path / "shape.db")
        crawl(store, shape)
        found = dict(store.all(TOTALS))
        wrong = {model for model in expected.keys() | found.keys() if expected.get(model) != found.get(model)}
        first = find_node(connection, name(0))
        below = descendants(connection, first.id)
        counted = derivatives(connection, "qwen", store.registry, standing(connection))
        top = tree(connection, Branch(first.id, first.name, None, is_model=True), up=False, depth=None, limit=SHOWN)
    assert sorted(wrong)[:3] == []
    assert len(below) == len(set(below)) == expected[name(0)]
    assert counted is not None
    assert counted.total == expected[name(0)]
    assert shown(top) <= SHOWN
    tried(what, shape.models, "each counted once in every count above it")


def shown(top: Branch) -> int:
    """Nodes of a tree below its top."""
    pending, number = [top], -1
    while pending:
        pending += pending.pop().branches
        number += 1
    return number
