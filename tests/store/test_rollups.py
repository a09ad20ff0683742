"""METHOD's worked example under every attribution and side, and the choices one by one."""

from __future__ import annotations

import sqlite3
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from store.choices import DIMENSIONS, Choices
from store.ecosystem import Ecosystem
from store.models import Models
from store.registry.loader import load_registry
from store.resolution import resolve
from store.rollups import _weights, roll_up, whole
from store.shares import family_shares, model_share
from tests.store.conftest import REGISTRY, Store, row
from tests.store.test_worked_example import EXAMPLE

HALF = Fraction(1, 2)
ORIGINS = """publisher,country,kind,name,source,checked
Qwen,CN,company,Qwen,https://example.org,2026-11-24
deepseek-ai,CN,company,DeepSeek,https://example.org,2026-11-24
meta-llama,US,company,Meta,https://example.org,2026-11-24
alice,KR,person,Alice,https://example.org,2026-11-24
bob,DE,person,Bob,https://example.org,2026-11-24
dave,US,person,Dave,https://example.org,2026-11-24
erin,FR,person,Erin,https://example.org,2026-11-24
"""


def ecosystem_of(store: Store, folder: Path) -> Ecosystem:
    folder.mkdir(exist_ok=True)
    (folder / "families.toml").write_text(REGISTRY, encoding="utf-8")
    (folder / "origins.csv").write_text(ORIGINS, encoding="utf-8")
    return Ecosystem.of(resolve(store.connection), load_registry(folder))


@pytest.fixture
def example(store: Store, tmp_path: Path) -> Ecosystem:
    store.sweep(EXAMPLE)
    return ecosystem_of(store, tmp_path / "registry")


def counts(ecosystem: Ecosystem, *by: str, metric: str = "models", **choices: object) -> dict[object, Fraction]:
    cells = roll_up(ecosystem, by, Choices(**choices))  # type: ignore[arg-type]
    return {cell.keys if len(by) > 1 else cell.keys[0]: cell.counts[metric] for cell in cells}


def test_families_under_every_attribution(example: Ecosystem) -> None:
    nearest, root = (family_shares(example, name, Choices()) for name in ("nearest", "root"))
    assert {name: share.total for name, share in nearest.items()} == {
        "qwen": 9 * HALF,
        "deepseek": 1,
        "llama": 3 * HALF,
    }
    assert {name: share.total for name, share in root.items()} == {"qwen": 13 * HALF, "deepseek": 0, "llama": 3 * HALF}
    every = family_shares(example, "any", Choices())
    assert [every["qwen"].direct, every["qwen"].total] == [4, 7]
    assert every["qwen"].relations == {"unknown": 0, "finetune": 3, "adapter": 1, "quantized": 2, "merge": 1}
    assert [every["llama"].direct, every["llama"].total] == [1, 2]


def test_countries_of_origin(example: Ecosystem) -> None:
    assert counts(example, "country") == {"CN": 17 * HALF, "US": 5 * HALF, "unreviewed": 3, "unknown": 1}
    derivatives = counts(example, "country", population="derivatives")
    assert derivatives == {"CN": 15 * HALF, "US": 3 * HALF, "unreviewed": 3, "unknown": 1}
    roots = counts(example, "country", population="roots")
    assert roots == {"CN": 1, "US": 1}


def test_countries_of_publishers(example: Ecosystem) -> None:
    assert counts(example, "country", side="publisher") == {
        "unreviewed": 5, "CN": 3, "DE": 2, "KR": 2, "US": 2, "FR": 1,
    }  # fmt: skip


def test_families_as_a_rollup_add_up_where_models_are_split(example: Ecosystem) -> None:
    nearest = counts(example, "family", attribution="nearest")
    assert nearest == {"qwen": 9 * HALF, "llama": 3 * HALF, "deepseek": 1, "official": 4, "none": 4}
    root = counts(example, "family", attribution="root")
    assert root == {"qwen": 13 * HALF, "llama": 3 * HALF, "official": 3, "none": 4}
    every = counts(example, "family", attribution="any")
    assert every == {"qwen": 7, "llama": 2, "deepseek": 1, "official": 3, "none": 4}


def test_a_cross_of_two_that_come_from_roots_follows_the_same_root(example: Ecosystem) -> None:
    crossed = counts(example, "family", "country", attribution="root")
    assert crossed[("qwen", "CN")] == 13 * HALF
    assert crossed[("llama", "US")] == 3 * HALF
    assert ("qwen", "US") not in crossed
    assert sum(crossed.values()) == 15


@pytest.mark.parametrize("one", DIMENSIONS)
@pytest.mark.parametrize("other", DIMENSIONS)
@pytest.mark.parametrize("attribution", ["nearest", "root"])
def test_every_cross_adds_up_to_its_sides(example: Ecosystem, one: str, other: str, attribution: str) -> None:
    if one == other:
        return
    crossed = counts(example, one, other, attribution=attribution)
    for place, name in enumerate((one, other)):
        summed: dict[object, Fraction] = {}
        for keys, value in crossed.items():
            assert isinstance(keys, tuple)
            summed[keys[place]] = summed.get(keys[place], Fraction(0)) + value
        assert summed == counts(example, name, attribution=attribution)


def test_metrics_are_split_like_models(store: Store, tmp_path: Path) -> None:
    store.sweep(
        [
            row("Qwen/A", downloads=10, likes=1, downloadsAllTime=100),
            row("meta-llama/B"),
            row("x/merge", ["Qwen/A", "meta-llama/B"], "merge", downloads=5),
        ]
    )
    ecosystem = ecosystem_of(store, tmp_path / "registry")
    assert counts(ecosystem, "country", metric="downloads") == {"CN": 25 * HALF, "US": 5 * HALF}
    assert whole(ecosystem, Choices()) == {"models": 3, "downloads": 15, "downloads_all_time": 100, "likes": 1}
    assert family_shares(ecosystem, "nearest", Choices(), metric="downloads")["qwen"].total == 5 * HALF


