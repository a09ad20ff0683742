"""Where the two listings of changes stop, and that rows without a time change nothing about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.changes import changes
from crawler.errors import Malformed
from crawler.hub import Hub

MARK = 1_700_000_000
Times = list[list[int | None]]  # by page and row, in seconds after the mark


class Listings:
    """A server with one list of pages a sort order."""

    def __init__(self, created: Times, edited: Times) -> None:
        self.pages = {"createdAt": created, "lastModified": edited}
        self.asked: list[tuple[str, int]] = []

    def __call__(self, request: Request) -> Response:
        sort, number = request.args["sort"], int(request.args.get("cursor", "0"))
        self.asked.append((sort, number))
        answer = Response(json.dumps([_row(sort, time) for time in self.pages[sort][number]]))
        if number + 1 < len(self.pages[sort]):
            answer.headers["Link"] = f'</api/models?sort={sort}&cursor={number + 1}>; rel="next"'
        return answer


def _row(sort: str, after: int | None) -> dict[str, str]:
    identity = {"_id": f"{MARK + (after or 0):08x}".ljust(24, "0"), "id": "a/m"}
    if after is None:
        return identity
    return identity | {sort: datetime.fromtimestamp(MARK + after, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")}


@pytest.fixture
def hub(httpserver: HTTPServer) -> Iterator[Hub]:
    with Hub(httpserver.url_for(""), sleep=lambda _: None) as made:
        yield made


def asked(
    httpserver: HTTPServer, hub: Hub, created: Times, edited: Times, *, overlap: int = 0
) -> list[tuple[str, int]]:
    listings = Listings(created, edited)
    httpserver.expect_request("/api/models").respond_with_handler(listings)
    list(changes(hub, since=MARK, overlap=overlap))
    return listings.asked


def test_both_listings_end_with_the_page_that_reaches_behind_the_mark(httpserver: HTTPServer, hub: Hub) -> None:
    created: Times = [[9, 8], [1, -1, -2, -3], [-5, -6]]
    edited: Times = [[5, -3, -4, -5], [-6]]
    assert asked(httpserver, hub, created, edited) == [("createdAt", 0), ("createdAt", 1), ("lastModified", 0)]


def test_a_wrong_date_at_the_end_of_a_page_does_not_stop_it(httpserver: HTTPServer, hub: Hub) -> None:
    pages: Times = [[9, 8, 7, -99], [6, 5, -1, -2, -3], [-4]]
    assert asked(httpserver, hub, [[-1]], pages)[1:] == [("lastModified", 0), ("lastModified", 1)]


def test_the_overlap_moves_the_mark_back(httpserver: HTTPServer, hub: Hub) -> None:
    pages: Times = [[9, -1, -2, -3], [-5, -20, -21, -22], [-30]]
    assert len(asked(httpserver, hub, pages, pages, overlap=10)) == 4


def test_a_change_at_the_mark_itself_does_not_stop_it(httpserver: HTTPServer, hub: Hub) -> None:
    pages: Times = [[0], [-1], [-2]]
    assert len(asked(httpserver, hub, pages, pages)) == 4


def test_rows_without_a_time_do_not_stop_it(httpserver: HTTPServer, hub: Hub) -> None:
    edited: Times = [[9, None], [None, None], [-1, None], [-2]]
    assert asked(httpserver, hub, [[-1]], edited)[1:] == [("lastModified", number) for number in range(3)]


def test_a_list_that_ends_before_the_mark_is_read_whole(httpserver: HTTPServer, hub: Hub) -> None:
    assert (
        len(asked(httpserver, hub, [[9], [], [8]], [[9], [8]])) == 8
    )  # twice: the page without rows, and last ones as full as the others


def test_pages_without_any_time_end_by_name(httpserver: HTTPServer, hub: Hub) -> None:
    with pytest.raises(Malformed, match="without a single time"):
        asked(httpserver, hub, [[-1]], [[None]] * 9)


def test_a_creation_that_is_not_told_is_read_from_the_id(httpserver: HTTPServer, hub: Hub) -> None:
    untold = Response(json.dumps([{"_id": f"{MARK - 1:08x}".ljust(24, "0"), "id": "a/m"}]))
    untold.headers["Link"] = '</api/models?sort=createdAt&cursor=1>; rel="next"'
    served = [untold, Response("[]"), Response("[]")]
    httpserver.expect_request("/api/models").respond_with_handler(lambda _: served.pop(0))
    list(changes(hub, since=MARK, overlap=0))
    assert hub.requests == 3
