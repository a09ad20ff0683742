"""What the client does with addresses and faults, on real sockets; waits are listed, never slept."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from crawler import transport
from crawler.errors import (
    BadRequest,
    ForeignLink,
    HubError,
    Malformed,
    NotFound,
    ServerFault,
    Unauthorized,
    Unreachable,
)
from crawler.hub import Hub, Patience
from tests.crawler.scripted import (
    LIST,
    TOKEN,
    Script,
    Waits,
    dripping,
    first_page,
    names,
    raw_server,
    rows,
    serve,
)

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
