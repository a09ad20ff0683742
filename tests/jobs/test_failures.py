"""What the program says, returns and keeps when a Hub does not do what it should."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from crawler.hub import Hub
from jobs import pipelines
from jobs.cli.errors import report
from jobs.progress import Progress
from jobs.settings import Settings, read_settings
from store.database import writing
from tests.jobs.conftest import OpenHub
from tests.jobs.program import Program, Ran, Row, listed, many_rows, opened_hub, small_rows

CANARY = "hf_" + "CanaryThatMustNotBeSeen0123456789"
CONTENT = "SELECT name, model.id, first_crawl, likes FROM model JOIN node ON node.id = model.node_id ORDER BY model.id"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def crawl_of(program: Program) -> Row:
    """The last crawl's row."""
    fields = ("id", "state", "models", "repeated", "missing")
    found = program.query(f"SELECT {', '.join(fields)} FROM crawl ORDER BY id DESC LIMIT 1")
    return dict(zip(fields, found[0], strict=True))


# Addresses


@pytest.mark.parametrize("wrong", ["not an address", "ftp://huggingface.co", "127.0.0.1:8900", "http://user@host", ""])
def test_a_wrong_endpoint_is_a_usage_error(program: Program, wrong: str) -> None:
    assert program.run("crawl", "sweep", "--endpoint", wrong).code == 2


def test_a_wrong_endpoint_is_told_with_where_it_came_from(program: Program) -> None:
    ran = program.run("crawl", "sweep", environment={"HF_ENDPOINT": "nowhere"})
    assert "HF_ENDPOINT" in ran.stderr
    assert "nowhere" in ran.stderr


def test_a_wrong_endpoint_makes_no_database(program: Program) -> None:
    program.run("crawl", "sweep", "--endpoint", "nowhere")
    assert not program.database.exists()


@dataclass(frozen=True)
class Asked:
    """What was answered before a crawl that failed, how the crawl went, and what is answered after it."""

    before: Row
    ran: Ran
    seconds: float
    after: Row


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A sweep that went well, then one of a port where nobody listens."""
    program = Program(tmp_path_factory.mktemp("refused"))
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    before = program.asks("derivatives", "qwen")
    began = time.monotonic()
    ran = program.run("crawl", "sweep", "--endpoint", f"http://127.0.0.1:{free_port()}")
    return Asked(before, ran, time.monotonic() - began, program.asks("derivatives", "qwen"))


def test_a_refused_connection_has_its_exit_code(refused: Asked) -> None:
    assert refused.ran.code == 6


def test_a_refused_connection_is_told_within_seconds(refused: Asked) -> None:
    assert refused.seconds < 10


def test_a_refused_connection_leaves_earlier_answers(refused: Asked) -> None:
    assert refused.after == refused.before


def test_offline_no_hub_is_asked(program: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    ran = program.run("crawl", "sweep", "--endpoint", hub.url, environment={"HF_HUB_OFFLINE": "1"})
    assert (ran.code, hub.replica.requests) == (2, 0)
    assert "HF_HUB_OFFLINE" in ran.stderr


# Refusals


def test_a_token_that_is_not_accepted_has_its_exit_code(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), token="hf_" + "right", require_token=True)
    assert prepared.run("crawl", "sweep", "--endpoint", hub.url, environment={"HF_TOKEN": "hf_" + "wrong"}).code == 4


def test_a_missing_token_has_its_exit_code(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), token="hf_" + "right", require_token=True)
    ran = prepared.run("crawl", "sweep", "--endpoint", hub.url)
    assert ran.code == 4
    assert "HF_TOKEN" in ran.stderr


def test_the_right_token_opens_the_listing(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), token=CANARY, require_token=True)
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url, environment={"HF_TOKEN": CANARY})
    assert crawl_of(prepared)["models"] == len(small_rows())


def test_a_token_in_a_file_is_sent(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows(), token=CANARY, require_token=True)
    (prepared.folder / "token").write_text(CANARY + "\n")
    prepared.succeeds("crawl", "sweep", "--endpoint", hub.url, "--token-from", "token")


# Links to elsewhere


@dataclass(frozen=True)
class CutOff:
    """A sweep whose second page led elsewhere: how it went, what was stored, and how the next run ended."""

    ran: Ran
    stored: int
    note: str
    then: Row


@pytest.fixture(scope="module")
def led_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> CutOff:
    program = Program(tmp_path_factory.mktemp("elsewhere"))
    with opened_hub(many_rows(3000), faults="foreign-link@2") as hub:
        ran = program.run("crawl", "sweep", "--endpoint", hub.url)
        stored = program.query("SELECT count(*) FROM model")[0][0]
        note = program.asks("crawls")["items"][0]["note"]
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return CutOff(ran, stored, note, crawl_of(program))


def test_a_link_to_another_host_ends_the_crawl_as_partial(led_elsewhere: CutOff) -> None:
    assert led_elsewhere.ran.code == 3


def test_a_link_to_another_host_is_told(led_elsewhere: CutOff) -> None:
    assert "elsewhere.invalid" in led_elsewhere.ran.stderr


def test_a_link_to_another_host_keeps_the_pages(led_elsewhere: CutOff) -> None:
    assert led_elsewhere.stored == 2000


def test_a_link_to_another_host_is_noted_among_the_crawls(led_elsewhere: CutOff) -> None:
    assert "elsewhere.invalid" in led_elsewhere.note


def test_a_sweep_that_was_led_elsewhere_goes_on_to_its_end(led_elsewhere: CutOff) -> None:
    then = led_elsewhere.then
    assert (then["id"], then["state"], then["models"]) == (1, "complete", 3000)


# The token


def test_the_token_is_in_no_byte_that_the_program_leaves(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(many_rows(1500), token=CANARY, faults="foreign-link@2")
    environment = {"HF_TOKEN": CANARY, "MODELROOTS_DEBUG": "1"}
    commands = (["crawl", "sweep", "--endpoint", hub.url], ["doctor", "--endpoint", hub.url], ["config", "--json"])
    said = [prepared.run(*command, environment=environment) for command in commands]
    assert not any(CANARY in ran.stdout + ran.stderr for ran in said)
    written = [path for path in prepared.folder.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if CANARY.encode() in path.read_bytes()]


def test_the_token_never_reaches_another_host(
    prepared: Program, open_hub: OpenHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_hub(small_rows())
    monkeypatch.setattr("crawler.replica.misled.ELSEWHERE", other.url)
    hub = open_hub(many_rows(1500), token=CANARY, faults="foreign-link@1")
    ran = prepared.run("crawl", "sweep", "--endpoint", hub.url, environment={"HF_TOKEN": CANARY})
    assert other.url in ran.stderr  # the link did lead there
    assert other.replica.requests == 0


def test_a_token_is_not_sent_over_plain_http_to_another_machine(prepared: Program) -> None:
    ran = prepared.run("crawl", "sweep", "--endpoint", "http://hub.invalid", environment={"HF_TOKEN": CANARY})
    assert ran.code == 2
    assert CANARY not in ran.stderr
    assert "should not happen" not in ran.stderr


# Faults that pass, and faults that stay: in this process, where waits are noted and not waited


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait of a crawl: noted, and not waited."""
    noted: list[float] = []
    monkeypatch.setattr(pipelines, "Hub", partial(Hub, sleep=bool))  # any function that the fetching process knows
    monkeypatch.setattr(Progress, "waiting", lambda _, seconds, __: noted.append(seconds))
    return noted


