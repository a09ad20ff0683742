"""The quota: told in every answer, kept in fixed windows."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub.utils._http import parse_ratelimit_headers

from crawler.replica.quota import parse_quota


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("path", ["", "/Qwen/Q", "/qwen/q", "/no/such", "?expand=nonsense", "?sort=size"])
def test_every_answer_costs_one_and_says_so(hub: Any, path: str) -> None:
    hub.get()
    answer = hub.get(path)
    assert answer.headers["RateLimit"].startswith('"api";r=498;t=')
    assert answer.headers["RateLimit-Policy"] == '"fixed window";"api";q=500;w=300'


def test_huggingface_hub_reads_the_headers(hub: Any) -> None:
    read = parse_ratelimit_headers(hub.get().headers)
    assert read is not None
    assert (read.remaining, read.limit, read.window_seconds) == (499, 500, 300)


def test_past_the_quota_the_answer_is_429_in_plain_text(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, quota="1/300")
    hub.get()
    answer = hub.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    assert answer.headers["RateLimit"].startswith('"api";r=0;')


def test_the_next_window_starts_anew(open_hub: Any) -> None:
    clock = Clock()
    hub = open_hub({"id": "a/b"}, quota="1/300", clock=clock)
    statuses = []
    for later in (0, 299, 1, 0):
        clock.now += later
        statuses.append(hub.get().status_code)
    assert statuses == [200, 429, 200, 429]


def test_the_reset_is_told_in_seconds(open_hub: Any) -> None:
    clock = Clock()
    hub = open_hub({"id": "a/b"}, quota="500/300", clock=clock)
    hub.get()
    clock.now += 5
    assert hub.get().headers["RateLimit"] == '"api";r=498;t=295'


def test_without_a_quota_there_is_no_limit_to_tell(open_hub: Any) -> None:
    assert "RateLimit" not in open_hub({"id": "a/b"}, quota=None).get().headers


@pytest.mark.parametrize("text", ["500", "a/b", "5/0", "-1/300", ""])
def test_a_quota_of_another_form_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="REQUESTS/SECONDS"):
        parse_quota(text, Clock())


def test_requests_are_counted_and_logged(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, keep_log=True)
    hub.get("?sort=likes")
    hub.get("/no/such")
    assert hub.replica.requests == 2
    assert hub.replica.log == [("GET", "/api/models?sort=likes", 200), ("GET", "/api/models/no/such", 401)]
