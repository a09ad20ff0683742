"""`derivatives`, `families`, `crawls`: what is asked of the store, in every form."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, Reader, model, opened_hub

ENVELOPE = ["schema_version", "as_of", "choices", "coverage", "items"]


def item(program: Program, name: str) -> dict[str, object]:
    found: dict[str, object] = program.asks("derivatives", name)["items"][0]
    return found


# derivatives


def test_a_family_is_counted_with_its_ghosts_and_without_its_own(asked: Reader) -> None:
    relations = {"finetune": 2, "adapter": 1, "quantized": 1, "merge": 0, "unknown": 1}
    counts = {"official": 1, "direct": 3, "indirect": 2, "total": 5, "relations": relations}
    assert item(asked, "qwen") == {"name": "qwen", "kind": "family"} | counts


def test_a_family_is_found_by_its_title(asked: Reader) -> None:
    assert item(asked, "Qwen") == item(asked, "qwen")


def test_a_model_is_counted(asked: Reader) -> None:
    relations = {"finetune": 1, "adapter": 1, "quantized": 1, "merge": 0, "unknown": 1}
    counts = {"official": None, "direct": 2, "indirect": 2, "total": 4, "relations": relations}
    assert item(asked, "Qwen/Q") == {"name": "Qwen/Q", "kind": "model"} | counts


def test_a_ghost_is_counted(asked: Reader) -> None:
    ghost = item(asked, "Qwen/Gone")
    assert (ghost["kind"], ghost["direct"], ghost["total"]) == ("ghost", 1, 1)


def test_a_model_without_derivatives_has_none(asked: Reader) -> None:
    assert item(asked, "carol/other")["total"] == 0


def test_a_name_in_another_case_means_the_only_model_that_differs_in_case(asked: Reader) -> None:
    assert item(asked, "ALICE/FT")["name"] == "alice/ft"


def test_a_closed_family_s_zero_is_an_answer(asked: Reader) -> None:
    assert item(asked, "claude")["total"] == 0


def test_several_names_are_answered_in_their_order(asked: Reader) -> None:
    items = asked.asks("derivatives", "alice/ft", "qwen", "Qwen/Gone")["items"]
    assert [one["name"] for one in items] == ["alice/ft", "qwen", "Qwen/Gone"]


@pytest.mark.parametrize(("typed", "meant"), [("qwne", "qwen"), ("Qwen/ft", "alice/ft")])
def test_an_unknown_name_fails_with_a_suggestion(asked: Reader, typed: str, meant: str) -> None:
    ran = asked.run("derivatives", typed)
    assert (ran.code, ran.stdout) == (1, "")
    assert meant in ran.stderr


def test_one_unknown_name_among_known_ones_answers_nothing(asked: Reader) -> None:
    ran = asked.run("derivatives", "qwen", "nobody/nothing")
    assert (ran.code, ran.stdout) == (1, "")


def test_no_name_is_a_usage_error(asked: Reader) -> None:
    assert asked.run("derivatives").code == 2


# The envelope


@pytest.mark.parametrize("command", [("derivatives", "qwen"), ("families",), ("crawls",), ("tree", "Qwen/Q")])
def test_json_has_the_envelope(asked: Reader, command: tuple[str, ...]) -> None:
    assert list(asked.asks(*command)) == ENVELOPE


def test_the_envelope_has_its_version(asked: Reader) -> None:
    assert asked.asks("derivatives", "qwen")["schema_version"] == 1


def test_the_envelope_names_the_crawl(asked: Reader) -> None:
    finished = asked.asks("crawls")["items"][0]["finished_at"]
    assert asked.asks("derivatives", "qwen")["as_of"] == {"crawl": 1, "finished_at": finished, "complete": True}


def test_the_envelope_names_the_choices(asked: Reader) -> None:
    choices = {"distance": "total", "relation": "all", "attribution": "any", "metric": "models", "bursts": "kept"}
    assert asked.asks("derivatives", "qwen")["choices"] == choices


def test_the_envelope_tells_the_coverage(asked: Reader) -> None:
    coverage = asked.asks("derivatives", "qwen")["coverage"]
    counts = {"models": 7, "models_declaring": 5, "resolved": 4, "dangling": 1, "malformed": 0, "self_references": 0}
    assert {name: coverage[name] for name in counts} == counts


def test_the_coverage_says_what_the_answer_rests_on_and_what_it_cannot_see(asked: Reader) -> None:
    coverage = asked.asks("derivatives", "qwen")["coverage"]
    assert "complete sweep" in coverage["basis"]
    assert "private" in coverage["unseen"]


# families and crawls


def test_every_family_of_the_first_day_is_listed(asked: Reader) -> None:
    wanted = {"qwen", "deepseek", "kimi", "glm", "hunyuan", "minimax", "sensenova", "llama", "mistral", "gemma"}
    wanted |= {"gemini", "gpt-oss", "gpt", "grok", "claude"}
    listed = asked.succeeds("families", "-q").stdout.split()
    assert wanted <= set(listed)


def test_a_family_is_listed_with_its_rules_and_source(asked: Reader) -> None:
    qwen = asked.asks("families")["items"][0]
    assert (qwen["name"], qwen["publishers"], qwen["total"]) == ("qwen", ["Qwen"], 5)
    assert qwen["source"].startswith("https://")


def test_crawls_have_the_fields_that_are_promised(asked: Reader) -> None:
    counts = ["pages", "models", "new", "changed", "missing", "gone", "back", "quarantined", "requests"]
    promised = ["crawl", "kind", "state", *counts, "started_at", "finished_at"]
    assert list(asked.asks("crawls")["items"][0])[: len(promised)] == promised


def test_a_crawl_tells_what_it_did(asked: Reader) -> None:
    crawl = asked.asks("crawls")["items"][0]
    told = {"crawl": 1, "kind": "sweep", "state": "complete", "pages": 1, "models": 7, "new": 7, "requests": 1}
    assert {name: crawl[name] for name in told} == told


def test_crawls_are_shown_before_any_has_finished(prepared: Program, open_hub: OpenHub) -> None:
    """They are what a failed first night has to be understood from."""
    prepared.run("crawl", "sweep", "--endpoint", open_hub([], require_token=True).url)
    assert prepared.asks("crawls")["items"][0]["state"] == "failed"


# Formats


def test_a_table_has_a_line_for_each_item_and_what_it_rests_on(asked: Reader) -> None:
    lines = asked.succeeds("derivatives", "qwen", "Qwen/Q").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["name", "qwen", "Qwen/Q"]
    assert "complete sweep" in "\n".join(lines[3:])


def test_jsonl_has_an_item_a_line(asked: Reader) -> None:
    lines = asked.succeeds("derivatives", "qwen", "Qwen/Q", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [item(asked, "qwen"), item(asked, "Qwen/Q")]


@pytest.mark.parametrize(("form", "separator"), [("csv", ","), ("tsv", "\t")])
def test_separated_forms_read_back(asked: Reader, form: str, separator: str) -> None:
    text = asked.succeeds("derivatives", "qwen", "Qwen/Q", "--format", form).stdout
    rows = list(csv.DictReader(io.StringIO(text), delimiter=separator))
    assert [(row["name"], row["total"], row["finetune"]) for row in rows] == [("qwen", "5", "2"), ("Qwen/Q", "4", "1")]


def test_markdown_is_a_table(asked: Reader) -> None:
    lines = asked.succeeds("derivatives", "qwen", "--format", "md").stdout.splitlines()
    assert lines[0].startswith("| name | kind |")
    assert lines[1].startswith("| --- | --- |")
    assert lines[2].startswith("| qwen | family |")


@pytest.mark.parametrize("short", ["json", "csv"])
def test_a_short_form_is_the_long_one(asked: Reader, short: str) -> None:
    long = asked.succeeds("derivatives", "qwen", "--format", short)
    assert asked.succeeds("derivatives", "qwen", f"--{short}") == long


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "tsv", "md"])
def test_notes_for_people_are_not_among_the_data(asked: Reader, form: str) -> None:
    assert "A derivative is" not in asked.succeeds("derivatives", "qwen", "--format", form).stdout


@pytest.mark.parametrize("form", ["csv", "tsv", "md"])
def test_notes_stand_beside_forms_that_do_not_tell_what_they_rest_on(asked: Reader, form: str) -> None:
    assert "complete sweep" in asked.succeeds("derivatives", "qwen", "--format", form).stderr


def test_quiet_gives_names_alone(asked: Reader) -> None:
    ran = asked.succeeds("derivatives", "qwen", "Qwen/Q", "-q")
    assert (ran.stdout, ran.stderr) == ("qwen\nQwen/Q\n", "")


@pytest.mark.parametrize("two", [("--json", "--csv"), ("--json", "--format", "md"), ("--csv", "--format", "jsonl")])
def test_two_formats_at_once_are_a_usage_error(asked: Reader, two: tuple[str, ...]) -> None:
    assert asked.run("derivatives", "qwen", *two).code == 2


def test_an_unknown_format_is_a_usage_error(asked: Reader) -> None:
    assert asked.run("derivatives", "qwen", "--format", "xml").code == 2


def test_an_answer_goes_to_a_file_as_it_would_to_the_screen(asked: Reader) -> None:
    ran = asked.succeeds("derivatives", "qwen", "--json", "-o", "answers/qwen.json")
    assert ran.stdout == ""
    assert json.loads((asked.folder / "answers/qwen.json").read_text()) == asked.asks("derivatives", "qwen")


def test_a_question_that_fails_leaves_the_file_as_it_was(asked: Reader) -> None:
    file = asked.folder / "kept.json"
    file.write_text("before")
    assert asked.run("derivatives", "nobody/nothing", "-o", file).code == 1
    assert file.read_text() == "before"


def test_a_file_that_is_written_leaves_nothing_beside_it(asked: Reader) -> None:
    asked.succeeds("derivatives", "qwen", "-o", "alone/qwen.txt")
    assert [path.name for path in (asked.folder / "alone").iterdir()] == ["qwen.txt"]


# tree


def test_a_tree_shows_what_derives_from_a_model(asked: Reader) -> None:
    assert asked.succeeds("tree", "Qwen/Q").stdout.splitlines() == [
        "Qwen/Q",
        "├─ alice/ft  (finetune)",
        "│  ├─ alice/lora  (adapter)",
        "│  └─ dave/card  (unknown)",
        "└─ bob/gguf  (quantized)",
    ]


def test_a_tree_upwards_shows_what_a_model_derives_from(asked: Reader) -> None:
    lines = ["alice/lora", "└─ alice/ft  (adapter)", "   └─ Qwen/Q  (finetune)"]
    assert asked.succeeds("tree", "alice/lora", "--up").stdout.splitlines() == lines


def test_a_tree_marks_a_ghost(asked: Reader) -> None:
    assert "Qwen/Gone  (finetune, not on the Hub)" in asked.succeeds("tree", "erin/orphan", "--up").stdout


def test_a_depth_ends_a_tree_and_tells_what_it_left_out(asked: Reader) -> None:
    lines = ["Qwen/Q", "├─ alice/ft  (finetune)", "│  └─ ... 2 more", "└─ bob/gguf  (quantized)"]
    assert asked.succeeds("tree", "Qwen/Q", "--depth", "1").stdout.splitlines() == lines


def test_a_limit_ends_a_tree_and_tells_what_it_left_out(asked: Reader) -> None:
    lines = ["Qwen/Q", "├─ alice/ft  (finetune)", "│  └─ ... 2 more", "└─ ... 1 more"]
    assert asked.succeeds("tree", "Qwen/Q", "--limit", "1").stdout.splitlines() == lines


def test_a_tree_in_json_is_nested(asked: Reader) -> None:
    top = asked.asks("tree", "Qwen/Q")["items"][0]
    assert [twig["name"] for twig in top["branches"]] == ["alice/ft", "bob/gguf"]
    assert [twig["name"] for twig in top["branches"][0]["branches"]] == ["alice/lora", "dave/card"]


def test_a_tree_in_json_tells_the_choices(asked: Reader) -> None:
    choices = asked.asks("tree", "Qwen/Q", "--up", "--depth", 2)["choices"]
    assert choices == {"direction": "up", "depth": 2, "limit": 100}


def test_a_tree_in_dot_has_an_arrow_for_each_edge(asked: Reader) -> None:
    text = asked.succeeds("tree", "Qwen/Q", "--format", "dot").stdout
    assert text.startswith("digraph lineage {")
    assert '"Qwen/Q" -> "alice/ft" [label="finetune"];' in text
    assert text.count("->") == 4


def test_a_tree_in_mermaid_has_an_arrow_for_each_edge(asked: Reader) -> None:
    text = asked.succeeds("tree", "Qwen/Q", "--format", "mermaid").stdout
    assert text.startswith("graph LR\n")
    assert '-->|quantized| n4["bob/gguf"]' in text
    assert text.count("-->") == 4


def test_a_tree_of_an_unknown_model_fails_with_a_suggestion(asked: Reader) -> None:
    ran = asked.run("tree", "alice/f")
    assert ran.code == 1
    assert "alice/ft" in ran.stderr


@pytest.mark.parametrize("option", ["--depth", "--limit"])
def test_a_tree_of_nothing_is_a_usage_error(asked: Reader, option: str) -> None:
    assert asked.run("tree", "Qwen/Q", option, 0).code == 2


def test_a_chain_too_deep_for_json_is_refused_with_the_way_out(tmp_path: Path) -> None:
    program = Program(tmp_path)
    rows = (model(n, f"a/{n}", *([("finetune", f"a/{n - 1}")] if n else [])) for n in range(1_200))
    with opened_hub(rows) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    refused = program.run("tree", "a/0", "--limit", 1_200, "--json")
    assert (refused.code, refused.stdout) == (1, "")
    assert "--depth 400, or --format dot" in refused.stderr
    deep = program.asks("tree", "a/0", "--limit", 1_200, "--depth", 400)["items"][0]
    for _ in range(400):
        (deep,) = deep["branches"]
    assert (deep["name"], deep["more"]) == ("a/400", 1)
    assert program.succeeds("tree", "a/0", "--limit", 1_200, "--format", "dot").stdout.count("->") == 1_199
