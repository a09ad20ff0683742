"""Claims against METHOD's worked example: what is measured, and which verdict follows. And the file they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from store.benchmark import Entry
from store.claims import Judged, judge
from store.ecosystem import Ecosystem
from store.errors import RegistryError
from store.registry.claims_file import Claim, Definition, load_claims, seconds
from store.registry.loader import SHIPPED, load_registry
from store.standing import Standing, standing
from tests.store.conftest import Store, row
from tests.store.test_rollups import ecosystem_of
from tests.store.test_worked_example import EXAMPLE

DAY = "2026-03-01"


@pytest.fixture
def example(store: Store, tmp_path: Path) -> Ecosystem:
    store.sweep(EXAMPLE)
    return ecosystem_of(store, tmp_path / "registry")


def definition(**more: Any) -> Definition:
    given: dict[str, Any] = {
        "name": "all",
        "measure": "derivatives",
        "claimed": 7.0,
        "comparison": "exactly",
        "families": ("qwen",),
    }
    return Definition(**(given | more))


def claim(*definitions: Definition, **more: Any) -> Claim:
    given: dict[str, Any] = {"id": "one", "text": "x", "claimed": "7", "source": "https://example.org", "date": DAY}
    return Claim(**(given | {"definition": definitions} | more))


def basis(ecosystem: Ecosystem, **more: Any) -> Standing:
    return standing(ecosystem.connection)._replace(**{"finished_at": seconds(DAY), **more})


def judged(ecosystem: Ecosystem, *definitions: Definition, **more: Any) -> Judged:
    return judge(claim(*definitions, **more), ecosystem, basis(ecosystem))


def value(ecosystem: Ecosystem, **more: Any) -> float | None:
    return judged(ecosystem, definition(**more)).measured[0].value


CHINA = {"measure": "share", "by": "country", "keys": ("CN",), "families": ()}


# What is measured


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, 7),
        ({"direct": True}, 4),
        ({"attribution": "nearest"}, 4.5),
        ({"attribution": "root"}, 6.5),
        ({"relations": ("finetune",)}, 3),
        (CHINA, 8.5 / 15),
        (CHINA | {"side": "publisher"}, 3 / 15),
        (CHINA | {"population": "derivatives"}, 7.5 / 13),
        (CHINA | {"measure": "count", "keys": ("CN", "US")}, 11),
        ({"measure": "official", "families": ("qwen", "llama")}, 3),
        ({"measure": "official", "families": ("qwen", "llama"), "each": True}, 1),
    ],
)
def test_a_definition_is_measured_in_the_terms_of_the_method(
    example: Ecosystem, more: dict[str, Any], expected: float
) -> None:
    assert value(example, **more) == pytest.approx(expected)


def test_models_of_a_table_are_counted_by_country(example: Ecosystem) -> None:
    table = [Entry("Qwen/Q-7B", "", 2), Entry("meta-llama/L-8B", "", 1)]
    wanted = definition(measure="benchmark", keys=("CN",), families=(), claimed=1)
    assert judge(claim(wanted), example, basis(example), table).verdict == "supported"


def test_a_table_of_another_size_tests_nothing(example: Ecosystem) -> None:
    wanted = definition(measure="benchmark", keys=("CN",), families=(), claimed=1, rows=20)
    found = judge(claim(wanted), example, basis(example), [Entry("Qwen/Q-7B", "", 2)])
    assert found.verdict == "not testable here"
    assert "the table has 1 models, and the claim is about 20" in found.reason


def test_a_model_of_no_known_place_leaves_a_table_s_claim_open(example: Ecosystem) -> None:
    wanted = definition(measure="benchmark", keys=("CN",), families=(), claimed=1)
    table = [Entry("Qwen/Q-7B", "", 2), Entry("Something", "Nobody", 1)]
    assert judge(claim(wanted), example, basis(example), table).verdict == "not testable here"


# Verdicts


def test_a_claim_that_every_definition_meets_is_supported(example: Ecosystem) -> None:
    assert judged(example, definition(), definition(claimed=4.0, direct=True)).verdict == "supported"


def test_a_claim_that_no_definition_meets_is_contradicted(example: Ecosystem) -> None:
    assert judged(example, definition(claimed=8.0), definition(direct=True)).verdict == "contradicted"


def test_a_claim_that_some_definitions_meet_depends_on_them(example: Ecosystem) -> None:
    found = judged(example, definition(), definition(name="direct", direct=True))
    assert (found.verdict, found.reason) == ("depends on the definition", "holds for: all")


@pytest.mark.parametrize(("tolerance", "verdict"), [(0.13, "supported"), (0.12, "contradicted")])
def test_about_is_within_the_tolerance(example: Ecosystem, tolerance: float, verdict: str) -> None:
    found = judged(example, definition(claimed=8.0, comparison="about", tolerance=tolerance))
    assert found.verdict == verdict


def test_more_than_is_not_as_many(example: Ecosystem) -> None:
    assert judged(example, definition(comparison="more than")).verdict == "contradicted"


def test_a_share_is_open_where_unreviewed_publishers_could_decide(example: Ecosystem) -> None:
    found = judged(example, definition(**CHINA | {"claimed": 0.6, "comparison": "more than"}))
    assert found.verdict == "not testable here"
    assert "no known place could make it 0.8333" in found.reason


def test_a_share_that_no_unreviewed_publisher_could_lift_is_contradicted(example: Ecosystem) -> None:
    found = judged(example, definition(**CHINA | {"claimed": 0.9, "comparison": "more than"}))
    assert found.verdict == "contradicted"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"beyond": "closed models"}, "closed models"),
        ({"least_models": 16}, "it knows 15 models, and 16 are needed"),
        ({"within_days": 10, "date": "2026-02-01"}, "lies 28 days after the claim"),
        ({"within_days": 10, "date": "2026-03-31"}, "lies 30 days before the claim"),
    ],
)
def test_what_cannot_be_tested_is_measured_and_said(example: Ecosystem, more: dict[str, Any], told: str) -> None:
    found = judged(example, definition(), **more)
    assert (found.verdict, found.measured[0].value) == ("not testable here", 7)
    assert told in found.reason


def test_nothing_is_tested_without_a_complete_sweep(example: Ecosystem) -> None:
    found = judge(claim(definition()), example, basis(example, whole=False))
    assert (found.verdict, found.measured[0].value) == ("not testable here", 7)


def test_a_table_that_was_not_given_has_no_value(example: Ecosystem) -> None:
    found = judged(example, definition(measure="benchmark", keys=("CN",), families=()))
    assert (found.verdict, found.measured[0].value) == ("not testable here", None)


@pytest.fixture
def dated(store: Store, tmp_path: Path) -> Ecosystem:
    store.sweep(
        [
            row("Qwen/A", createdAt="2026-01-05T00:00:00.000Z"),
            row("alice/one", ["Qwen/A"], createdAt="2026-01-06T00:00:00.000Z"),
            row("alice/two", ["Qwen/A"], createdAt="2026-02-06T00:00:00.000Z"),
        ]
    )
    return ecosystem_of(store, tmp_path / "registry")


def test_a_count_before_a_day_supports_what_it_exceeds(dated: Ecosystem) -> None:
    found = judged(dated, definition(until="2026-02-01", claimed=0.0, comparison="more than"))
    assert (found.verdict, found.measured[0].value) == ("supported", 1)


def test_a_count_before_a_day_contradicts_nothing(dated: Ecosystem) -> None:
    found = judged(dated, definition(until="2026-02-01", claimed=1.0, comparison="more than"))
    assert found.verdict == "not testable here"
    assert "lower bound" in found.reason


def test_a_crawl_before_the_end_of_the_window_tests_nothing(dated: Ecosystem) -> None:
    found = judged(dated, definition(until="2026-04-01", claimed=0.0, comparison="more than"))
    assert "ended before 2026-04-01" in found.reason


def test_a_family_that_is_none_is_refused(example: Ecosystem) -> None:
    with pytest.raises(RegistryError, match="no family 'qwne'"):
        judged(example, definition(families=("qwne",)))


# The file

GOOD = """[[claim]]
id = "one"
text = "Qwen has more than 7 derivatives."
claimed = "more than 7"
source = "https://example.org"
date = "2026-03-01"
[[claim.definition]]
name = "all"
measure = "derivatives"
families = ["qwen"]
claimed = 7
comparison = "more than"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_claim_is_read(tmp_path: Path) -> None:
    (found,) = load_claims(write(tmp_path, GOOD))
    assert (found.id, found.definition[0].families) == ("one", ("qwen",))


