"""How the client keeps to a quota, on real sockets; waits are listed, never slept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from crawler.errors import (
    QuotaExceeded,
)
from crawler.hub import Hub
from tests.crawler.scripted import (
    Waits,
    first_page,
    limited,
    rows,
    serve,
)


def test_after_a_429_nothing_is_asked_before_the_reset(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    serve(httpserver, limited(429, 0, 41), limited(429, 0, 299), rows(1))
    told: list[str] = []
    page = first_page(make_hub(on_wait=lambda _, why: told.append(why)))
    assert waits == [42, 300]
    assert page.requests == 3
    assert all("429" in why for why in told)


def test_quota_answers_are_no_tries(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    serve(httpserver, *[limited(429, 0, 1)] * 8, Response("", 503), rows(1))
    assert first_page(make_hub()).requests == 10


def test_a_429_without_a_reason_is_backed_off_from(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    serve(httpserver, limited(429, 400, 200), Response("slow down", 429), rows(1))
    first_page(make_hub())
    assert len(waits) == 2
    assert max(waits) <= 2


def test_a_503_that_names_a_wait_is_asked_no_sooner(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    serve(httpserver, Response("", 503, {"Retry-After": "30"}), rows(1))
    first_page(make_hub())
    assert sum(waits) == pytest.approx(30)


def test_quota_answers_without_end_end(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, limited(429, 0, -5))
    with pytest.raises(QuotaExceeded, match="HF_TOKEN"):
        first_page(make_hub())
    assert len(script.requests) == 12


def test_a_wait_of_days_is_not_waited(httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits) -> None:
    serve(httpserver, Response("", 429, {"Retry-After": "90000"}))
    with pytest.raises(QuotaExceeded) as raised:
        first_page(make_hub())
    assert raised.value.wait == 90000
    assert waits == []


def test_the_last_tenth_of_the_window_is_left(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    serve(httpserver, limited(200, 50, 120), limited(200, 499, 300))
    hub = make_hub()
    for _ in range(3):
        first_page(hub)
    assert waits == [121]
    assert hub.quota is not None
    assert hub.quota.remaining == 499


def test_time_that_has_passed_is_not_waited_again(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    serve(httpserver, limited(200, 50, 120))
    hub = make_hub()
    first_page(hub)
    waits.now += 100
    first_page(hub)
    assert waits == [21]
