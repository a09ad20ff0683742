"""Models of which one stands for many count as each by itself."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from store.choices import ATTRIBUTIONS, METRICS, POPULATIONS, SIDES, Choices
from store.computation import _family_rows
from store.ecosystem import Ecosystem
from store.rollups import roll_up
from store.shares import family_shares
from store.summing import summed_up
from tests.store.conftest import Store, row
from tests.store.test_rollups import ecosystem_of
from tests.store.test_worked_example import EXAMPLE

PUBLISHERS = ("Qwen", "deepseek-ai", "meta-llama", "alice", "bob", "nobody", "zoe")


def assert_same_sums(fewer: Ecosystem, each: Ecosystem) -> None:
    assert list(_family_rows(fewer)) == list(_family_rows(each))
    for population in POPULATIONS:
        for side in SIDES:
            choices = Choices(side=side, population=population)
            assert roll_up(fewer, ["country"], choices) == roll_up(each, ["country"], choices), choices
        for attribution in ATTRIBUTIONS:
            choices = Choices(attribution=attribution, population=population)
            assert roll_up(fewer, ["family"], choices) == roll_up(each, ["family"], choices), choices
            for metric in METRICS:
                shares = [family_shares(one, attribution, choices, metric=metric) for one in (fewer, each)]
                assert shares[0] == shares[1], (choices, metric)


def test_models_without_lineage_and_those_of_one_parent_are_told_together(store: Store, tmp_path: Path) -> None:
    lonely = [row(f"{publisher}/{n}", downloads=n) for publisher in ("bob", "zoe") for n in range(5)]
    leaves = [row(f"bob/leaf-{n}", ["Qwen/A"], downloads=10**12, likes=n) for n in range(7)]
    quantized = [row(f"{who}/gguf-{n}", ["Qwen/A"], "quantized") for who in ("zoe", "nobody") for n in range(3)]
    store.sweep([row("Qwen/A"), *lonely, *leaves, *quantized])
    each = ecosystem_of(store, tmp_path / "registry")
    fewer = summed_up(each)
    assert sorted(fewer.models.weights("models").tolist()) == [1, 5, 5, 6, 7]  # neither zoe nor nobody has a country
    assert sum(fewer.models.downloads.tolist()) == 7 * 10**12 + 20
    assert_same_sums(fewer, each)


def test_what_is_official_or_has_derivatives_stands_for_itself(store: Store, tmp_path: Path) -> None:
    malformed = [row(f"bob/odd-{n}", ["/a/path"], likes=3) for n in range(3)]
    selves = [row(f"bob/self-{n}", [f"bob/self-{n}"], downloadsAllTime=10**12) for n in (1, 2)]
    official = [row(f"Qwen/leaf-{n}", ["Qwen/A"]) for n in range(3)]
    merges = [row(f"bob/merge-{n}", ["Qwen/A", "meta-llama/Z"], "merge") for n in range(3)]
    inner = [row(f"bob/inner-{n}", ["Qwen/A"]) for n in range(3)]
    below = [row(f"bob/below-{n}", [f"bob/inner-{n}"], likes=n) for n in range(3)]
    store.sweep([*EXAMPLE, *malformed, *selves, *official, *merges, *inner, *below])
    each = ecosystem_of(store, tmp_path / "registry")
    fewer = summed_up(each)
    assert len(fewer.models) == len(each.models) - 1  # of the two that name themselves, which no edge touches
    assert_same_sums(fewer, each)


@pytest.mark.parametrize("seed", range(30))
def test_any_lineage_has_the_same_sums(store: Store, tmp_path: Path, seed: int) -> None:
    """Merges, cycles, ghosts and paths among a few bases, most of them leaves."""
    rng = random.Random(seed)
    names = [f"{rng.choice(PUBLISHERS)}/{number}" for number in range(60)]
    bases = [*rng.sample(names, 8), "Qwen/ghost", "nobody/ghost", "/a/path"]

    def declared(name: str) -> dict[str, Any]:
        chosen = rng.sample(bases, rng.choice([0, 1, 1, 1, 1, 2, 3]))
        counters = {word: rng.randrange(1000) for word in ("downloads", "downloadsAllTime", "likes")}
        return row(name, chosen, rng.choice(["finetune", "quantized"]), **counters)

    store.sweep([declared(name) for name in dict.fromkeys(names)])
    each = ecosystem_of(store, tmp_path / "registry")
    fewer = summed_up(each)
    assert len(fewer.models) < len(each.models)
    assert_same_sums(fewer, each)


def test_an_empty_store_has_no_rows(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    each = ecosystem_of(store, tmp_path / "registry")
    assert len(summed_up(each).models) == 0
    assert_same_sums(summed_up(each), each)
