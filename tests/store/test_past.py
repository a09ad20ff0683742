"""As of an earlier crawl the answers are those that were given then: for every model, family, ghost and ledger item."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from store import crawls
from store.choices import Choices
from store.database import reading
from store.derivatives import derivatives
from store.ecosystem import Ecosystem
from store.lineage import Branch, tree
from store.past import go_back
from store.resolution import resolve
from store.shares import derivatives_under
from store.standing import Standing, standing
from store.writer import PageWriter
from tests.store.conftest import Store, hub_id, row

COUNTS = """
    SELECT node.name, edges.* FROM node JOIN (SELECT * FROM lineage_count) AS edges ON edges.node_id = node.id
    ORDER BY node.name"""
EDGES = """
    SELECT parent.name, child.name, edge.relation, edge.times FROM edge
    JOIN node AS parent ON parent.id = edge.parent_id JOIN node AS child ON child.id = edge.child_id
    ORDER BY parent.name, child.name"""


def answers(connection: sqlite3.Connection, store: Store) -> dict[str, Any]:
    """Everything that follows from the lineage, by names."""
    ecosystem = Ecosystem.of(resolve(connection), store.registry)
    models, roots, numbers = ecosystem.roots
    told = [1] * len(models) if numbers is None else numbers.tolist()
    rooted = zip(ecosystem.models.node_ids[models].tolist(), roots.tolist(), told, strict=True)
    nodes = dict(connection.execute("SELECT id, name FROM node"))
    return {
        "counts": connection.execute(COUNTS).fetchall(),
        "edges": connection.execute(EDGES).fetchall(),
        "models": sorted(nodes.get(node, "") for node in ecosystem.models.node_ids.tolist()),
        "roots": sorted((nodes.get(model, ""), nodes.get(root, ""), number) for model, root, number in rooted),
        "families": [
            derivatives_under(ecosystem, name, Choices(attribution=attribution), metric="models")
            for name in store.registry.families
            for attribution in ("any", "nearest", "root")
        ],
        "ledger": resolve(connection).ledger,
    }


class World:
    """Models that come, change, are renamed, go and return."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.there: dict[str, dict[str, Any]] = {}
        self.gone: list[dict[str, Any]] = []
        for number in range(30):
            self.add(f"{self.rng.choice(['Qwen', 'meta-llama', 'a', 'b'])}/m{number}")

    def add(self, name: str) -> None:
        self.there[name] = self.declared(name)

    def declared(self, name: str) -> dict[str, Any]:
        """Some rows name their bases by `_id` too: those that are there, those that were, and others."""
        relation, bases = self.rng.choice(["finetune", "adapter", "merge"]), self.bases()
        found = row(name, bases, relation)
        if not bases or self.rng.random() < 0.5:
            return found
        rows = {one["id"]: one["_id"] for one in (*self.gone, *self.there.values())}
        models = [{"_id": rows.get(base, hub_id(f"nobody's {base}")), "id": base} for base in bases]
        return found | {"baseModels": {"relation": relation, "models": models}}

    def bases(self) -> list[str]:
        known = [*self.there, "Qwen/gone", "meta-llama/gone", "A/M1", "/a/path"]
        return self.rng.sample(known, min(len(known), self.rng.choice([0, 1, 1, 1, 2, 3])))

    def turn(self, night: int) -> None:
        for _ in range(self.rng.randint(3, 12)):
            name = self.rng.choice(list(self.there))
            what = self.rng.randrange(6)
            if what == 0:
                self.add(f"n{night}/{self.rng.randrange(1000)}")
            elif what == 1:
                self.there[name] = {**self.declared(name), "_id": self.there[name]["_id"]}
            elif what == 2:
                self.gone.append(self.there.pop(name))
            elif what == 3 and self.gone:
                back = self.gone.pop(self.rng.randrange(len(self.gone)))
                if back["id"] not in self.there:
                    self.there[back["id"]] = back
            elif what == 4:
                self.there[f"{name}-r{night}"] = {**self.there.pop(name), "id": f"{name}-r{night}"}
            elif what == 5:
                other = self.rng.choice(list(self.there))  # one takes the name of another, which takes a third
                taken, freed = self.there.pop(other), self.there.get(name)
                self.there[other] = taken
                if freed and other != name:
                    self.there[name] = {**taken, "id": name}
                    self.there[other] = {**freed, "id": other}


@pytest.mark.parametrize("seed", range(25))
def test_every_answer_is_the_one_that_was_given_then(store: Store, seed: int) -> None:
    world = World(seed)
    given: dict[int, dict[str, Any]] = {}
    for night in range(6):
        crawl = store.sweep(world.rng.sample(list(world.there.values()), len(world.there)), knowing=True)
        given[crawl.id] = answers(store.connection, store)
        world.turn(night)
    for crawl_id, expected in given.items():
        with reading(store.path) as connection:
            go_back(connection, crawl_id)
            found = answers(connection, store)
        for what in expected:
            assert found[what] == expected[what], (crawl_id, what)


