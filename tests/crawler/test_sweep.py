"""The whole Hub: in order, resumable, and in spite of fields that a server does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.errors import BadRequest, ForeignLink
from crawler.hub import Hub
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from crawler.sweep import EXPAND, sweep


@pytest.fixture
def hub(httpserver: HTTPServer) -> Iterator[Hub]:
    with Hub(httpserver.url_for(""), sleep=lambda _: None) as made:
        yield made


def choosy(httpserver: HTTPServer, *unknown: str) -> list[Request]:
    """A server that answers 400 to these expand words."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        refused = set(request.args.getlist("expand")) & set(unknown)
        return Response("what is this?", 400) if refused else Response("[]")

    httpserver.expect_request(re.compile("/.*")).respond_with_handler(answer)
    return asked


def test_every_model_is_met_once() -> None:
    replica = Replica(generate(2500, 1), quota=None, keep_log=True)
    with running(replica) as address, Hub(address) as hub:
        ids = [record.hub_id for page in sweep(hub) for record in page.records]
    assert len(set(ids)) == len(ids) == 2500
    assert "sort=createdAt&limit=1000" in replica.log[0][1]
    assert replica.requests == 3


def test_it_goes_on_where_an_earlier_run_has_stopped() -> None:
    replica = Replica(generate(2500, 1), quota=None)
    with running(replica) as address, Hub(address) as hub:
        whole = [record.hub_id for page in sweep(hub) for record in page.records]
        pages = sweep(hub)
        first = next(pages)
        pages.close()
        rest = [record.hub_id for page in sweep(hub, start=first.next_url) for record in page.records]
    assert [record.hub_id for record in first.records] + rest == whole


def test_a_start_of_another_origin_is_refused_at_once(hub: Hub) -> None:
    with pytest.raises(ForeignLink):
        sweep(hub, start="http://elsewhere.invalid/api/models?cursor=x")


def test_fields_that_the_server_refuses_are_left_out_and_remembered(httpserver: HTTPServer, hub: Hub) -> None:
    asked = choosy(httpserver, "likes", "safetensors")
    list(sweep(hub))
    assert hub.refused == frozenset({"likes", "safetensors"})
    assert asked[-1].args.getlist("expand") == [word for word in EXPAND if word not in hub.refused]
    before = len(asked)
    list(sweep(hub))
    assert len(asked) == before + 2  # a list with nothing in it is asked for twice


def test_a_stored_address_with_a_field_that_is_now_refused_keeps_its_cursor(httpserver: HTTPServer, hub: Hub) -> None:
    asked = choosy(httpserver, "likes")
    list(sweep(hub, start=httpserver.url_for("/api/models?expand=likes&expand=tags&cursor=a%2Bb%3D")))
    last = [request.args for request in asked if "cursor" in request.args][-1]
    assert (last["cursor"], last.getlist("expand")) == ("a+b=", ["tags"])


def test_a_server_that_refuses_everything_ends_it(httpserver: HTTPServer, hub: Hub) -> None:
    choosy(httpserver, *EXPAND)
    with pytest.raises(BadRequest):
        list(sweep(hub))


def test_a_server_that_tells_no_lineage_ends_it(httpserver: HTTPServer, hub: Hub) -> None:
    choosy(httpserver, "baseModels", "cardData", "tags")
    with pytest.raises(BadRequest):
        list(sweep(hub))
