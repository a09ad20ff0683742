"""What the client does with answers good and bad, on real sockets; waits are listed, never slept."""

from __future__ import annotations

import gzip
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler import transport
from crawler.errors import (
    BadRequest,
    ForeignLink,
    HubError,
    Malformed,
    NotFound,
    QuotaExceeded,
    ServerFault,
    Unauthorized,
    Unreachable,
)
from crawler.hub import Hub, Patience
from crawler.records import Page
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running

TOKEN = "hf_canaryCANARYcanary0123456789"  # noqa: S105 - a canary
LIST = "/api/models"
ONE_ROW = '[{"_id":"000000000000000000000001","id":"a/m1"}]'


def row(number: int) -> dict[str, str]:
    return {"_id": f"{number:024x}", "id": f"a/m{number}"}


def rows(*numbers: int) -> Response:
    return Response(json.dumps([row(number) for number in numbers]), content_type="application/json")


class Script:
    """Answers one after the other, the last for ever; keeps the requests."""

    def __init__(self, *answers: Response | Callable[[], Response]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer() if not isinstance(answer, Response) else answer


class Waits(list[float]):
    """A sleep that only writes down, and a clock that it moves."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def make_hub(httpserver: HTTPServer, waits: Waits) -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def make(endpoint: str | None = None, **more: Any) -> Hub:
        settings: dict[str, Any] = {"clock": waits.clock, "sleep": waits.sleep, "rng": random.Random(1), **more}
        made.append(Hub(endpoint or httpserver.url_for(""), **settings))
        return made[-1]

    yield make
    for hub in made:
        hub.close()


def serve(httpserver: HTTPServer, *answers: Response | Callable[[], Response]) -> Script:
    script = Script(*answers)
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(script)
    return script


def first_page(hub: Hub) -> Page:
    return next(hub.pages(hub.list_url([("limit", "2")])))


def names(page: Page) -> list[str]:
    return [record.repo_id for record in page.records]


def limited(status: int, remaining: int, reset: int, *, body: str = ONE_ROW, quota: int = 500) -> Response:
    policy = f'"fixed window";"api";q={quota};w=300'
    told = {"RateLimit": f'"api";r={remaining};t={reset}', "RateLimit-Policy": policy}
    return Response(body, status, told)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that hands each connection, its question read, to `talk`."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(65536)
                        talk(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(500):
            connection.sendall(drop)
            time.sleep(0.02)

    return talk


# Addresses and tokens


@pytest.mark.parametrize(
    "endpoint",
    ["huggingface.co", "ftp://hub", "http://", "http://u:p@hub", "http://hub?x=1", "http://hub:99999", "http://a\\@b"],
)
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="not a Hub's address"):
        Hub(endpoint)


def test_a_token_is_not_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="plain http") as refused:
        Hub("http://hub.example", token=TOKEN)
    assert TOKEN not in str(refused.value)


def test_a_token_with_a_line_break_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="token") as refused:
        Hub("https://hub.example", token=f"{TOKEN}\nX: y")
    assert TOKEN not in str(refused.value)


def test_a_path_prefix_of_the_endpoint_is_kept(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, rows(1))
    first_page(make_hub(httpserver.url_for("/mirror/")))
    assert script.requests[0].path == "/mirror/api/models"


def test_the_token_goes_to_the_endpoint(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, rows(1))
    first_page(make_hub(token=TOKEN))
    assert script.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert script.requests[0].headers["User-Agent"] == "modelroots/0.1.0"


def test_netrc_adds_no_credentials(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script = serve(httpserver, rows(1))
    hub = make_hub()
    hub._transport._session.trust_env = True  # as for an endpoint that is not this machine
    first_page(hub)
    assert "Authorization" not in script.requests[0].headers


def test_an_echoed_token_is_not_in_the_error(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    serve(httpserver, Response("{}", 401, {"X-Error-Message": f"no such {TOKEN} or sesame99"}))
    with pytest.raises(Unauthorized) as refused:
        first_page(make_hub(token="sesame99"))  # noqa: S106 - a canary of another form
    assert "canary" not in str(refused.value)
    assert "sesame99" not in str(refused.value)


# Pages that may have lost something


def linked(answer: Response) -> Response:
    answer.headers["Link"] = f'<{LIST}?limit=2&cursor=x>; rel="next"'
    return answer


@pytest.mark.parametrize("lossy", [rows(1, 2), rows(), linked(rows())], ids=["no link", "nothing", "no rows"])
def test_a_page_that_may_have_lost_something_is_asked_for_again(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], lossy: Response
) -> None:
    serve(httpserver, lossy, linked(rows(1, 2)), rows(3))
    hub = make_hub()
    pages = list(hub.pages(hub.list_url([("limit", "2")])))
    assert [names(page) for page in pages] == [["a/m1", "a/m2"], ["a/m3"]]
    assert [page.requests for page in pages] == [2, 1]


@pytest.mark.parametrize("last", [rows(1, 2), rows()], ids=["full", "empty"])
def test_a_list_that_ends_so_twice_has_ended(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], last: Response
) -> None:
    script = serve(httpserver, last)
    hub = make_hub()
    assert len(list(hub.pages(hub.list_url([("limit", "2")])))) == 1
    assert len(script.requests) == 2


def test_a_base_without_derivatives_is_asked_once(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, rows())
    hub = make_hub()
    list(hub.pages(hub.list_url([("filter", "base_model:a/b"), ("limit", "2")]), base="a/b"))
    assert len(script.requests) == 1


# Elsewhere


@contextmanager
def elsewhere() -> Iterator[tuple[str, Script]]:
    with HTTPServer(host="127.0.0.1") as other:
        yield other.url_for(""), serve(other, rows(9))


def test_a_redirect_elsewhere_is_not_followed(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    with elsewhere() as (address, other):
        serve(httpserver, Response("", 307, {"Location": f"{address}api/models"}))
        with pytest.raises(ForeignLink):
            first_page(make_hub(token=TOKEN))
        assert other.requests == []


def test_a_next_link_elsewhere_is_not_followed_and_its_page_not_lost(
    httpserver: HTTPServer, make_hub: Callable[..., Hub]
) -> None:
    with elsewhere() as (address, other):
        answer = rows(1)
        answer.headers["Link"] = f'<{address}api/models?cursor=x>; rel="next"'
        serve(httpserver, answer)
        hub = make_hub(token=TOKEN)
        url = hub.list_url([("limit", "1")])
        pages = hub.pages(url)
        page = next(pages)
        assert names(page) == ["a/m1"]
        assert page.next_url == url
        with pytest.raises(ForeignLink):
            next(pages)
        assert other.requests == []


@pytest.mark.parametrize(
    "link", ["https://127.0.0.1:{port}/x", "file:///etc/passwd", "http://[bad", "http://127.0.0.1:{port}\\@evil/"]
)
def test_a_next_link_of_another_kind_is_foreign(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], link: str
) -> None:
    answer = rows(1)
    answer.headers["Link"] = f'<{link.format(port=httpserver.port)}>; rel="next"'
    serve(httpserver, answer)
    hub = make_hub()
    with pytest.raises(ForeignLink):
        list(hub.pages(hub.list_url([])))


def test_a_start_elsewhere_is_never_asked(make_hub: Callable[..., Hub]) -> None:
    with elsewhere() as (address, other):
        with pytest.raises(ForeignLink):
            list(make_hub().pages(address))
        with pytest.raises(ForeignLink):
            make_hub().get(address)
        assert other.requests == []


def test_a_redirect_within_the_endpoint_is_followed_and_counted(
    httpserver: HTTPServer, make_hub: Callable[..., Hub]
) -> None:
    script = serve(httpserver, Response("", 307, {"Location": "/api/models/new/name?expand=x"}), rows(1))
    answer = make_hub().get(httpserver.url_for("/api/models/old"))
    assert answer.requests == 2
    assert [request.path for request in script.requests] == ["/api/models/old", "/api/models/new/name"]


def test_redirects_in_a_loop_end(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, Response("", 307, {"Location": LIST}))
    with pytest.raises(Malformed, match="redirects"):
        first_page(make_hub())
    assert len(script.requests) == 6


# Faults


@pytest.mark.parametrize(
    "fault",
    [
        Response("<html>", 503),
        Response("<!DOCTYPE html><html>", 200, content_type="text/html"),
        Response("", 200),
        Response('{"error": "x"}', 200),
        Response('[{"_id": "1", "id"', 200),
        Response(b"no gzip", 200, {"Content-Encoding": "gzip"}),
    ],
    ids=["503", "html", "empty", "object", "half", "undecodable"],
)
def test_a_fault_is_tried_again(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits, fault: Response
) -> None:
    serve(httpserver, fault, rows(1))
    page = first_page(make_hub())
    assert names(page) == ["a/m1"]
    assert page.requests == 2
    assert len(waits) == 1


def test_a_lasting_fault_is_raised_after_five_tries_with_growing_waits(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits
) -> None:
    script = serve(httpserver, Response("", 502))
    with pytest.raises(ServerFault, match="502"):
        first_page(make_hub())
    assert len(script.requests) == 5
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, [2, 4, 8, 16], strict=True))


def test_an_unreadable_body_is_malformed_in_the_end(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    serve(httpserver, Response("<html>", 200))
    with pytest.raises(Malformed, match="api/models") as raised:
        first_page(make_hub())
    assert raised.value.retryable


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (404, NotFound), (451, NotFound), (400, BadRequest)])
def test_a_refusal_is_told_at_once(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], waits: Waits, status: int, kind: type[HubError]
) -> None:
    told = {"X-Error-Message": "because", "X-Error-Code": "Code7", "X-Request-Id": "Root=1-2"}
    serve(httpserver, Response("{}", status, told))
    hub = make_hub()
    with pytest.raises(kind) as refused:
        hub.get(hub.list_url([]))
    assert all(part in str(refused.value) for part in [str(status), *told.values()])
    assert waits == []


@pytest.mark.parametrize("head", [b"Content-Length: 500\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_cut_body_is_malformed(make_hub: Callable[..., Hub], head: bytes) -> None:
    body = b'5\r\n[{"_i' if b"chunked" in head else b'[{"_i'
    with raw_server(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)) as address:
        hub = make_hub(address)
        with pytest.raises(Malformed, match="cut") as raised:
            first_page(hub)
        assert raised.value.retryable
        assert hub.requests == 5


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["status line", "header", "body", "body without length", "chunk size", "refusal"],
)
def test_a_dripping_peer_meets_the_deadline(head: bytes, drop: bytes) -> None:
    with (
        raw_server(dripping(head, drop)) as address,
        Hub(address, deadline=0.3, sleep=lambda _: None, patience=Patience(tries=1)) as hub,
    ):
        began = time.monotonic()
        with pytest.raises((Unreachable, ServerFault)):
            first_page(hub)
        assert time.monotonic() - began < 2


def test_a_gzip_bomb_stops_at_the_cap(
    httpserver: HTTPServer, make_hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 1 << 20)
    serve(httpserver, Response(gzip.compress(b" " * (64 << 20)), 200, {"Content-Encoding": "gzip"}))
    hub = make_hub()
    with pytest.raises(Malformed, match="larger than 1 MiB"):
        first_page(hub)
    assert hub.requests == 1


def test_a_wrong_port_is_told_after_two_tries(make_hub: Callable[..., Hub], waits: Waits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="Is the endpoint right"):
        first_page(make_hub(f"http://127.0.0.1:{port}"))
    assert len(waits) == 1
    assert sum(waits) <= 2


# Quota


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


# Pages


def test_pages_come_whole_and_in_order_in_spite_of_faults(waits: Waits) -> None:
    replica = Replica(generate(499, 1), quota=None, faults="503@2, html@4, cut@6, reset@8, empty@10")
    with running(replica) as address, Hub(address, clock=waits.clock, sleep=waits.sleep) as hub:
        url = hub.list_url([("sort", "createdAt"), ("limit", "50")])
        pages = list(hub.pages(url))
    ids = [record.hub_id for page in pages for record in page.records]
    assert len(ids) == 499 - sum(len(page.quarantined) for page in pages)
    assert all(newer > older for newer, older in pairwise(ids))
    assert sum(page.requests for page in pages) == hub.requests == replica.requests == 15
    assert pages[-1].next_url is None


def test_a_link_to_a_page_already_seen_is_raised_after_its_page(
    httpserver: HTTPServer, make_hub: Callable[..., Hub]
) -> None:
    first, second = rows(1), rows(2)
    first.headers["Link"] = '</api/models?cursor=b>; rel="next"'
    second.headers["Link"] = '</api/models?limit=2>; rel="next"'
    serve(httpserver, first, second)
    hub = make_hub()
    pages = hub.pages(hub.list_url([("limit", "2")]))
    assert [names(next(pages)), names(next(pages))] == [["a/m1"], ["a/m2"]]
    with pytest.raises(Malformed, match="already read"):
        next(pages)


def test_a_link_header_that_cannot_be_read_is_not_taken_for_the_end(
    httpserver: HTTPServer, make_hub: Callable[..., Hub]
) -> None:
    answer = rows(1)
    answer.headers["Link"] = 'http://x/api/models?cursor=b; rel="next"'
    serve(httpserver, answer)
    with pytest.raises(Malformed, match="Link"):
        first_page(make_hub())


# One model


def test_a_name_keeps_one_slash_and_is_quoted(httpserver: HTTPServer, make_hub: Callable[..., Hub]) -> None:
    script = serve(httpserver, Response(json.dumps(row(1) | {"childrenModelCount": {"merge": 7}})))
    detail = make_hub().detail("a b/c?d/e#f")
    assert script.requests[0].environ["REQUEST_URI"].startswith("/api/models/a%20b/c%3Fd%2Fe%23f?expand=")
    assert "childrenModelCount" in script.requests[0].args.getlist("expand")
    assert detail.children == {"merge": 7}


@pytest.mark.parametrize("name", ["../x", "a/..", "", "/a", "a/"])
def test_a_name_that_is_none_is_never_asked(httpserver: HTTPServer, make_hub: Callable[..., Hub], name: str) -> None:
    script = serve(httpserver, rows(1))
    with pytest.raises(NotFound):
        make_hub().detail(name)
    assert script.requests == []


def test_a_server_without_the_count_of_children_still_tells_the_model(
    httpserver: HTTPServer, make_hub: Callable[..., Hub]
) -> None:
    def answer(request: Request) -> Response:
        if "childrenModelCount" in request.args.getlist("expand"):
            return Response("{}", 400)
        return rows(1) if request.path == LIST else Response(json.dumps(row(1)))

    httpserver.expect_request(re.compile("/.*")).respond_with_handler(answer)
    assert make_hub().detail("a/m1").children is None
