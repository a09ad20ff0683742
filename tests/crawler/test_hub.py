"""Pages and models as the client hands them on, from answers good and bad, on real sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.errors import (
    Malformed,
    NotFound,
)
from crawler.hub import Hub
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from tests.crawler.scripted import (
    LIST,
    Waits,
    first_page,
    names,
    row,
    rows,
    serve,
)

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