def test_filters(store: Store, tmp_path: Path) -> None:
    store.sweep(
        [
            row("Qwen/A", createdAt="2026-01-05T00:00:00.000Z", pipeline_tag="text-generation", downloads=7),
            row("alice/q", ["Qwen/A"], createdAt="2026-02-05T00:00:00.000Z", pipeline_tag="text-generation"),
            row("frank/q", ["Qwen/A"], "adapter", createdAt="2026-03-05T00:00:00.000Z", downloads=9),
        ]
    )
    ecosystem = ecosystem_of(store, tmp_path / "registry")
    february, march = 1769904000, 1772323200
    assert counts(ecosystem, "month") == {"2026-01": 1, "2026-02": 1, "2026-03": 1}
    assert counts(ecosystem, "month", since=february) == {"2026-02": 1, "2026-03": 1}
    assert counts(ecosystem, "month", since=february, until=march) == {"2026-02": 1}
    assert counts(ecosystem, "task") == {"text-generation": 2, "none": 1}
    assert counts(ecosystem, "relation", task="text-generation") == {"none": 1, "finetune": 1}
    assert counts(ecosystem, "relation", task="nowhere") == {}
    assert counts(ecosystem, "publisher", side="publisher", min_downloads=8) == {"frank": 1}
    assert counts(ecosystem, "publisher", side="publisher", publisher_kind="person") == {"alice": 1}
    assert counts(ecosystem, "publisher") == {"Qwen": 3}
    assert counts(ecosystem, "country", "month", relations=("adapter",)) == {("CN", "2026-03"): 1}
    node = store.all("SELECT id FROM node WHERE name = 'Qwen/A'")[0]
    assert model_share(ecosystem, node, Choices(min_downloads=8)).relations["adapter"] == 1
    assert model_share(ecosystem, node, Choices(min_downloads=8)).total == 1


def test_regions_come_from_countries(example: Ecosystem) -> None:
    assert counts(example, "region", side="publisher") == {
        "Eastern Asia": 5, "unreviewed": 5, "EU": 3, "Northern America": 2,
    }  # fmt: skip


def test_members_of_a_cycle_that_are_told_by_one_count_as_each_by_itself(store: Store, tmp_path: Path) -> None:
    names = ["Qwen/A", "alice/1", "Qwen/B", "alice/2", "bob/1", "alice/3"]
    ring = [row(name, [base]) for name, base in zip(names, [*names[1:], names[0]], strict=True)]
    merge = row("zoe/merge", ["frank/below", "meta-llama/Z"], "merge", downloads=7)
    store.sweep([*ring, row("frank/below", ["alice/1"]), row("meta-llama/Z"), merge])
    ecosystem = ecosystem_of(store, tmp_path / "registry")
    seventh = Fraction(1, 7)  # of the merge's seven roots, six are the cycle's
    assert counts(ecosystem, "country") == {
        "CN": Fraction(7, 3) + 2 * seventh,
        "KR": 7 * HALF + 3 * seventh,
        "DE": Fraction(7, 6) + seventh,
        "US": 1 + seventh,
    }
    assert counts(ecosystem, "country", metric="downloads") == {"KR": 3, "CN": 2, "DE": 1, "US": 1}
    qwen = Fraction(5, 3) + 2 * seventh  # of the members that are not official themselves, and of what is below
    assert counts(ecosystem, "family", attribution="root")["qwen"] == qwen
    assert family_shares(ecosystem, "root", Choices())["qwen"].total == qwen
    crossed = counts(ecosystem, "family", "country", attribution="root")
    assert crossed[("qwen", "CN")] == qwen
    assert crossed[("official", "CN")] == Fraction(2, 3)
    assert crossed[("none", "DE")] == Fraction(7, 6) + seventh
    assert sum(crossed.values()) == len(ring) + 3
    assert counts(ecosystem, "publisher", "country", side="origin")[("alice", "KR")] == 7 * HALF + 3 * seventh


def test_an_official_member_of_a_cycle_stands_for_itself_alone(store: Store, tmp_path: Path) -> None:
    store.sweep([row("Qwen/old", ["Qwen/A"]), row("Qwen/A", ["Qwen/old"]), row("x/below", ["Qwen/A"])])
    ecosystem_of(store, tmp_path / "registry")
    families = '[qwen]\npublishers = ["Qwen"]\nexclude = ["Qwen/old"]\n'
    (tmp_path / "registry" / "families.toml").write_text(families, encoding="utf-8")
    ecosystem = Ecosystem.of(resolve(store.connection), load_registry(tmp_path / "registry"))
    assert counts(ecosystem, "family", attribution="root") == {"none": 3 * HALF, "qwen": 1, "official": HALF}
    assert counts(ecosystem, "country") == {"CN": 3}


def test_an_empty_store_has_no_cells(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    ecosystem = ecosystem_of(store, tmp_path / "registry")
    assert [counts(ecosystem, name) for name in DIMENSIONS] == [{}] * len(DIMENSIONS)


def test_a_root_that_stands_for_many_counts_their_likes_however_narrow_they_are_kept() -> None:
    numbers, node = np.array([40_000], np.int32), np.array([1], np.int32)
    likes = np.array([60_000], np.uint16)
    models = Models(sqlite3.connect(":memory:"), node, node, likes, likes, likes, np.zeros(2, np.int32))
    found = _weights(models, "likes", np.array([0]), numbers)
    assert found is not None
    assert found.tolist() == [2_400_000_000]