def settings_of(program: Program, url: str) -> Settings:
    return read_settings({"db": str(program.database), "endpoint": url}, {}, program.folder)


def exit_code(crawling: Callable[[], object]) -> int:
    """What `main` would end with."""
    try:
        crawling()
    except Exception as error:  # noqa: BLE001 - the program's own boundary does the same
        return report(error)
    return 0


@pytest.mark.parametrize(("first", "expected"), [(1, 1), (2, 3)])
@pytest.mark.parametrize("kind", ["html", "object", "503"])
@pytest.mark.usefixtures("waits")
def test_a_fault_that_stays_fails_at_the_first_page_and_is_partial_later(
    prepared: Program, open_hub: OpenHub, kind: str, first: int, expected: int
) -> None:
    hub = open_hub(many_rows(1500), faults=",".join(f"{kind}@{number}" for number in range(first, first + 20)))
    settings = settings_of(prepared, hub.url)
    assert exit_code(lambda: pipelines.run_sweep(settings, None, fresh=False)) == expected


@pytest.mark.usefixtures("waits")
def test_a_page_of_html_is_told_as_what_it_is(
    prepared: Program, open_hub: OpenHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = open_hub(small_rows(), faults=",".join(f"html@{number}" for number in range(1, 20)))
    exit_code(lambda: pipelines.run_sweep(settings_of(prepared, hub.url), None, fresh=False))
    said = capsys.readouterr().err
    assert "html" in said.lower()
    assert hub.url in said


@pytest.mark.usefixtures("waits")
def test_a_page_of_html_later_keeps_the_pages_before_it(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(many_rows(1500), faults=",".join(f"html@{number}" for number in range(2, 20)))
    exit_code(lambda: pipelines.run_sweep(settings_of(prepared, hub.url), None, fresh=False))
    assert prepared.query("SELECT count(*) FROM model") == [(1000,)]


@pytest.mark.parametrize("kind", ["503", "html", "cut", "reset", "429"])
def test_faults_that_pass_leave_the_same_database(
    prepared: Program, open_hub: OpenHub, waits: list[float], kind: str
) -> None:
    hub = open_hub(many_rows(1500), faults=f"{kind}@1,{kind}@3,{kind}@4")
    pipelines.run_sweep(settings_of(prepared, hub.url), None, fresh=False)
    assert waits
    names = [row["id"] for row in many_rows(1500)]
    assert sorted(row[0] for row in prepared.query(CONTENT)) == sorted(names)
    assert (crawl_of(prepared)["state"], crawl_of(prepared)["repeated"]) == ("complete", 0)


# A listing that stops short


@dataclass(frozen=True)
class Truncated:
    """A complete sweep of 300 models, then one of a Hub that lists only so many; and the answer after it."""

    program: Program
    ran: Ran
    answer: Row


@pytest.fixture(scope="module", name="truncated")
def truncated_listing(tmp_path_factory: pytest.TempPathFactory) -> Truncated:
    return truncated_to(200, Program(tmp_path_factory.mktemp("truncated")))


def truncated_to(count: int, program: Program) -> Truncated:
    with opened_hub(many_rows(300)) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
        hub.replica.catalogue = listed(many_rows(300)[:count])
        ran = program.run("crawl", "sweep", "--endpoint", hub.url)
    return Truncated(program, ran, program.asks("derivatives", "a/m1"))


def test_a_truncated_listing_is_partial(truncated: Truncated) -> None:
    assert truncated.ran.code == 3


def test_a_truncated_listing_is_told_with_its_share(truncated: Truncated) -> None:
    assert "66.7%" in truncated.ran.stderr


def test_nothing_becomes_missing_from_a_truncated_listing(truncated: Truncated) -> None:
    assert truncated.program.query("SELECT count(*) FROM model WHERE missing_since IS NOT NULL") == [(0,)]


def test_derivatives_are_the_same_after_a_truncated_listing(truncated: Truncated) -> None:
    assert truncated.answer["items"][0]["total"] == 110  # 10..19, and 100..199 below them


def test_an_answer_after_a_truncated_listing_is_not_called_complete(truncated: Truncated) -> None:
    assert (truncated.answer["as_of"]["crawl"], truncated.answer["as_of"]["complete"]) == (2, False)


def test_a_truncated_night_makes_no_snapshot(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(many_rows(300))
    prepared.succeeds("nightly", "--endpoint", hub.url)
    hub.replica.catalogue = listed(many_rows(200))
    ran = prepared.run("nightly", "--endpoint", hub.url)
    assert (ran.code, ran.stdout) == (3, "")
    assert len(list((prepared.folder / "snapshots").glob("*/manifest.json"))) == 1


def test_a_listing_that_is_short_by_little_is_complete(prepared: Program) -> None:
    truncated_to(295, prepared)
    assert (crawl_of(prepared)["state"], crawl_of(prepared)["missing"]) == ("complete", 5)


# Two writers


def test_a_second_writer_is_refused_with_its_exit_code(prepared: Program, open_hub: OpenHub) -> None:
    hub = open_hub(small_rows())
    with writing(prepared.database):
        ran = prepared.run("crawl", "sweep", "--endpoint", hub.url)
    assert ran.code == 5
    assert str(prepared.database.name) in ran.stderr


def test_readers_are_not_refused_while_another_writes(prepared: Program, open_hub: OpenHub) -> None:
    prepared.succeeds("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    with writing(prepared.database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert prepared.asks("derivatives", "qwen")["items"][0]["total"] > 0
        connection.execute("ROLLBACK")


# Questions without ground


def test_a_question_without_a_database_says_how_to_make_one(program: Program) -> None:
    ran = program.run("derivatives", "qwen")
    assert ran.code == 1
    assert "crawl sweep" in ran.stderr


def test_a_file_that_is_no_database_is_named_and_left_as_it_was(program: Program, open_hub: OpenHub) -> None:
    program.database.write_text("my notes, which I want to keep")
    ran = program.run("crawl", "sweep", "--endpoint", open_hub(small_rows()).url)
    assert ran.code == 1
    assert "modelroots.db" in ran.stderr
    assert program.database.read_text() == "my notes, which I want to keep"


def test_changes_without_a_sweep_say_what_to_do_first(prepared: Program, open_hub: OpenHub) -> None:
    ran = prepared.run("crawl", "changes", "--endpoint", open_hub(small_rows()).url)
    assert ran.code == 1
    assert "crawl sweep" in ran.stderr


def test_a_walk_from_a_name_that_is_none_fails_with_a_message(prepared: Program, open_hub: OpenHub) -> None:
    ran = prepared.run("crawl", "walk", "Qwen/NoSuchModel", "--endpoint", open_hub(small_rows()).url)
    assert ran.code in (1, 4)  # the Hub says 401 to strangers for what is not there
    assert "Qwen/NoSuchModel" in ran.stderr
