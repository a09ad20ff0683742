"""METHOD's worked example through the program: served by a Hub, defined by a small registry, asked for by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crawler.replica.lookup import Lookup
from tests.jobs.program import Reader, opened_hub
from tests.store.conftest import REGISTRY
from tests.store.test_rollups import ORIGINS
from tests.store.test_worked_example import EXAMPLE, LEDGER


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    program = Reader(tmp_path_factory.mktemp("example"))
    registry = program.folder / "registry"
    registry.mkdir()
    (registry / "families.toml").write_text(REGISTRY, encoding="utf-8")
    (registry / "origins.csv").write_text(ORIGINS, encoding="utf-8")
    (program.folder / "modelroots.toml").write_text(f'registry = "{registry}"\n', encoding="utf-8")
    with opened_hub(EXAMPLE) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


def counts(asked: Reader, *arguments: str) -> dict[str, float]:
    return {item["key"]: item["models"] for item in asked.asks("rollup", *arguments)["items"]}


@pytest.mark.parametrize(
    ("attribution", "totals"),
    [("any", [7, 1, 2]), ("nearest", [4.5, 1, 1.5]), ("root", [6.5, 0, 1.5])],
)
def test_families(asked: Reader, attribution: str, totals: list[float]) -> None:
    answer = asked.asks("derivatives", "qwen", "deepseek", "llama", "--attribution", attribution)
    assert [item["total"] for item in answer["items"]] == totals
    assert answer["choices"]["attribution"] == attribution


def test_a_table_has_the_same_numbers(asked: Reader) -> None:
    shown = asked.succeeds("derivatives", "qwen", "deepseek", "llama", "--attribution", "nearest").stdout
    rows = [line.split() for line in shown.splitlines()[1:4]]
    assert [(row[0], row[5]) for row in rows] == [("qwen", "4.5"), ("deepseek", "1"), ("llama", "1.5")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"CN": 8.5, "US": 2.5, "unreviewed": 3, "unknown": 1}),
        (("--population", "derivatives"), {"CN": 7.5, "US": 1.5, "unreviewed": 3, "unknown": 1}),
        (("--side", "publisher"), {"CN": 3, "US": 2, "KR": 2, "DE": 2, "FR": 1, "unreviewed": 5}),
    ],
)
def test_countries(asked: Reader, arguments: tuple[str, ...], expected: dict[str, float]) -> None:
    assert counts(asked, "--by", "country", *arguments) == expected
    filtered = counts(asked, "--by", "country", *arguments, "--min-downloads", "0")  # from the arrays, not the table
    assert filtered == expected


def test_the_table_of_countries(asked: Reader) -> None:
    lines = asked.succeeds("rollup", "--by", "country").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["CN", "8.5"],
        ["unreviewed", "3"],
        ["US", "2.5"],
        ["unknown", "1"],
    ]
    assert any("73.3% of the models have a known place" in line for line in lines)


def test_shares_are_of_the_whole_and_of_the_second_key(asked: Reader) -> None:
    shares = {item["key"]: item["share"] for item in asked.asks("rollup", "--by", "country")["items"]}
    assert shares["CN"] == 8.5 / 15
    crossed = asked.asks("rollup", "--by", "country", "--by", "relation")
    of_merges = [item for item in crossed["items"] if item["second"] == "merge"]
    assert [(item["key"], item["models"], item["share"]) for item in of_merges] == [("CN", 0.5, 0.5), ("US", 0.5, 0.5)]
    assert crossed["choices"]["share_of"] == "relation"


def test_families_as_a_rollup(asked: Reader) -> None:
    found = counts(asked, "--by", "family", "--attribution", "root")
    assert found == {"qwen": 6.5, "none": 4, "official": 3, "llama": 1.5}


def test_quality(asked: Reader) -> None:
    (item,) = asked.asks("quality")["items"]
    renamed = {"references" if name == "references_declared" else name: count for name, count in LEDGER.items()}
    assert {name: item[name] for name in renamed} == renamed


def test_quality_as_a_table(asked: Reader) -> None:
    lines = asked.succeeds("quality").stdout.splitlines()
    assert ["repeats", "1"] in [line.split()[:2] for line in lines]


def test_quality_with_examples(asked: Reader) -> None:
    (item,) = asked.asks("quality", "--examples", "3")["items"]
    assert item["examples"] == {
        "dangling": ["erin/ghost-ft: Qwen/Gone"],
        "malformed": ["hank/path: /cache/models/Qwen"],
        "self_references": ["frank/self: frank/self"],
        "cycles": ["gina/a, gina/b"],
        "disagreements": [],
    }
    assert "erin/ghost-ft: Qwen/Gone" in asked.succeeds("quality", "--examples", "3").stdout


def test_the_answer_explains_itself_within_a_screen(asked: Reader) -> None:
    lines = asked.succeeds("derivatives", "qwen").stdout.splitlines()
    assert len(lines) <= 24
    text = "\n".join(lines)
    for told in (
        "A derivative is",
        "attribution any",
        "by nearest 4.5 or by root 6.5",
        "crawl 1",
        "1 dangle",
        "cannot see",
    ):
        assert told in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("derivatives", "Qwen/Q-7B", "--attribution", "root"), "is no family"),
        (("derivatives", "qwen", "--as-of", "9"), "No crawl had finished as of '9'"),
        (("derivatives", "qwen", "--as-of", "soon"), "neither a crawl's number nor a day"),
        (("growth", "Qwen/Q-7B", "--by", "crawl"), "is no family"),
        (("diff", "1", "1"), "the earlier one first"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_the_reason(
    asked: Reader, arguments: tuple[str, ...], told: str
) -> None:
    ran = asked.run(*arguments)
    assert ran.code == 1
    assert told in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollup", "--by", "quark"),
        ("rollup", "--by", "country", "--by", "month", "--by", "task"),
        ("rollup",),
        ("derivatives", "qwen", "--since", "yesterday"),
        ("derivatives", "qwen", "--relation", "cousin"),
    ],
)
def test_an_option_that_is_wrong_is_a_usage_error(asked: Reader, arguments: tuple[str, ...]) -> None:
    assert asked.run(*arguments).code == 2


def test_growth_by_creation(tmp_path: Path) -> None:
    program = Reader(tmp_path)
    rows: list[dict[str, Any]] = [
        {
            "_id": f"{number:024x}",
            "id": name,
            "tags": [f"base_model:{base}"] if base else [],
            "createdAt": f"{day}T05:00:00Z",
        }
        for number, (name, base, day) in enumerate(
            [
                ("Qwen/A", "", "2026-01-01"),
                ("a/1", "Qwen/A", "2026-01-04"),  # a Sunday
                ("a/2", "Qwen/A", "2026-01-05"),
                ("a/3", "a/2", "2026-02-01"),
            ]
        )
    ]
    with opened_hub(rows) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    found = {
        by: [
            (item["period"], item["new"], item["total"])
            for item in program.asks("growth", "Qwen/A", "--by", by)["items"]
        ]
        for by in ("day", "week", "month")
    }
    assert found["day"] == [("2026-01-04", 1, 1), ("2026-01-05", 1, 2), ("2026-02-01", 1, 3)]
    assert found["week"] == [("2025-12-29", 1, 1), ("2026-01-05", 1, 2), ("2026-01-26", 1, 3)]
    assert found["month"] == [("2026-01", 2, 2), ("2026-02", 1, 3)]
    crawls = program.asks("growth", "qwen", "--by", "crawl")["items"]
    assert [(item["period"], item["new"], item["total"]) for item in crawls] == [("1", 3, 3)]


def test_bursts(tmp_path: Path) -> None:
    program = Reader(tmp_path)
    rows: list[dict[str, Any]] = [{"_id": f"{0:024x}", "id": "Qwen/A", "createdAt": "2026-01-01T00:00:00Z"}]
    for number in range(1, 251):
        day = "2026-02-01" if number > 10 else "2026-01-20"
        rows.append(
            {
                "_id": f"{number:024x}",
                "id": f"a/{number}",
                "tags": ["base_model:Qwen/A"],
                "createdAt": f"{day}T00:00:00Z",
            }
        )
    with opened_hub(rows) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    assert program.asks("bursts")["items"] == [{"name": "Qwen/A", "day": "2026-02-01", "new": 240, "usual": 1.0}]
    without = program.asks("derivatives", "qwen", "--exclude-bursts")
    assert (without["items"][0]["total"], without["choices"]["bursts"]) == (10, "excluded")


@pytest.mark.parametrize(("flood", "found"), [(299, []), (300, [300])])
def test_a_burst_is_twenty_times_the_median_of_the_days_before(tmp_path: Path, flood: int, found: list[int]) -> None:
    program = Reader(tmp_path)
    days = [f"2026-01-{day:02}" for day in range(3, 31) for _ in range(15)] + ["2026-01-31"] * flood
    rows: list[dict[str, Any]] = [{"_id": f"{0:024x}", "id": "Qwen/A"}]
    rows += [
        {"_id": f"{number:024x}", "id": f"a/{number}", "tags": ["base_model:Qwen/A"], "createdAt": f"{day}T01:00:00Z"}
        for number, day in enumerate(days, 1)
    ]
    with opened_hub(rows) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    assert [item["new"] for item in program.asks("bursts")["items"]] == found


def test_no_coverage_is_told_where_models_count_in_several_families(asked: Reader) -> None:
    """Under `any` the cells add up to more than the whole, and a share that is left would be wrong."""
    assert "Coverage:" not in asked.succeeds("rollup", "--by", "country", "--by", "family").stdout


TRACKED = '[qwen]\npublishers = ["Qwen"]\ntracked = ["Qwen/A", "Qwen/B"]\n'


def test_a_night_that_knows_too_few_derivatives_makes_no_snapshot_unless_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lookup, "children", lambda *_: {"finetune": 2})
    program = Reader(tmp_path)
    (tmp_path / "families.toml").write_text(TRACKED, encoding="utf-8")
    base, child = {"_id": f"{9:024x}", "id": "Qwen/A"}, {"_id": f"{1:024x}", "id": "a/1"}
    with opened_hub([base, {**child, "tags": ["base_model:finetune:Qwen/A"]}]) as hub:
        nightly = ("--registry", tmp_path, "nightly", "--endpoint", hub.url)
        ran = program.run(*nightly)
        assert (ran.code, ran.stdout) == (3, "")
        assert "Qwen/A 1 of 2" in ran.stderr
        assert "nightly --accept" in ran.stderr
        assert program.asks("derivatives", "qwen")["items"][0]["total"] == 1  # the crawl itself stands
        accepted = program.succeeds(*nightly, "--accept")
    assert (tmp_path / accepted.stdout.strip() / "manifest.json").is_file()


def test_the_night_compares_with_the_counts_of_the_hub(tmp_path: Path) -> None:
    program = Reader(tmp_path)
    (tmp_path / "families.toml").write_text(TRACKED, encoding="utf-8")
    rows = [
        {"_id": f"{number:024x}", "id": f"a/{number}", "tags": ["base_model:finetune:Qwen/A"]} for number in range(1, 4)
    ]
    rows.append({"_id": f"{8:024x}", "id": "a/8", "tags": ["base_model:Qwen/A"]})  # the Hub counts it nowhere
    with opened_hub([{"_id": f"{9:024x}", "id": "Qwen/A"}, *rows]) as hub:
        program.succeeds("--registry", tmp_path, "nightly", "--endpoint", hub.url)
    (item,) = program.asks("quality")["items"]
    assert item["completeness"] == [{"name": "Qwen/A", "told": 3, "counted": 3, "ratio": 1.0}]
