"""Another Hub than the replica, held to P5 and P10: it redirects, names other hosts, says the token back, and drips.

A second host of this machine takes down all that it is sent: that has to be nothing. The canary is looked for in every
byte that is left: database, output, exports, snapshot.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.errors import CrawlError, TokenEchoed
from crawler.hub import Hub, Patience
from tests.jobs.program import Program, Ran, small_rows
from tests.reliability.conftest import Tried
from tests.reliability.crawling import Crawler, quick
from tests.reliability.misbehaving import at, body_of, elsewhere, links_to, redirects_to, ring
from tests.reliability.small_hub import Answer, Request, SmallHub, Twist, Ways, opened
from tests.reliability.soak import SEED, SOAK, scaled
from tests.reliability.test_p10_canary import CANARY, left_behind, run

ONCE = Patience(tries=1, tries_of_the_first=1)
NAMES = list(elsewhere("http://127.0.0.1:1", "http://127.0.0.1:2"))


def one_of(names: list[str]) -> list[str]:
    """For what takes whole processes: all in the soak."""
    return names if SOAK else [names[SEED % len(names)]]


LATE = 2.0  # seconds; the machine may be busy


# It leads elsewhere


@pytest.mark.parametrize("by", ["a next link", "a redirect"])
def test_no_address_leads_to_another_host(by: str, tried: Tried) -> None:
    with opened(SmallHub([])) as other, opened(SmallHub(small_rows())) as hub:
        followed = []
        for name, target in elsewhere(hub.url, other.url).items():
            change = links_to(target) if by == "a next link" else redirects_to(target)
            hub.twists = [lambda _hub, _request, answer, change=change: change(answer)]  # type: ignore[misc]
            asked = len(hub.heard)
            with Hub(hub.url, token=CANARY, sleep=bool, patience=ONCE) as client:
                try:
                    pages = list(client.pages(client.list_url([("limit", "2")])))
                    followed.append(f"{name}: {len(pages)} pages")
                except CrawlError as problem:
                    followed += [f"{name}: token"] * (CANARY in str(problem))
            followed += [f"{name}: {len(hub.heard) - asked} requests"] * (len(hub.heard) - asked > 6)
        assert followed == []
        assert other.heard == []
        assert all(f"Bearer {CANARY}" in request.head for request in hub.heard)
    tried(f"led elsewhere by {by}", len(NAMES), "an error by name, and 0 requests to the other host")


@pytest.mark.parametrize("name", one_of(NAMES))
def test_a_crawl_that_is_led_elsewhere_says_so_and_leaves_no_token(tmp_path: Path, name: str, tried: Tried) -> None:
    program = Program(tmp_path)
    with opened(SmallHub([])) as other, opened(SmallHub(small_rows())) as hub:
        target = elsewhere(hub.url, other.url)[name]
        hub.twists = [lambda _hub, _request, answer: links_to(target)(answer)]
        (said,) = run(program, hub.url, "crawl sweep")
        assert other.heard == []
    assert said.code == (4 if name == "three slashes" else 3)  # those lead to a path of the Hub itself, which has none
    assert program.query("SELECT state, models, pages FROM crawl") == [("running", 7, 1)]
    assert left_behind(program, [said]) == []
    with opened(SmallHub(small_rows())) as hub:
        run(program, hub.url, "crawl sweep")
    assert program.query("SELECT state, models FROM crawl ORDER BY id DESC LIMIT 1") == [("complete", 7)]
    tried(f"a next link to {name}", 1, "exit 3, 0 requests to the other host, 0 bytes of the token left")


ROUNDS: dict[str, Twist] = {
    "itself": lambda _hub, request, answer: redirects_to(request.target)(answer),
    "ever new addresses": ring,
    "nothing": lambda _hub, _request, answer: redirects_to("")(answer),
}


@pytest.mark.parametrize("to", ROUNDS)
def test_redirects_that_lead_round_end(to: str) -> None:
    with opened(SmallHub(small_rows(), twists=[ROUNDS[to]])) as hub:
        with Hub(hub.url, sleep=bool, patience=ONCE) as client, pytest.raises(CrawlError):
            list(client.pages(client.list_url([("limit", "2")])))
        assert len(hub.heard) <= 6


# It says the token back


def in_row(**fields: object) -> Callable[[Answer], Answer]:
    return lambda answer: answer.told([answer.rows[0] | fields, *answer.rows[1:]])


ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in CANARY)
CURSOR = base64.b64encode(json.dumps({"_id": {"$lt": CANARY}}).encode()).decode()
ECHOES: dict[str, Callable[[Answer], Answer]] = {
    "a model's name": in_row(id=f"a/{CANARY}"),
    "a tag": in_row(tags=[f"base_model:a/{CANARY}"]),
    "a licence": in_row(tags=[f"license:{CANARY}"]),
    "a card": in_row(cardData={"base_model": {"x": CANARY}}),
    "a row that cannot be read": in_row(_id=CANARY),
    "a field that nobody reads": in_row(note=CANARY),
    "a name without its hf_": in_row(id=f"a/{CANARY[3:]}"),
    "a name in JSON's escapes": lambda answer: replace(
        answer, body=answer.body.replace(b"alice/ft", f"a/{ESCAPED}".encode())
    ),
    "a page that is none": lambda answer: replace(answer, body=f"<html>{CANARY}</html>".encode()),
    "a next link's cursor": links_to(f"/api/models?cursor={CANARY}"),
    "a cursor as the Hub's": links_to(f"/api/models?cursor={quote(CURSOR)}"),
    "a cursor in percents": links_to("/api/models?cursor=" + "".join(f"%{ord(letter):02X}" for letter in CANARY)),
    "a link to another host": links_to(f"http://elsewhere.invalid/{CANARY}"),
    "a redirect": redirects_to(f"/api/models/{CANARY}"),
    "a refusal's headers": lambda _answer: Answer(400, (("X-Error-Message", CANARY), ("X-Request-Id", CANARY[3:]))),
    "a refusal's body": lambda _answer: Answer(403, body=json.dumps({"error": f"who is {CANARY}?"}).encode()),
}


@pytest.mark.parametrize("where", ECHOES)
def test_an_answer_that_holds_the_token_is_refused(where: str, tried: Tried) -> None:
    with opened(SmallHub(small_rows(), twists=[lambda _hub, _request, answer: ECHOES[where](answer)])) as hub:
        with Hub(hub.url, token=CANARY, sleep=bool, patience=ONCE) as client, pytest.raises(CrawlError) as raised:
            list(client.pages(client.list_url([("limit", "1000")])))
        assert isinstance(raised.value, TokenEchoed) or "refusal" in where
        assert CANARY[3:] not in str(raised.value)
        assert len(hub.heard) == 1
    tried(f"the token comes back in {where}", 1, "refused by name, and not shown")


def test_a_token_that_comes_back_is_in_no_byte_of_the_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tried: Tried
) -> None:
    program, crawler = Program(tmp_path), Crawler(tmp_path)
    some, wrong = dict(list(ECHOES.items())[SEED % scaled(2, 1) :: scaled(2, 1)]), []
    for where, change in some.items():
        database = crawler.database()
        with opened(SmallHub(small_rows(), Ways(largest_page=3))) as hub, quick():
            hub.twists = [at(2, change)]
            met = crawler.sweep(database, hub.url, CANARY)
            said = Ran(met.code, "", capsys.readouterr().err)
            wrong += [f"{where}: {place}" for place in left_behind(program, [said])]
            then = crawler.sweep(database, hub.url, CANARY)
        wrong += [] if met.code in (3, 4) and met.adds_up and then.is_complete and len(then.names) == 7 else [where]
    assert wrong == []
    tried(
        "a crawl in which the token comes back on a page", len(some), "an exit code, 0 bytes of it left, then all rows"
    )


@pytest.mark.parametrize("where", one_of(list(ECHOES)))
def test_a_token_that_comes_back_is_in_no_byte_that_is_left(tmp_path: Path, where: str, tried: Tried) -> None:
    program = Program(tmp_path)
    with opened(SmallHub(small_rows())) as hub:
        said = run(program, hub.url, "crawl sweep")
        hub.twists = [lambda _hub, _request, answer: ECHOES[where](answer)]
        said += run(program, hub.url, "crawl sweep", "doctor", "export", "snapshot create")
    assert [said[1].code != 0, said[3].code, said[4].code] == [True, 0, 0]
    assert program.query("SELECT count(*) FROM model WHERE missing_since IS NULL") == [(7,)]
    assert left_behind(program, said) == []
    tried(f"every file after the token came back in {where}", 1, "0 bytes of it left, nothing lost")


def test_a_detail_that_holds_the_token_is_refused() -> None:
    def twist(_hub: SmallHub, _request: Request, answer: Answer) -> Answer:
        return body_of(answer, pipeline_tag=CANARY)

    with opened(SmallHub(small_rows(), twists=[twist])) as hub, Hub(hub.url, token=CANARY, sleep=bool) as client:
        with pytest.raises(TokenEchoed):
            client.detail("alice/ft")
        assert len(hub.heard) == 1


@pytest.mark.parametrize("token", ["hf_model", "alice", "hf_"])
def test_a_token_too_short_to_be_one_is_not_looked_for(token: str) -> None:
    with opened(SmallHub(small_rows())) as hub, Hub(hub.url, token=token, sleep=bool) as client:
        assert len(list(client.pages(client.list_url([("limit", "1000")])))) == 1


# It drips


@pytest.mark.parametrize(
    "part", ["the status line", "a header", "the body", "the size of a chunk", "between two answers"]
)
def test_an_answer_that_drips_ends_in_time(part: str, tried: Tried) -> None:
    deadline, every = (60.0, 1.0) if SOAK else (0.4, 0.05)

    def drip(_hub: SmallHub, _request: Request, answer: Answer) -> Answer:
        answer = replace(answer, framing="chunked" if "chunk" in part else "length", every=every)
        places = {"the status line": 5, "a header": 40, "between two answers": 0}
        return replace(answer, drips=places.get(part, len(answer.head)))

    with opened(SmallHub(small_rows(), twists=[drip])) as hub:
        began = time.monotonic()
        with Hub(hub.url, deadline=deadline, sleep=bool, patience=ONCE) as client, pytest.raises(CrawlError):
            list(client.pages(client.list_url([("limit", "1000")])))
        took = time.monotonic() - began
    assert took < deadline + LATE
    tried(f"{part} byte by byte", 1, f"ended after {took:.1f} s of {deadline:g}")


def test_a_redirect_that_drips_at_every_hop_ends_in_time(tried: Tried) -> None:
    def drip(hub: SmallHub, request: Request, answer: Answer) -> Answer:
        moved = ring(hub, request, answer)
        return replace(moved, body=b"x" * 1000, drips=len(replace(moved, body=b"x" * 1000).head), every=0.05)

    with opened(SmallHub(small_rows(), twists=[drip])) as hub:
        began = time.monotonic()
        with Hub(hub.url, deadline=0.4, sleep=bool, patience=ONCE) as client, pytest.raises(CrawlError):
            client.get(client.list_url([("limit", "1")]))
        took = time.monotonic() - began
    assert took < 6 * 0.4 + LATE  # each hop is a request of its own
    tried("redirects of which each drips", 1, f"ended after {took:.1f} s")
