"""A generated Hub has the real one's proportions, and is the same for a seed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from crawler.replica.bases import TAG
from crawler.replica.generate import generate

COUNT = 20_000
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [json.loads(bytes(text)) for text in generate(COUNT, 7).texts()]


def named(row: Row) -> list[str]:
    bases = row["cardData"].get("base_model", [])
    return bases if isinstance(bases, list) else [bases]


def relation(row: Row) -> str:
    words = {
        tag.split(":")[1] for tag in row["tags"] if tag.startswith(TAG) and tag.count(":") == 2 and "\\" not in tag
    }
    return words.pop() if words else "card only" if named(row) else ""


@pytest.fixture(scope="module")
def children(rows: list[Row]) -> Counter[str]:
    return Counter(base for row in rows if relation(row) != "card only" for base in named(row))


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (list(map(bytes, generate(500, 3).texts())) for _ in range(2))
    assert first == second


def test_another_seed_gives_another_hub() -> None:
    assert list(generate(500, 3).texts()) != list(generate(500, 4).texts())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 19, 50, 333])
def test_small_hubs_have_their_number_of_models(count: int) -> None:
    texts = [json.loads(bytes(text)) for text in generate(count, 5).texts()]
    assert len({row["id"] for row in texts}) == len({row["_id"] for row in texts}) == count


def test_a_negative_number_of_models_is_an_error() -> None:
    with pytest.raises(ValueError, match="-1"):
        generate(-1, 0)


def test_names_and_ids_are_each_one_model_s(rows: list[Row]) -> None:
    assert len({row["id"] for row in rows}) == len({row["_id"] for row in rows}) == COUNT


def test_an_id_begins_with_its_creation(rows: list[Row]) -> None:
    for row in rows:
        assert int(row["_id"][:8], 16) == datetime.fromisoformat(row["createdAt"]).timestamp()


def test_nothing_changed_before_it_was_created(rows: list[Row]) -> None:
    assert all(row["createdAt"] <= row["lastModified"] for row in rows)


def test_each_year_brings_more(rows: list[Row]) -> None:
    years = Counter(row["createdAt"][:4] for row in rows)
    assert years["2023"] < years["2024"] < years["2025"]


def test_some_stand_at_the_floor(rows: list[Row]) -> None:
    assert sum(row["createdAt"] == "2022-03-02T23:29:04.000Z" for row in rows) >= COUNT // 100


def test_three_in_ten_have_a_base(rows: list[Row]) -> None:
    assert sum(bool(named(row)) for row in rows) / COUNT == pytest.approx(0.30, abs=0.005)


@pytest.mark.parametrize(
    ("word", "share"),
    [("finetune", 0.37), ("adapter", 0.36), ("quantized", 0.19), ("merge", 0.02), ("card only", 0.06)],
)
def test_relations_have_their_share(rows: list[Row], word: str, share: float) -> None:
    words = Counter(relation(row) for row in rows if named(row))
    assert words[word] / words.total() == pytest.approx(share, abs=0.005)


def test_the_largest_base_has_its_share(children: Counter[str]) -> None:
    assert children.most_common(1)[0][1] / COUNT == pytest.approx(0.014, abs=0.003)


def test_children_fall_off_with_the_rank(children: Counter[str]) -> None:
    first, tenth, hundredth = (children.most_common(100)[rank - 1][1] for rank in (1, 10, 100))
    assert first > 2 * tenth > 6 * hundredth


@pytest.mark.parametrize(
    ("word", "share", "tolerance"),
    [("finetune", 0.08, 0.05), ("quantized", 0.01, 0.005), ("adapter", 0.002, 0.002)],
)
def test_derivatives_have_children_at_their_rate(
    rows: list[Row], children: Counter[str], word: str, share: float, tolerance: float
) -> None:
    of_kind = [row for row in rows if relation(row) == word]
    assert sum(children[row["id"]] > 0 for row in of_kind) / len(of_kind) == pytest.approx(share, abs=tolerance)


def test_self_references_are_as_rare_as_on_the_hub(rows: list[Row]) -> None:
    selves = sum(row["id"] in named(row) for row in rows)
    assert selves / (0.3 * COUNT) == pytest.approx(2008 / 894_089, abs=0.001)


def test_card_only_references_resolve_two_times_in_three(rows: list[Row]) -> None:
    names = {row["id"] for row in rows}
    cards = [row for row in rows if relation(row) == "card only"]
    assert sum(named(row)[0] in names for row in cards) / len(cards) == pytest.approx(0.64, abs=0.08)


def test_some_references_name_no_model(rows: list[Row]) -> None:
    names = {row["id"] for row in rows}
    ghosts = [row for row in rows if relation(row) not in ("", "card only") and set(named(row)) - names]
    assert 0.02 < len(ghosts) / (0.3 * COUNT) < 0.06
    assert not any("baseModels" in row for row in ghosts)


def test_base_models_say_what_the_tags_say(rows: list[Row]) -> None:
    ids = {row["id"]: row["_id"] for row in rows}
    for row in rows:
        if "baseModels" in row:
            assert row["baseModels"]["models"] == [{"_id": ids[base], "id": base} for base in named(row)]
            assert row["baseModels"]["relation"] == relation(row)


def test_merges_have_two_to_eighteen_parents(rows: list[Row]) -> None:
    sizes = {len(named(row)) for row in rows if relation(row) == "merge"}
    assert (min(sizes), max(sizes)) == (2, 18)


def test_parents_are_older_except_in_rings(rows: list[Row]) -> None:
    ids = {row["id"]: row["_id"] for row in rows}
    younger = sum(ids.get(base, "") > row["_id"] for row in rows for base in named(row))
    assert 1 <= younger <= 3 * max(COUNT // 20_000, 1)


def test_a_line_of_descent_reaches_depth_15(rows: list[Row]) -> None:
    parent = {row["id"]: named(row)[0] for row in rows if named(row)}

    def depth(name: str) -> int:
        passed: set[str] = set()
        while name in parent and name not in passed:
            passed.add(name)
            name = parent[name]
        return len(passed)

    assert max(map(depth, parent)) >= 15


def test_publishers_are_many_and_few_publish_most(rows: list[Row]) -> None:
    sizes = sorted(Counter(row["author"] for row in rows).values(), reverse=True)
    assert sizes[0] > 100 * sizes[len(sizes) // 2]


def test_a_row_has_every_field_that_a_list_has(rows: list[Row]) -> None:
    assert set().union(*rows) >= {"_id", "id", "author", "baseModels", "cardData", "createdAt", "lastModified"}
    assert set().union(*rows) >= {"downloads", "downloadsAllTime", "likes", "gated", "disabled", "private"}
    assert set().union(*rows) >= {"library_name", "pipeline_tag", "safetensors", "tags", "trendingScore"}


def test_no_model_is_named_as_one_that_is_gone(rows: list[Row]) -> None:
    assert not any("/gone-" in row["id"] for row in rows)
