"""Answers that lead astray: next links and redirects to where one should not go, or not yet."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from crawler.replica import cursors
from crawler.replica.orders import CREATED

ELSEWHERE = "http://elsewhere.invalid"


# Links


def link_to_itself(request: Request, answer: Response) -> Response:
    return _linked(answer, str(request.url))


def link_to_the_first_page(request: Request, answer: Response) -> Response:
    """A page already seen, unless it is the first that was asked for."""
    return _linked(answer, str(request.url.remove_query_params("cursor")))


def link_elsewhere(request: Request, answer: Response) -> Response:
    return _linked(answer, f"{ELSEWHERE}{request.url.path}?{request.url.query}&cursor=e30=")


def link_to_plain_http(request: Request, answer: Response) -> Response:
    """The same host on port 80: another origin, whatever the replica's is."""
    return _linked(answer, str(request.url.replace(scheme="http", port=80)))


def link_to_a_file(_request: Request, answer: Response) -> Response:
    return _linked(answer, "file:///etc/passwd")


def without_its_link(_request: Request, answer: Response) -> Response:
    """A page as it should be, of which one would think that it is the last."""
    if "Link" in answer.headers:
        del answer.headers["Link"]
    return answer


# Pages


def short_page(request: Request, answer: Response) -> Response:
    """Half of the page's rows; its link goes on behind them, so that none is left out."""
    rows = _rows(answer)
    if len(rows) < 2:
        return answer
    kept = rows[: len(rows) // 2]
    sort = request.query_params.get("sort") or "trendingScore"
    if sort != CREATED and sort not in kept[-1]:
        return answer  # what its cursor would have to say is not shown
    cursor = cursors.write(sort, kept[-1], filtered="filter" in request.query_params)
    short = Response(json.dumps(kept), 200, media_type=answer.media_type)
    return _linked(short, str(request.url.include_query_params(cursor=cursor)))


def empty_page_between(request: Request, _answer: Response) -> Response:
    """No rows, and a link to the page that should have been here."""
    empty = Response(b"[]", 200, media_type="application/json")
    return _linked(empty, str(request.url.include_query_params(after="an empty page")))


# Redirects


def moved(request: Request, _answer: Response) -> Response:
    """As for a model under a new name: the same answer is found elsewhere on this Hub."""
    return _redirect(str(request.url.include_query_params(moved="1")))


def moved_to_itself(request: Request, _answer: Response) -> Response:
    """Leads back to what was asked. Ordered at several requests in a row it is a loop."""
    return _redirect(str(request.url))


def moved_elsewhere(request: Request, _answer: Response) -> Response:
    return _redirect(f"{ELSEWHERE}{quote(request.url.path)}")


def _redirect(location: str) -> Response:
    return Response(status_code=307, headers={"Location": location})


def _linked(answer: Response, url: str) -> Response:
    answer.headers["Link"] = f'<{url}>; rel="next"'
    return answer


def _rows(answer: Response) -> list[dict[str, Any]]:
    try:
        found = json.loads(bytes(answer.body))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
