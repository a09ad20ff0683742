"""Questions about one node, and that arrays, recursive queries and a naive search agree."""

from __future__ import annotations

import random
from functools import partial

import pytest

from store.errors import UnknownName
from store.lineage import Branch, ancestors, children, descendants, path, tree
from store.lookup import find_node
from tests.store.conftest import Store, hub_id, row

CHAIN = [row("a/1"), row("a/2", ["a/1"]), row("a/3", ["a/2"]), row("a/4", ["a/3", "a/1"], "merge"), row("a/5", ["a/2"])]


@pytest.fixture
def chain(store: Store) -> Store:
    store.sweep(CHAIN)
    return store


def node(store: Store, name: str) -> int:
    return find_node(store.connection, name).id


def grown(store: Store, name: str, *, up: bool = False, depth: int | None = None, limit: int = 100) -> Branch:
    top = Branch(node(store, name), name, None, is_model=True)
    return tree(store.connection, top, up=up, depth=depth, limit=limit)


def names(branch: Branch) -> list[str]:
    return [branch.name, *(name for twig in branch.branches for name in names(twig))]


def test_descendants_and_ancestors(chain: Store) -> None:
    assert descendants(chain.connection, node(chain, "a/1")) == ["a/2", "a/3", "a/4", "a/5"]
    assert ancestors(chain.connection, node(chain, "a/4")) == ["a/1", "a/2", "a/3"]


def test_a_path_is_a_shortest_one(chain: Store) -> None:
    assert path(chain.connection, node(chain, "a/4"), node(chain, "a/1")) == ["a/4", "a/1"]
    assert path(chain.connection, node(chain, "a/5"), node(chain, "a/1")) == ["a/5", "a/2", "a/1"]
    assert path(chain.connection, node(chain, "a/1"), node(chain, "a/5")) == []


def test_a_tree_shows_each_branch_once(chain: Store) -> None:
    top = grown(chain, "a/1")
    assert sorted(names(top)) == ["a/1", "a/2", "a/3", "a/4", "a/4", "a/5"]
    again = [twig for twig in top.branches[0].branches[0].branches if twig.name == "a/4"]
    assert [twig.again for twig in again] == [True]


def test_a_limit_keeps_what_is_near_and_counts_the_rest(chain: Store) -> None:
    top = grown(chain, "a/1", limit=2)
    assert names(top) == ["a/1", "a/2", "a/4"]
    assert top.branches[0].more == 2


def test_a_depth_counts_the_rest_too(chain: Store) -> None:
    assert [twig.more for twig in grown(chain, "a/1", depth=1).branches] == [2, 0]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("limit", [1, 3, 7, 40])
def test_the_first_of_many_children_are_those_that_sorting_all_would_give(store: Store, seed: int, limit: int) -> None:
    rng = random.Random(seed)
    stars = [row(f"{rng.choice('amz')}/{number}", ["m/top"]) for number in range(30)]
    others = [row(f"n/{number}", [rng.choice(stars)["id"]]) for number in range(rng.choice([0, 5, 40]))]
    strangers = [row(f"{rng.choice('az')}/x{number}") for number in range(30)]
    store.sweep([row("m/top"), *stars, *others, *strangers])
    top = node(store, "m/top")
    quick, sorted_all = (children(store.connection, top, 30, limit, many=many) for many in (limit + 1, 1_000))
    assert quick == sorted_all
    assert len(quick) == min(limit, 30)


def test_the_first_of_many_children_are_found_without_reading_the_name_of_each(store: Store) -> None:
    store.sweep([row("a/top"), *(row(f"a/{number:04}", ["a/top"]) for number in range(3_000))])
    top, steps = node(store, "a/top"), []
    for many in (100, 10_000):
        counted = [0]
        store.connection.set_progress_handler(partial(_count, counted), 1_000)
        children(store.connection, top, 3_000, 20, many=many)
        steps.append(counted[0])
    store.connection.set_progress_handler(None, 0)
    assert 4 * steps[0] < steps[1]


def _count(counted: list[int]) -> int:
    """Called after every thousand steps of SQLite's machine; 0 lets it go on."""
    counted[0] += 1
    return 0


@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_long_chain_ends_at_the_limit(store: Store, direction: str) -> None:
    store.sweep([row("a/0"), *(row(f"a/{number}", [f"a/{number - 1}"]) for number in range(1, 5_000))])
    up = direction == "up"
    top = grown(store, "a/4999" if up else "a/0", up=up)
    line = [top]
    while line[-1].branches:
        line += line[-1].branches
    assert [branch.name for branch in line] == [f"a/{4999 - step if up else step}" for step in range(101)]
    assert line[-1].more == 1


def test_a_tree_asks_two_questions_of_each_node_that_has_room_and_one_of_the_others(store: Store) -> None:
    store.sweep([row("a/0"), *(row(f"a/{number}", ["a/0"]) for number in range(1, 50))])
    asked: list[str] = []
    top = node(store, "a/0")
    store.connection.set_trace_callback(asked.append)
    tree(store.connection, Branch(top, "a/0", None, is_model=True), up=False, depth=None, limit=20)
    store.connection.set_trace_callback(None)
    assert len(asked) == 2 + 20


def test_a_tree_upwards(chain: Store) -> None:
    assert names(grown(chain, "a/5", up=True)) == ["a/5", "a/2", "a/1"]


def test_a_tree_of_a_cycle_ends(store: Store) -> None:
    store.sweep([row("a/1", ["a/2"]), row("a/2", ["a/1"])])
    assert names(grown(store, "a/1")) == ["a/1", "a/2", "a/1"]


def test_a_former_name_finds_the_model(store: Store) -> None:
    store.sweep([row("a/old")])
    store.sweep([{**row("a/new"), "_id": hub_id("a/old")}])
    assert find_node(store.connection, "a/old").name == "a/new"


def test_another_case_finds_the_model(chain: Store) -> None:
    assert find_node(chain.connection, "A/1").name == "a/1"


def test_an_unknown_name_comes_with_suggestions(store: Store) -> None:
    store.sweep([row("org/Great-Model-7B")])
    with pytest.raises(UnknownName, match="org/Great-Model-7B") as caught:
        find_node(store.connection, "great-model")
    assert caught.value.suggestions == ["org/Great-Model-7B"]


def test_a_family_s_misspelt_name_is_suggested(chain: Store) -> None:
    with pytest.raises(UnknownName, match="Did you mean deepseek"):
        find_node(chain.connection, "deepsek", also=["qwen", "deepseek"])


@pytest.mark.parametrize("seed", range(30))
def test_arrays_recursive_queries_and_a_naive_search_agree(store: Store, seed: int) -> None:
    """Graphs with merges, cycles, self-references and ghosts, through the whole of the store."""
    rng = random.Random(seed)
    size = rng.randint(2, 30)
    bases = {
        f"m/{child}": [f"m/{rng.randrange(size + 3)}" for _ in range(rng.choice([0, 1, 1, 2, 4]))]
        for child in range(size)
    }
    store.sweep([row(name, named) for name, named in bases.items()])
    counted = dict(store.all("SELECT node.name, total_finetune FROM lineage_count JOIN node ON node.id = node_id"))
    for name in bases:
        below: set[str] = set()
        pending = [name]
        while pending:
            current = pending.pop()
            fresh = {child for child, named in bases.items() if current in named} - below
            below |= fresh
            pending += fresh
        below.discard(name)
        assert descendants(store.connection, node(store, name)) == sorted(below)
        assert counted.get(name, 0) == len(below)
