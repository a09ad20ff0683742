"""Breadth first from bases: each list once, cycles end, nothing is lost in silence."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.errors import ForeignLink, NotFound, ServerFault, Unauthorized
from crawler.hub import Hub
from crawler.records import BaseDetail, ModelRecord
from crawler.walk import expected_requests, look_up, walk

TREE = {"a/root": ["a/x", "a/y"], "a/x": ["a/z", "a/root"], "a/z": ["a/x", "a/deep"]}


class Lists:
    """A server of derivatives: one a page; `faults` maps a base to the statuses it answers at which of its requests."""

    def __init__(self, tree: dict[str, list[str]]) -> None:
        self.tree = tree
        self.faults: dict[str, dict[int, int]] = {}
        self.asked: Counter[str] = Counter()

    def __call__(self, request: Request) -> Response:
        base = request.args["filter"].removeprefix("base_model:")
        self.asked[base] += 1
        faults = self.faults.get(base, {})
        if status := faults.get(self.asked[base], faults.get(0)):
            return Response("", status)
        position = int(request.args.get("cursor", "0"))
        names = self.tree.get(base, [])
        answer = Response(json.dumps([_row(name) for name in names[position : position + 1]]))
        if position + 1 < len(names):
            answer.headers["Link"] = f'</api/models?filter=base_model:{base}&cursor={position + 1}>; rel="next"'
        return answer


def _row(name: str) -> dict[str, str]:
    return {"_id": name.encode().hex().rjust(24, "0"), "id": name}


@pytest.fixture
def lists(httpserver: HTTPServer) -> Lists:
    served = Lists(dict(TREE))
    httpserver.expect_request("/api/models").respond_with_handler(served)
    return served


@pytest.fixture
def hub(httpserver: HTTPServer) -> Iterator[Hub]:
    with Hub(httpserver.url_for(""), sleep=lambda _: None) as made:
        yield made


def edges(hub: Hub, *, depth: int | None = None) -> list[tuple[str | None, str]]:
    return [(page.base, record.repo_id) for page in walk(hub, ["a/root"], depth=depth) for record in page.records]


def test_every_derivative_is_found_level_by_level_although_it_goes_in_circles(lists: Lists, hub: Hub) -> None:
    assert edges(hub) == [
        ("a/root", "a/x"),
        ("a/root", "a/y"),
        ("a/x", "a/z"),
        ("a/x", "a/root"),
        ("a/z", "a/x"),
        ("a/z", "a/deep"),
    ]
    assert lists.asked == {"a/root": 2, "a/x": 2, "a/y": 1, "a/z": 2, "a/deep": 1}


def test_depth_one_asks_the_bases_alone(lists: Lists, hub: Hub) -> None:
    assert edges(hub, depth=1) == [("a/root", "a/x"), ("a/root", "a/y")]
    assert set(lists.asked) == {"a/root"}


def test_a_list_that_is_stored_already_is_not_asked_again(lists: Lists, hub: Hub) -> None:
    stored = {"a/root": ["a/x", "a/y"], "a/y": []}
    pages = list(walk(hub, ["a/root"], listed=stored.get))
    assert {page.base for page in pages} == {"a/x", "a/z", "a/deep"}
    assert set(lists.asked) == {"a/x", "a/z", "a/deep"}


def test_a_list_that_breaks_in_the_middle_is_begun_again_once(lists: Lists, hub: Hub) -> None:
    lists.faults["a/root"] = {2: 404}
    assert [name for _, name in edges(hub, depth=1)] == ["a/x", "a/x", "a/y"]


def test_a_list_that_breaks_at_its_beginning_is_not_begun_again(lists: Lists, hub: Hub) -> None:
    lists.faults["a/root"] = {0: 404}
    with pytest.raises(NotFound):
        edges(hub)
    assert lists.asked["a/root"] == 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (504, ServerFault)])
def test_a_list_that_cannot_be_had_is_raised_after_the_others_are_read(
    lists: Lists, hub: Hub, status: int, kind: type[Exception]
) -> None:
    lists.faults["a/y"] = {0: status}
    met: list[str] = []
    with pytest.raises(kind):
        met.extend(record.repo_id for page in walk(hub, ["a/root"]) for record in page.records)
    assert set(lists.asked) == {"a/root", "a/x", "a/y", "a/z", "a/deep"}


def test_three_failures_in_a_row_end_it(lists: Lists, hub: Hub) -> None:
    bases = [f"a/{number}" for number in range(9)]
    lists.faults = {base: {0: 404} for base in bases}
    with pytest.raises(NotFound):
        list(walk(hub, bases))
    assert len(lists.asked) == 3


def test_a_token_that_is_not_accepted_ends_it_at_once(lists: Lists, hub: Hub) -> None:
    lists.faults["a/x"] = {0: 401}
    with pytest.raises(Unauthorized):
        edges(hub)
    assert "a/y" not in lists.asked


def test_bases_are_looked_up_in_order(httpserver: HTTPServer, hub: Hub) -> None:
    httpserver.expect_request(re.compile("/api/models/.+")).respond_with_handler(
        lambda request: Response(json.dumps(_row(request.path.removeprefix("/api/models/"))))
    )
    assert [detail.record.repo_id for detail in look_up(hub, ["b/2", "b/1"])] == ["b/2", "b/1"]


def detail(children: dict[str, int] | None) -> BaseDetail:
    nothing = dict.fromkeys(ModelRecord.__struct_fields__[2:13])
    record = ModelRecord("0" * 24, "a/m", **(nothing | {"gated": "no", "disabled": False}))  # type: ignore[arg-type]
    return BaseDetail(record, children)


@pytest.mark.parametrize(
    ("children", "depth", "requests"),
    [
        (None, None, 1),
        ({}, 1, 1),
        ({"merge": 1000}, 1, 1),
        ({"merge": 1000, "adapter": 1}, 1, 2),
        ({"merge": 1000, "adapter": 1}, 2, 1003),
        ({"merge": 3}, None, 4),
    ],
)
def test_the_least_requests_of_a_walk(children: dict[str, int] | None, depth: int | None, requests: int) -> None:
    assert expected_requests([detail(children)], depth) == requests


def test_failures_far_apart_do_not_end_it(lists: Lists, hub: Hub) -> None:
    bases = [f"a/{number}" for number in range(9)]
    lists.faults = {base: {0: 404} for base in bases[::2]}
    with pytest.raises(NotFound):
        list(walk(hub, bases))
    assert len(lists.asked) == 9


def test_a_list_that_leads_elsewhere_is_not_begun_again(httpserver: HTTPServer, hub: Hub) -> None:
    elsewhere = Response(
        '[{"_id":"000000000000000000000001","id":"a/b"}]', headers={"Link": '<http://elsewhere.invalid/>; rel="next"'}
    )
    httpserver.expect_request("/api/models").respond_with_handler(lambda _: elsewhere)
    with pytest.raises(ForeignLink):
        edges(hub)
    assert hub.requests == 1
