"""`config`, `doctor`, the program's own options, and that nothing is coloured off a terminal."""

from __future__ import annotations

import tomllib

import pytest
from typer.testing import CliRunner

from jobs.cli import main as cli
from tests.jobs.conftest import OpenHub
from tests.jobs.program import ROOT, Program, Reader, small_rows

Origin = tuple[str, str]


def chosen(program: Program, *flags: str, **environment: str) -> dict[str, Origin]:
    """Each setting's value and origin."""
    items = program.succeeds(*flags, "config", "--json", environment=environment).json["items"]
    return {item["name"]: (item["value"], item["origin"]) for item in items}


def states(program: Program, *options: object) -> dict[str, str]:
    return {item["name"]: item["state"] for item in program.run("doctor", "--json", *options).json["items"]}


# config


def test_a_default_is_told_as_one(program: Program) -> None:
    assert chosen(program)["db"] == ("modelroots.db", "default")


def test_the_file_goes_before_the_default(program: Program) -> None:
    (program.folder / "modelroots.toml").write_text('db = "from-file.db"\n')
    assert chosen(program)["db"] == ("from-file.db", "modelroots.toml")


def test_the_environment_goes_before_the_file(program: Program) -> None:
    (program.folder / "modelroots.toml").write_text('db = "from-file.db"\n')
    assert chosen(program, MODELROOTS_DB="from-there.db")["db"] == ("from-there.db", "MODELROOTS_DB")


def test_a_flag_goes_before_the_environment(program: Program) -> None:
    assert chosen(program, "--db", "flag.db", MODELROOTS_DB="from-there.db")["db"] == ("flag.db", "--db")


def test_the_token_s_value_is_not_shown(program: Program) -> None:
    assert chosen(program, HF_TOKEN="hf_" + "secret")["token"] == ("set", "HF_TOKEN")


@pytest.mark.parametrize("text", ["db = ", 'nosuch = "x"', "db = 3"])
def test_a_file_that_cannot_be_used_is_a_usage_error(program: Program, text: str) -> None:
    (program.folder / "modelroots.toml").write_text(text)
    ran = program.run("config")
    assert ran.code == 2
    assert "modelroots.toml" in ran.stderr


# doctor


def test_doctor_finds_all_well_after_a_sweep(asked: Reader) -> None:
    assert asked.run("doctor", "--offline").code == 0
    assert {states(asked, "--offline")[name] for name in ("python", "sqlite", "database", "last sweep")} == {"ok"}


def test_doctor_warns_of_a_missing_database_and_does_not_fail(program: Program) -> None:
    assert program.run("doctor", "--offline").code == 0
    assert states(program, "--offline")["database"] == "warning"


def test_doctor_fails_where_the_database_is_none(program: Program) -> None:
    program.database.write_text("no database at all")
    assert program.run("doctor", "--offline").code == 1
    assert states(program, "--offline")["database"] == "problem"


def test_doctor_fails_where_the_registry_is_broken(program: Program) -> None:
    (program.folder / "families.toml").write_text("[qwen")
    assert program.run("--registry", ".", "doctor", "--offline").code == 1


def test_doctor_remarks_on_a_registry_without_sources(program: Program) -> None:
    (program.folder / "families.toml").write_text('[qwen]\npublishers = ["Qwen"]\n')
    assert program.run("--registry", ".", "doctor", "--offline").code == 0
    assert states(program, "--offline")["registry"] == "ok"
    ran = program.run("--registry", ".", "doctor", "--offline", "--json")
    (found,) = [item for item in ran.json["items"] if item["name"] == "registry"]
    assert (found["state"], "remarks" in found["finding"]) == ("warning", True)


def test_doctor_fails_where_the_schedule_is_none(program: Program) -> None:
    ran = program.run("doctor", "--offline", "--json", environment={"MODELROOTS_CRON": "at night"})
    assert ran.code == 1
    assert [item["name"] for item in ran.json["items"] if item["state"] == "problem"] == ["schedule"]


def test_doctor_fails_where_the_token_is_refused(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), token="hf_" + "b" * 30)
    token = "hf_" + "a" * 30
    ran = program.run("doctor", "--endpoint", hub.url, environment={"HF_TOKEN": token})
    assert (ran.code, token in ran.stdout + ran.stderr) == (1, False)


def test_doctor_asks_the_hub(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), quota="500/300")
    assert states(program, "--endpoint", hub.url)["hub"] == "ok"
    assert hub.replica.requests == 1


def test_doctor_fails_where_no_hub_answers(program: Program) -> None:
    ran = program.run("doctor", "--endpoint", "http://127.0.0.1:1", "--json")
    assert ran.code == 1
    assert ran.json["items"][-1]["state"] == "problem"


def test_doctor_offline_asks_no_hub(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    assert "hub" not in states(program, "--offline", "--endpoint", hub.url)
    assert hub.replica.requests == 0


def test_doctor_asks_no_hub_where_the_environment_forbids_it(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    program.succeeds("doctor", "--endpoint", hub.url, environment={"HF_HUB_OFFLINE": "1"})
    assert hub.replica.requests == 0


# The program


def test_the_version_is_that_of_the_project(program: Program) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert program.succeeds("--version").stdout == f"modelroots {project['version']}\n"


def test_an_unknown_command_is_a_usage_error(program: Program) -> None:
    assert program.run("crawel").code == 2


COMMANDS = (
    "crawl sweep", "crawl walk", "crawl changes", "crawls", "nightly", "schedule", "derivatives", "tree", "families",
    "export", "replica", "demo", "doctor", "config", "backup", "restore", "renames",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = CliRunner().invoke(cli.program([]), [*command.split(), "--help"])
    assert (shown.exit_code, "Usage:" in shown.output) == (0, True)


@pytest.mark.parametrize("question", ["derivatives qwen", "families", "crawls", "tree Qwen/Q", "doctor --offline"])
def test_nothing_is_coloured_off_a_terminal(asked: Reader, question: str) -> None:
    ran = asked.succeeds(*question.split())
    assert "\x1b" not in ran.stdout + ran.stderr


def test_a_crawl_writes_no_escape_codes_off_a_terminal(program: Program, open_hub: OpenHub) -> None:
    ran = program.succeeds("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "\r" not in ran.stderr


def test_every_command_is_where_the_table_of_commands_says() -> None:
    whole = cli.program([])
    named = {command.name or getattr(command.callback, "__name__", "") for command in whole.registered_commands}
    assert named | {group.name for group in whole.registered_groups} == set(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_a_command_is_built_alone(command: str) -> None:
    alone = CliRunner().invoke(cli.program(["--db", "families", command, "--json"]), [command, "--help"])
    assert alone.exit_code == 0
    assert alone.stdout == CliRunner().invoke(cli.program([]), [command, "--help"]).stdout


@pytest.mark.parametrize("words", [[], ["--help"], ["nonsense"], ["--db", "derivatives", "nonsense"]])
def test_without_a_known_command_all_are_shown(words: list[str]) -> None:
    shown = CliRunner().invoke(cli.program(words), ["--help"]).stdout
    assert all(command in shown for command in cli.COMMANDS)
