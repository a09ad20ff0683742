"""Real rows, end to end: four successive states of the Hub, swept and walked by the real program.

What is expected is worked out here by a naive search over the same rows, which shares no code with the program.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.replica.rows import load_rows
from tests.jobs.program import ROOT, Program, Row, opened_hub

FOLDER = ROOT.parent / "shared" / "hub" / "radar"
FILES = sorted(FOLDER.glob("*.jsonl.gz"))
pytestmark = pytest.mark.skipif(not FILES, reason="../shared/hub/radar is not here")

RELATIONS = ("adapter", "finetune", "merge", "quantized")
BASE = "Qwen/Qwen3.8-27B"


def rows_of(path: Path) -> list[Row]:
    with gzip.open(path) as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if not row.get("removed")]


def in_tags(row: Row) -> list[str]:
    """The bases of `base_model:X` and `base_model:relation:X`."""
    bases = [tag.removeprefix("base_model:") for tag in row.get("tags", ()) if tag.startswith("base_model:")]
    return [base.partition(":")[2] if base.partition(":")[0] in RELATIONS else base for base in bases]


def in_card(row: Row) -> list[str]:
    said: Any = (row.get("cardData") or {}).get("base_model")
    texts = said if isinstance(said, list) else [said]
    return [text for text in texts if isinstance(text, str)]


def tidied(base: str) -> str:
    base = base.strip()
    for prefix in ("https://huggingface.co/", "https://hf.co/"):
        if base.startswith(prefix):
            base = "/".join(base.removeprefix(prefix).split("/")[:2])
    return base.partition("@")[0].rstrip("/").removesuffix(".git")


@dataclass(frozen=True)
class Naive:
    """The rows' lineage as plain sets: base -> the models that declare it."""

    names: list[str]
    children: dict[str, set[str]]

    @classmethod
    def of(cls, rows: list[Row]) -> Naive:
        names = {row["id"] for row in rows}
        alike = defaultdict(list)
        for name in names:
            alike[name.lower()].append(name)
        children: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            for said in in_tags(row) or in_card(row):
                base = tidied(said)
                folded = alike[base.lower()]
                parent = base if base in names or len(folded) != 1 else folded[0]
                if parent != row["id"]:
                    children[parent].add(row["id"])
        return cls(sorted(names), children)

    def total(self, name: str) -> int:
        seen, queue = {name}, deque([name])
        while queue:
            fresh = self.children.get(queue.popleft(), set()) - seen
            seen |= fresh
            queue.extend(fresh)
        return len(seen) - 1

    def counts(self) -> dict[str, tuple[int, int]]:
        """Direct and total derivatives of every model."""
        return {name: (len(self.children.get(name, ())), self.total(name)) for name in self.names}


@dataclass(frozen=True)
class Swept:
    """One file, what a sweep of it and a second sweep said, and what was then in the store."""

    rows: list[Row]
    counts: dict[str, tuple[int, int]]
    first: Row
    second: Row
    said: str


QUESTION = ("derivatives", "qwen", "deepseek", "llama", "gemma", BASE, "--json")
"""What is asked after each file, and once more at the end as of that file's second sweep."""

