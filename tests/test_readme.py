"""Every command of the README runs, and where it shows what the program prints, that is what it prints.

What differs from run to run (times, the port of a Hub on this machine) is masked. `docker compose` cannot run without
an engine; the command that its file gives the container is run instead.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from tests.jobs.program import warm

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SHOWN = [body for kind, body in BLOCKS if kind == "console"]
TYPED = [
    line.partition("#")[0].strip()
    for kind, body in BLOCKS
    if kind == "sh"
    for line in body.splitlines()
    if line.partition("#")[0].strip()
]
STAYS_UP = ("modelroots replica", "modelroots schedule")
MASKED = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `modelroots demo` has run, with the README's own registry and a dump beside it."""
    place = tmp_path_factory.mktemp("readme")
    run("modelroots demo", place)
    table = next(body for kind, body in BLOCKS if kind == "toml")
    (place / "my-registry").mkdir()
    (place / "my-registry" / "families.toml").write_text(table, encoding="utf-8")
    pq.write_table(pa.table({"id": ["a/b", "c/d"], "tags": [[], ["base_model:a/b"]]}), place / "models.parquet")
    return place


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with running(Replica(generate(3_000, 7), quota="10000/300")) as url:
        yield url


def environment(**more: str) -> dict[str, str]:
    """No Hub settings but those given, and the program on the PATH."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MODELROOTS_"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **more}


def run(command: str, folder: Path, **more: str) -> str:
    words = shlex.split(command)
    if words[0] == "modelroots":
        code, out, told = warm().run(folder, words[1:], more, longest=120)
        stdout, stderr = out.decode(), told.decode()
    else:
        done = subprocess.run(words, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=120)
        code, stdout, stderr = done.returncode, done.stdout, done.stderr
    assert code == 0, f"{command}\n{stdout}{stderr}"
    return stdout


def masked(text: str) -> str:
    for pattern, word in MASKED:
        text = re.sub(pattern, word, text)
    return text


@pytest.mark.parametrize("block", SHOWN, ids=[block.splitlines()[0] for block in SHOWN])
def test_a_transcript_is_what_the_program_prints(block: str, folder: Path) -> None:
    command, _, shown = block.partition("\n")
    assert masked(run(command.removeprefix("$ "), folder)) == masked(shown)


@pytest.mark.parametrize("command", [line for line in TYPED if line.startswith("make ")])
def test_a_make_target_exists(command: str) -> None:
    assert "modelroots" in run(f"{command} --dry-run", ROOT)


@pytest.mark.parametrize("command", [line for line in TYPED if line.startswith(STAYS_UP)])
def test_a_command_that_stays_up_comes_up_and_ends_when_told(command: str, folder: Path, hub: str) -> None:
    (folder / "rows.jsonl").write_text('{"id": "a/b", "_id": "621ffdc136468d709f180294"}\n', encoding="utf-8")
    words = ["0" if word == "8900" else word for word in shlex.split(command)]  # any free port
    more = environment(HF_ENDPOINT=hub, MODELROOTS_DB="scheduled.db")
    with subprocess.Popen(words, cwd=folder, env=more, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(("Scheduled: ", "3,", "20,000 models", "1 models"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode in (0, 130)


ORDINARY = [line for line in TYPED if not line.startswith(("make ", "docker ", *STAYS_UP))]


@pytest.mark.parametrize("command", ORDINARY)
def test_a_command_runs(command: str, folder: Path, hub: str) -> None:
    """In the README's order, against a Hub on this machine instead of the live one."""
    run(command.replace("http://127.0.0.1:8900", hub), folder, HF_ENDPOINT=hub)


def test_what_cron_and_systemd_run_is_the_nightly_job(folder: Path, hub: str) -> None:
    cron = next(body for kind, body in BLOCKS if kind == "cron").split("&&")[1].strip()
    unit = re.search(r"^ExecStart=(.*)$", README, re.MULTILINE)
    assert unit is not None
    for command in (cron, unit[1]):
        program = command.replace("/srv/modelroots/", "").replace(".venv/bin/", "")
        printed = run(program, folder, HF_ENDPOINT=hub, MODELROOTS_DB="nightly.db").strip()
        assert (folder / printed / "manifest.json").is_file()


def test_the_container_runs_a_command_that_the_program_has() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["scheduler"]
    for words in (service["command"], service["healthcheck"]["test"][2:]):
        options = run(f"modelroots {words[0]} --help", ROOT)
        assert all(word in options for word in words if word.startswith("--"))


def test_every_setting_is_named_in_the_readme() -> None:
    from jobs.settings import SETTINGS

    assert [setting.variable for setting in SETTINGS if setting.variable not in README] == []
