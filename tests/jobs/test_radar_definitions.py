"""Real rows under every definition: families and countries against a reading of the rows that shares no code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

import pytest

from crawler.replica.rows import load_rows
from store.registry.loader import Registry, load_registry
from tests.jobs.program import Reader, Row, opened_hub
from tests.jobs.test_radar import FILES, Naive, in_card, in_tags, rows_of

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/hub/radar is not here")

FORM = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
Counts = dict[str, Fraction]


@dataclass(eq=False)
class Reading:
    """The rows' lineage upwards, and what each model counts under each key, model by model."""

    rows: list[Row]
    registry: Registry
    parents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    malformed_only: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        naive = Naive.of(self.rows)
        names = set(naive.names)
        declared: dict[str, set[str]] = defaultdict(set)
        for base, children in naive.children.items():
            for child in children:
                declared[child].add(base)
                if base in names or FORM.fullmatch(base):
                    self.parents[child].add(base)
        selves = {row["id"] for row in self.rows if f"base_model:{row['id']}" in row.get("tags", ())}
        self.malformed_only = {child for child in declared if not self.parents[child]} - selves

    @cache  # noqa: B019  # one reading a module
    def roots(self, name: str) -> frozenset[str]:
        if name in self.malformed_only:
            return frozenset()
        above = self.above(name)
        return frozenset(one for one in above | {name} if all(one in self.above(other) for other in self.above(one)))

    @cache  # noqa: B019
    def above(self, name: str) -> frozenset[str]:
        seen: set[str] = set()
        pending = [name]
        while pending:
            fresh = self.parents.get(pending.pop(), set()) - seen
            seen |= fresh
            pending += fresh
        return frozenset(seen)

    @cache  # noqa: B019
    def official(self, name: str) -> frozenset[str]:
        return frozenset(key for key, family in self.registry.families.items() if family.official(name))

    def nearest(self, name: str) -> set[str]:
        seen, ring = {name}, {name}
        while ring:
            found = set().union(*(self.official(one) for one in ring))
            if found:
                return found if ring != {name} else set()
            ring = {parent for one in ring for parent in self.parents.get(one, ())} - seen
            seen |= ring
        return set()

    def families(self, name: str, attribution: str) -> Iterator[tuple[str, Fraction]]:
        if attribution == "any":
            above = set().union(*(self.official(one) for one in self.above(name) - {name}))
            yield from ((family, Fraction(1)) for family in above - self.official(name))
        elif attribution == "nearest":
            tied = self.nearest(name)
            yield from ((family, Fraction(1, len(tied))) for family in tied)
        else:
            roots = self.roots(name)
            for root in roots:
                of = self.official(root)
                shares = ((family, Fraction(1, len(roots) * len(of))) for family in of)
                yield from (share for share in shares if share[0] not in self.official(name))

    def country(self, publisher: str) -> str:
        origin = self.registry.origin_of.get(publisher)
        return origin.country if origin else "unreviewed"

    def countries(self, name: str, side: str) -> Iterator[tuple[str, Fraction]]:
        if side == "publisher":
            yield self.country(_publisher(name)), Fraction(1)
            return
        roots = self.roots(name)
        yield from ((self.country(_publisher(root)), Fraction(1, len(roots))) for root in roots)
        if not roots:
            yield "unknown", Fraction(1)


def _publisher(name: str) -> str:
    return name.split("/")[0] if "/" in name else ""


@pytest.fixture(scope="module")
def reading() -> Reading:
    return Reading(rows_of(FILES[-1]), load_registry())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    program = Reader(tmp_path_factory.mktemp("definitions"))
    with opened_hub(load_rows(FILES[-1])) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("attribution", ["any", "nearest", "root"])
def test_every_family(asked: Reader, reading: Reading, attribution: str) -> None:
    expected: Counts = defaultdict(Fraction)
    for row in reading.rows:
        for family, share in reading.families(row["id"], attribution):
            expected[family] += share
    items = asked.asks("derivatives", *reading.registry.families, "--attribution", attribution)["items"]
    assert {item["name"]: item["total"] for item in items} == {
        family: float(expected[family]) for family in reading.registry.families
    }


@pytest.mark.parametrize("side", ["origin", "publisher"])
@pytest.mark.parametrize("population", ["all", "derivatives", "roots"])
def test_every_country(asked: Reader, reading: Reading, side: str, population: str) -> None:
    expected: Counts = defaultdict(Fraction)
    for row in reading.rows:
        declares = bool(in_tags(row) or in_card(row))
        if population == "all" or declares == (population == "derivatives"):
            for country, share in reading.countries(row["id"], side):
                expected[country] += share
    arguments = ("--by", "country", "--side", side, "--population", population)
    items = asked.asks("rollup", *arguments)["items"]
    assert {item["key"]: item["models"] for item in items} == {key: float(value) for key, value in expected.items()}


def test_the_cohorts_of_countries_add_up(asked: Reader) -> None:
    items = asked.asks("rollup", "--by", "country", "--by", "month")["items"]
    shares: dict[str, float] = defaultdict(float)
    for item in items:
        shares[item["second"]] += item["share"]
    assert shares.values()
    assert all(abs(share - 1) < 1e-9 for share in shares.values())