COUNTS = """
    SELECT node.name,
        coalesce(direct_unknown + direct_finetune + direct_adapter + direct_quantized + direct_merge, 0),
        coalesce(total_unknown + total_finetune + total_adapter + total_quantized + total_merge, 0)
    FROM model JOIN node ON node.id = model.node_id
    LEFT JOIN lineage_count ON lineage_count.node_id = node.id WHERE model.missing_since IS NULL"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("radar"))


@pytest.fixture(scope="module")
def swept(program: Program) -> list[Swept]:
    """The four files in order, each swept twice, at one address: the second time nothing has changed."""
    found = []
    with opened_hub([]) as hub:
        for path in FILES:
            hub.replica.catalogue = load_rows(path)
            first = sweep(program, hub.url)
            counts = {name: (direct, total) for name, direct, total in program.query(COUNTS)}
            second = sweep(program, hub.url)
            found.append(Swept(rows_of(path), counts, first, second, program.succeeds(*QUESTION).stdout))
    return found


def sweep(program: Program, url: str) -> Row:
    program.succeeds("crawl", "sweep", "--endpoint", url)
    crawl: Row = program.asks("crawls")["items"][-1]
    return crawl


def names_of(rows: Iterable[Row]) -> set[str]:
    return {row["_id"] for row in rows}


def steps(swept: list[Swept]) -> Iterator[tuple[Swept, set[str], set[str], set[str]]]:
    """Each state with: those listed now, listed the time before, ever listed before."""
    ever: set[str] = set()
    before: set[str] = set()
    for state in swept:
        now = names_of(state.rows)
        yield state, now, before, set(ever)
        before, ever = now, ever | now


def test_the_models_listed_are_the_rows_that_are_not_removed(swept: list[Swept]) -> None:
    assert [state.first["models"] for state in swept] == [len(names_of(state.rows)) for state in swept]


@pytest.mark.parametrize("number", range(len(FILES)))
def test_every_model_has_the_derivatives_that_a_naive_search_finds(swept: list[Swept], number: int) -> None:
    assert swept[number].counts == Naive.of(swept[number].rows).counts()


def test_new_models_are_those_never_listed_before(swept: list[Swept]) -> None:
    assert [state.first["new"] for state in swept] == [len(now - ever) for _, now, _, ever in steps(swept)]


def test_missing_models_are_those_listed_the_time_before_and_not_now(swept: list[Swept]) -> None:
    assert [state.first["missing"] for state in swept] == [len(before - now) for _, now, before, _ in steps(swept)]


def test_models_are_back_that_were_listed_earlier_but_not_the_time_before(swept: list[Swept]) -> None:
    expected = [len((now & ever) - before) for _, now, before, ever in steps(swept)]
    assert [state.first["back"] for state in swept] == expected


def test_the_real_rows_hold_models_that_went_and_came_back(swept: list[Swept]) -> None:
    assert sum(state.first["missing"] for state in swept) > 0
    assert sum(state.first["back"] for state in swept) > 0


def test_models_missing_twice_in_a_row_are_gone(swept: list[Swept]) -> None:
    """Each file is swept twice, so whoever is missing from one is gone at its second sweep."""
    assert [state.second["gone"] for state in swept] == [state.first["missing"] for state in swept]


def test_every_row_is_accounted_for(swept: list[Swept]) -> None:
    outcomes = ("new", "changed", "same", "repeated", "quarantined")
    crawls = [crawl for state in swept for crawl in (state.first, state.second)]
    assert [sum(crawl[word] for word in outcomes) for crawl in crawls] == [crawl["fetched"] for crawl in crawls]


@pytest.mark.parametrize("word", ["new", "changed", "missing", "back", "repeated", "quarantined"])
def test_a_second_sweep_of_the_same_file_changes_nothing(swept: list[Swept], word: str) -> None:
    assert [state.second[word] for state in swept] == [0] * len(swept)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_an_earlier_crawl_is_answered_to_the_letter(program: Program, swept: list[Swept], number: int) -> None:
    state = swept[number]
    assert program.succeeds(*QUESTION, "--as-of", state.second["crawl"]).stdout == state.said


@pytest.mark.parametrize("number", range(1, len(FILES)))
def test_the_difference_of_two_crawls_is_that_of_their_rows(program: Program, swept: list[Swept], number: int) -> None:
    former, latter = swept[number - 1], swept[number]
    answer = program.asks("diff", former.second["crawl"], latter.second["crawl"])
    found: dict[str, set[str]] = defaultdict(set)
    for item in answer["items"]:
        found[item["change"]].add(item["name"])
    names = {row["_id"]: row["id"] for row in [*former.rows, *latter.rows]}
    ever = {one for state in swept[:number] for one in names_of(state.rows)}
    before, now = names_of(former.rows), names_of(latter.rows)
    assert found["new"] == {names[one] for one in now - ever}
    assert found["back"] == {names[one] for one in (now & ever) - before}
    assert found["gone"] == {names[one] for one in before - now}
    assert answer["choices"]["counts"]["new"] == len(now - ever)


def test_the_sweep_finds_the_base_s_derivatives_in_tags_and_cards(program: Program, swept: list[Swept]) -> None:
    assert swept
    assert program.asks("derivatives", BASE)["items"][0]["total"] == 929


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The last file, walked from one base into an empty database."""
    program = Program(tmp_path_factory.mktemp("walk"))
    with opened_hub(load_rows(FILES[-1]), quota="100000/300") as hub:
        program.succeeds("crawl", "walk", BASE, "--endpoint", hub.url)
    return program


def test_a_walk_finds_exactly_what_tags_reach(walked: Program) -> None:
    children: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(FILES[-1]):
        for tag in row.get("tags", ()):
            if tag.startswith("base_model:"):  # the filter compares the whole text behind it
                children[tag.removeprefix("base_model:")].add(row["id"])
    reached, queue = {BASE}, deque([BASE])
    while queue:
        fresh = children[queue.popleft()] - reached
        reached |= fresh
        queue.extend(fresh)
    found = {name for (name,) in walked.query("SELECT name FROM model JOIN node ON node.id = model.node_id")}
    assert (len(reached) - 1, found) == (921, reached)


def test_a_walk_counts_what_tags_reach(walked: Program) -> None:
    assert walked.asks("derivatives", BASE)["items"][0]["total"] == 921


def test_the_answer_after_a_walk_is_no_complete_one(walked: Program) -> None:
    answer = walked.asks("derivatives", BASE)
    assert answer["as_of"]["complete"] is False


def test_the_answer_after_a_walk_names_the_walk_and_its_base(walked: Program) -> None:
    said = walked.asks("derivatives", BASE)["coverage"]["basis"]
    assert "walk" in said
    assert BASE in said


def test_the_answer_after_a_walk_says_that_cards_are_not_seen(walked: Program) -> None:
    assert "card alone" in walked.succeeds("derivatives", BASE).stdout