def test_a_folder_without_the_file_has_no_claims(tmp_path: Path) -> None:
    assert load_claims(tmp_path) == ()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('measure = "derivatives"', 'measure = "guess"', "claim one: .*measure"),
        ("claimed = 7", "claimd = 7", "claim one: .*claimd"),
        ('"https://example.org"', '"a newspaper"', "claim one: source"),
        ('"2026-03-01"', '"March"', "claim one: date: 'March' is no day"),
        ('families = ["qwen"]', "", "definition 'all': families: missing"),
        ('families = ["qwen"]', 'families = ["qwen", "llama"]', "families: derivatives are those of one"),
        ('"more than"\n', '"about"\n', "definition 'all': tolerance"),
        ("[[claim]]", "[claims]", "Begin each with a line"),
        ("[[claim]]", "[[claim", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_names_claim_and_key(tmp_path: Path, before: str, after: str, told: str) -> None:
    with pytest.raises(RegistryError, match=told):
        load_claims(write(tmp_path, GOOD.replace(before, after, 1)))


def test_two_claims_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="claim one: id: it occurs twice"):
        load_claims(write(tmp_path, GOOD + GOOD))


def test_the_shipped_claims_are_those_of_the_method() -> None:
    assert [claim.id for claim in load_claims(SHIPPED)] == [
        "qwen-100000", "china-40-percent", "top20-cn", "top20-us", "top20-fr", "three-publish", "three-do-not-publish",
        "alibaba-130000", "alibaba-180000", "hub-qwen", "hub-google", "hub-meta", "new-fine-tunes-63-percent",
        "downloads-cn", "downloads-us",
    ]  # fmt: skip


def test_the_shipped_claims_name_shipped_families() -> None:
    named = {name for claim in load_claims(SHIPPED) for one in claim.definition for name in one.families}
    assert named <= set(load_registry().families)
