"""P17: completeness is published, and a run below 99.5 % is partial in every table, export and file, accepted or not.

By a replica that counts children which its listing hides.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.jobs.program import Program, listed, model, opened_hub
from tests.reliability.conftest import Tried

TRACKED = '[qwen]\npublishers = ["Qwen"]\ntracked = ["Qwen/Q"]\nsource = "https://huggingface.co/Qwen"\n'
CHILDREN = 400
ROWS = [
    model(1, "Qwen/Q"),
    *(model(number, f"a/m{number}", ("finetune", "Qwen/Q")) for number in range(2, CHILDREN + 2)),
]


@pytest.fixture(params=[0, 2, 3], ids="{} hidden".format)
def hidden(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def night(folder: Path, hidden: int, *more: str) -> tuple[Program, int, str]:
    """A night against a Hub that hides so many of 400 children from its listing, and counts them all."""
    (folder / "families.toml").write_text(TRACKED, encoding="utf-8")
    program = Program(folder)
    visible = listed(ROWS[: len(ROWS) - hidden])
    visible.lookup.children = listed(ROWS).lookup.children  # type: ignore[method-assign]
    with opened_hub(visible) as hub:
        ran = program.run("--registry", folder, "nightly", "--endpoint", hub.url, *more)
    return program, ran.code, ran.stdout.strip()


def test_the_ratio_is_published_and_below_995_in_a_thousand_there_is_no_snapshot(
    tmp_path: Path, hidden: int, tried: Tried
) -> None:
    program, code, snapshot = night(tmp_path, hidden)
    (known,) = program.asks("quality")["items"][0]["completeness"]
    assert (known["told"], known["counted"]) == (CHILDREN, CHILDREN - hidden)
    is_short = (CHILDREN - hidden) / CHILDREN < 0.995
    assert (code, bool(snapshot)) == ((3, False) if is_short else (0, True))
    tried(f"{hidden} of {CHILDREN} children hidden", 1, f"ratio {known['ratio']:.4f}, exit code {code}")


MUTE = ("csv", "jsonl", "jsonl.zst")
"""They have no place for it: the screen tells."""
FORMATS = (*MUTE, "parquet", "graphml", "gexf", "cytoscape", "dot", "mermaid", "prov", "hub-stats")
QUESTIONS = (
    ("derivatives", "Qwen/Q"), ("families",), ("quality",), ("claims",), ("bursts",), ("growth", "qwen"),
    *(("rollup", "--by", by) for by in ("country", "family", "publisher", "relation", "task", "month")),
)  # fmt: skip
WORD = "PARTIAL: less than 0.995 of the derivatives that the Hub tells of are known: Qwen/Q 397 of 400"


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path]:
    """After an accepted night of 397 of 400 children; and its snapshot."""
    folder = tmp_path_factory.mktemp("short")
    program, code, snapshot = night(folder, 3, "--accept")
    assert code == 0
    return program, folder / snapshot


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_short_night_is_partial_in_every_table(short: tuple[Program, Path], question: tuple[str, ...]) -> None:
    asked = ("--registry", short[0].folder, *question)
    assert WORD in short[0].succeeds(*asked).stdout
    answer = short[0].asks(*asked)
    assert not answer["as_of"]["complete"]
    assert answer["coverage"]["warning"].startswith(WORD)


@pytest.mark.parametrize("form", FORMATS)
def test_a_short_night_is_partial_in_every_export(short: tuple[Program, Path], tmp_path: Path, form: str) -> None:
    part = () if form == "hub-stats" else ("--below", "a/m2")
    ran = short[0].succeeds("export", "--format", form, "--out", tmp_path, *part)
    assert WORD in ran.stdout
    for file in tmp_path.iterdir():
        assert (WORD.encode() in file.read_bytes()) == (form not in MUTE), file


def test_every_file_of_an_accepted_snapshot_says_partial_and_it_stands_as_the_newest(
    short: tuple[Program, Path], tried: Tried
) -> None:
    program, snapshot = short
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["state"], manifest["accepted"]) == ("partial", True)
    for file in snapshot.iterdir():
        said = file.read_bytes()
        assert file.name == "SHA256SUMS" or (b"partial" in said.lower() and b"Qwen/Q 397 of 400" in said), file
    assert snapshot.name in program.succeeds("publish", "--repo-id", "a/b", "--dry-run").stdout
    tried("an accepted night of 397 of 400 children", 1, "partial in every table, export and file")