def test_the_standing_of_an_earlier_crawl_is_what_it_was(store: Store) -> None:
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    then = standing(store.connection)
    store.sweep([row("Qwen/A")])
    assert standing(store.connection, "1") == then
    assert standing(store.connection).crawl == 2


def test_a_family_as_of_then_is_read_from_its_history(store: Store) -> None:
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    store.sweep([row("Qwen/A"), row("b/1")])
    totals = []
    for crawl in ("1", "2"):
        found = derivatives(store.connection, "qwen", store.registry, standing(store.connection, crawl), is_past=True)
        totals.append(found.total if found else None)
    assert totals == [1, 0]


def test_the_tree_of_then(store: Store) -> None:
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    store.sweep([row("Qwen/A"), row("b/2", ["Qwen/A"])])
    with reading(store.path) as connection:
        go_back(connection, 1)
        top = Branch(store.all("SELECT id FROM node WHERE name = 'Qwen/A'")[0], "Qwen/A", None, is_model=True)
        tree(connection, top, up=False, depth=None, limit=10)
    assert [branch.name for branch in top.branches] == ["b/1"]


def test_a_crawl_that_goes_on_after_another_has_finished_gets_a_new_number(store: Store) -> None:
    """Else what it stores later would be among the answers of the other."""
    first = store.begin()
    with PageWriter(store.connection, first.id) as writer:
        writer.write(store.page([row("Qwen/A")], next_url="http://hub/2"))
    store.sweep([row("b/1", ["Qwen/A"])], kind="walk")
    then: Standing = standing(store.connection)
    resumed = store.begin()
    assert (resumed.id, resumed.pages, resumed.next_url) == (3, 1, "http://hub/2")
    with PageWriter(store.connection, resumed.id) as writer:
        writer.write(store.page([row("c/1", ["Qwen/A"])]))
    store.finish(resumed, writer)
    past = [(crawl.id, crawl.state, crawl.models) for crawl in crawls.past(store.connection)]
    assert past == [(1, "failed", 1), (2, "complete", 1), (3, "complete", 2)]
    with reading(store.path) as connection:
        assert standing(connection, "2") == then
        go_back(connection, 2)
        assert [name for name, *_ in connection.execute(COUNTS)] == ["Qwen/A"]
        with closing(connection.execute("SELECT count(*) FROM model")) as counted:
            assert counted.fetchone() == (2,)


def test_what_a_resumed_crawl_answers_includes_what_a_later_one_had_begun_to_store(store: Store) -> None:
    walk = store.begin("walk")
    with PageWriter(store.connection, walk.id) as writer:
        writer.write(store.page([row("Qwen/A")], next_url="http://hub/2"))
    with PageWriter(store.connection, store.begin().id) as writer:
        writer.write(store.page([row("b/1", ["Qwen/A"])], next_url="http://hub/2"))
    resumed = store.begin("walk")
    with PageWriter(store.connection, resumed.id) as writer:
        writer.write(store.page([row("c/1", ["Qwen/A"])]))
    store.finish(resumed, writer)
    given = answers(store.connection, store)
    sweep = store.begin()
    with PageWriter(store.connection, sweep.id) as writer:
        writer.write(store.page([row("d/1", ["Qwen/A"])]))
    store.finish(sweep, writer)
    with reading(store.path) as connection:
        go_back(connection, resumed.id)
        assert answers(connection, store) == given


@pytest.mark.parametrize("column", ["id", "node_id", "hub_id"])
def test_a_model_of_then_is_found_by_an_index(store: Store, column: str) -> None:
    store.sweep([row("a/1"), row("a/2")])
    store.sweep([row("a/1"), row("b/2") | {"_id": hub_id("a/2")}])
    with reading(store.path) as connection:
        go_back(connection, 1)
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM main.model AS now CROSS JOIN model AS earlier USING ({column})"
        )
        assert any("SEARCH earlier USING" in step for *_, step in plan)


def test_the_newest_model_may_be_one_that_was_missing_then(store: Store) -> None:
    others = [row("Qwen/A"), *(row(f"a/{number}") for number in range(300))]  # one in 300 makes no crawl partial
    store.sweep([*others, row("b/1", ["Qwen/A"])])
    store.sweep(others)
    given = answers(store.connection, store)
    store.sweep([*others, row("b/1", ["Qwen/A"])])
    with reading(store.path) as connection:
        go_back(connection, 2)
        assert answers(connection, store) == given


def test_references_of_then_are_found_by_their_models(store: Store) -> None:
    store.sweep([row("Qwen/A"), row("b/1", ["Qwen/A"])])
    store.sweep([row("Qwen/A")])
    with reading(store.path) as connection:
        go_back(connection, 1)
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT 1 FROM reference WHERE model_id BETWEEN 1 AND 2")
        assert any("SEARCH reference USING" in step for *_, step in plan)
