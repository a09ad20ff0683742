"""Each fault is what its name says, and comes when it was ordered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from crawler.replica.changing import CHANGES
from crawler.replica.faults import KINDS, Faults

UNANSWERED = {"reset", "refused", "drop", "cut", "drip"}


def spoiled(open_hub: Any, kind: str) -> Any:
    return open_hub({"id": "a/b"}, {"id": "a/c"}, faults=f"{kind}@1")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451, 429, 500, 502, 503, 504])
def test_a_status_fault_answers_with_it_and_then_all_is_well(open_hub: Any, status: int) -> None:
    hub = spoiled(open_hub, str(status))
    assert [hub.get().status_code, hub.get().status_code] == [status, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_s_fault_speaks_html(open_hub: Any, status: int) -> None:
    assert spoiled(open_hub, str(status)).get().text.startswith("<!DOCTYPE html>")


def test_a_429_says_that_nothing_is_left_and_when_to_come_back(open_hub: Any) -> None:
    assert spoiled(open_hub, "429").get().headers["RateLimit"] == '"api";r=0;t=1'


def test_html_comes_with_status_200(open_hub: Any) -> None:
    answer = spoiled(open_hub, "html").get()
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")


def test_empty_is_200_with_nothing(open_hub: Any) -> None:
    answer = spoiled(open_hub, "empty").get()
    assert (answer.status_code, answer.content) == (200, b"")


def test_object_is_a_page_that_is_no_array(open_hub: Any) -> None:
    assert isinstance(spoiled(open_hub, "object").get().json(), dict)


def test_cut_sends_less_than_it_declared(open_hub: Any) -> None:
    hub = spoiled(open_hub, "cut")
    with requests.get(f"{hub.url}/api/models", stream=True, timeout=10) as answer:
        declared = int(answer.headers["Content-Length"])
        received = answer.raw.read(declared // 2)
        with pytest.raises(Exception, match="IncompleteRead"):
            answer.raw.read()
    assert 0 < len(received) < declared


def test_drip_sends_a_byte_and_then_keeps_one_waiting(open_hub: Any) -> None:
    hub = spoiled(open_hub, "drip")
    with requests.get(f"{hub.url}/api/models", stream=True, timeout=(10, 0.3)) as answer:
        assert answer.raw.read(1) == b"["
        with pytest.raises(Exception, match="timed out"):
            answer.raw.read(2)


def test_reset_drops_the_connection(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, faults="reset@1", keep_log=True)
    with pytest.raises(requests.ConnectionError):
        hub.get()
    assert hub.replica.log[0][2] == 0


def test_drop_sends_half_and_resets(open_hub: Any) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        spoiled(open_hub, "drop").get()


def test_refused_takes_no_connection_for_a_moment_and_then_all_is_well(open_hub: Any) -> None:
    hub = spoiled(open_hub, "refused")
    refusals = []
    for _ in range(10_000):
        try:
            answer = hub.get()
        except requests.ConnectionError as problem:
            refusals.append(str(problem))
        else:
            break
    assert any("refused" in refusal for refusal in refusals)
    assert answer.status_code == 200


def test_cut_unsaid_sends_half_and_ends_like_a_whole_answer(open_hub: Any) -> None:
    answer = spoiled(open_hub, "cut-unsaid").get()
    assert (answer.text[0], answer.text[-1] == "]", "Content-Length" in answer.headers) == ("[", False, False)


def test_a_bomb_is_small_on_the_way(open_hub: Any) -> None:
    hub = spoiled(open_hub, "bomb")
    with requests.get(f"{hub.url}/api/models", stream=True, timeout=10) as answer:
        assert int(answer.headers["Content-Length"]) < 1 << 20


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("429-html", {"RateLimit": '"api";r=0;t=1'}),
        ("429-left", {"RateLimit": '"api";r=250;t=100'}),
        ("429-seconds", {"Retry-After": "2"}),
        ("429-no-t", {"RateLimit": '"api";r=0'}),
        ("429-huge-t", {"RateLimit": '"api";r=0;t=99999999999999999999'}),
        ("429-negative-t", {"RateLimit": '"api";r=0;t=-5'}),
    ],
)
def test_a_429_comes_in_every_form(open_hub: Any, kind: str, told: dict[str, str]) -> None:
    answer = spoiled(open_hub, kind).get()
    assert (answer.status_code, {name: answer.headers[name] for name in told}) == (429, told)


def test_a_429_may_name_a_date(open_hub: Any) -> None:
    assert spoiled(open_hub, "429-date").get().headers["Retry-After"].endswith("GMT")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("row-text", '["no model",{"_id"'),
        ("row-no-id", '[{"likes":3,"tags":["base_model:a/b"]},{"_id"'),
        ("nan", '"likes":NaN}]'),
        ("huge-number", '"downloads":18446744073709551616}]'),
        ("surrogate", r'"library_name":"\ud800"}]'),
        ("nul", r'"library_name":"a\u0000b"}]'),
        ("deep", "]" * 200_000 + "}]"),
        ("twice", '"likes":1,"likes":2}]'),
    ],
)
def test_a_row_is_spoiled_in_every_way(open_hub: Any, kind: str, text: str) -> None:
    assert text in spoiled(open_hub, kind).get().text


def test_no_page_loses_a_row_by_an_odd_one(open_hub: Any) -> None:
    assert len(spoiled(open_hub, "row-text").get().json()) == 3


@pytest.mark.parametrize(("kind", "target"), [("http-link", "http://127.0.0.1:80/"), ("file-link", "file:///")])
def test_a_link_leads_to_another_scheme_or_port(open_hub: Any, kind: str, target: str) -> None:
    assert spoiled(open_hub, kind).get().links["next"]["url"].startswith(target)


def test_a_back_link_leads_to_the_first_page(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, {"id": "a/c"}, faults="back-link@2")
    second = hub.get("?sort=createdAt&limit=1").links["next"]["url"]
    assert "cursor" not in hub.get(second).links["next"]["url"]


def test_a_lost_link_leaves_a_page_with_rows_and_no_next(open_hub: Any) -> None:
    hub = spoiled(open_hub, "lost-link")
    assert [("next" in hub.get("?sort=createdAt&limit=1").links) for _ in range(2)] == [False, True]


@pytest.mark.parametrize("kind", ["short", "empty-next"])
def test_a_page_with_fewer_rows_and_a_link_loses_none(open_hub: Any, kind: str) -> None:
    hub = open_hub(*({"id": f"a/m{number}"} for number in range(9)), faults=f"{kind}@2")
    pages = list(hub.pages("?sort=createdAt&limit=4"))
    assert len(pages[1]) < 4
    assert sorted(row["id"] for page in pages for row in page) == [f"a/m{number}" for number in range(9)]


@pytest.mark.parametrize(
    ("kind", "host"), [("moved", "127.0.0.1"), ("loop", "127.0.0.1"), ("foreign-redirect", "elsewhere")]
)
def test_a_redirect_leads_where_its_name_says(open_hub: Any, kind: str, host: str) -> None:
    answer = spoiled(open_hub, kind).get()
    assert answer.status_code == 307
    assert host in answer.headers["Location"]


def test_every_fault_and_change_has_a_line_in_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "replica.md").read_text(encoding="utf-8")
    assert [kind for kind in (*KINDS, *CHANGES) if f"| `{kind}` |" not in text] == []


def test_a_foreign_link_leads_to_another_host(open_hub: Any) -> None:
    assert spoiled(open_hub, "foreign-link").get().links["next"]["url"].startswith("http://elsewhere.invalid/")


def test_a_self_link_leads_back_to_the_same_page(open_hub: Any) -> None:
    answer = spoiled(open_hub, "self-link").get("?sort=likes")
    assert answer.links["next"]["url"] == answer.url


@pytest.mark.parametrize("kind", sorted(set(KINDS) - UNANSWERED))
def test_a_spoiled_answer_costs_one_and_tells_the_limit(open_hub: Any, kind: str) -> None:
    answer = spoiled(open_hub, kind).get()
    assert all(name in answer.headers for name in ("RateLimit", "RateLimit-Policy", "X-Request-Id"))


def test_a_detail_can_be_spoiled_too(open_hub: Any) -> None:
    assert spoiled(open_hub, "503").get("/a/b").status_code == 503


def test_several_faults_come_each_at_its_request(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, faults="503@2, html@3,404@5")
    assert [hub.get().status_code for _ in range(5)] == [200, 503, 200, 200, 404]


def met(text: str, seed: int) -> list[int]:
    faults = Faults(text, seed)
    return [number for number in range(1, 2001) if faults.meets(number)]


def test_a_share_is_met_about_as_often() -> None:
    assert 60 <= len(met("cut@0.05", 1)) <= 140


def test_a_share_is_the_same_for_a_seed() -> None:
    assert met("cut@0.05", 1) == met("cut@0.05", 1) != met("cut@0.05", 2)


def test_a_share_may_be_all_or_nothing() -> None:
    assert (len(met("503@1.0", 0)), len(met("503@0.0", 0))) == (2000, 0)


@pytest.mark.parametrize("text", ["nonsense@1", "503", "503@", "503@0", "503@-1", "503@1.5", "503@x", "@1"])
def test_an_order_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Faults(f"html@3, {text}", 0)
