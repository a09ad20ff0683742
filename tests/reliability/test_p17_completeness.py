"""P17: completeness is published, and a run below 99.5 % is marked: it makes no snapshot unless accepted, and then the
note is in its files and answers. By a replica that counts children which its listing hides.
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


def test_one_that_is_accepted_says_so_in_every_answer_and_in_its_files(tmp_path: Path, tried: Tried) -> None:
    program, code, snapshot = night(tmp_path, 3, "--accept")
    assert code == 0
    manifest = json.loads((tmp_path / snapshot / "manifest.json").read_text(encoding="utf-8"))
    assert "Qwen/Q 397 of 400" in manifest["note"]
    said = program.succeeds("derivatives", "Qwen/Q").stdout
    assert "400" in said
    assert "397" in said
    tried("an accepted night of 397 of 400 children", 1, "told in manifest.json and beside every count")
