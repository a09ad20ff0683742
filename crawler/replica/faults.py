"""What goes wrong to order: `503@7, html@3, cut@0.02` -> which request meets which fault, and what it gets.

`KIND@N` is the N-th request, counted from 1; `KIND@0.02` is that share of all requests, drawn from a seed.
To add a kind, write one function and name it in `KINDS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from crawler.replica.broken import Cut, Drip, Reset

ELSEWHERE = "http://elsewhere.invalid"
Fault = Callable[[Request, Response], Response]
"""The request and the answer it would have had -> the answer it gets."""

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def _html(status: int, title: str) -> Fault:
    return lambda _request, _answer: Response(_PAGE.format(title), status, media_type="text/html")


def _said_no(status: int, error: str) -> Fault:
    return lambda _request, _answer: Response(
        b'{"error":"%b"}' % error.encode(), status, {"X-Error-Message": error}, "application/json"
    )


def _quota_gone(_request: Request, _answer: Response) -> Response:
    return Response("Too many requests", 429, {"RateLimit": '"api";r=0;t=1'}, "text/plain")


def _empty(_request: Request, _answer: Response) -> Response:
    return Response(b"", 200, media_type="application/json")


def _object(_request: Request, answer: Response) -> Response:
    return Response(b'{"models":%b}' % bytes(answer.body), 200, media_type="application/json")


def _foreign_link(request: Request, answer: Response) -> Response:
    answer.headers["Link"] = f'<{ELSEWHERE}{request.url.path}?{request.url.query}&cursor=e30=>; rel="next"'
    return answer


def _self_link(request: Request, answer: Response) -> Response:
    answer.headers["Link"] = f'<{request.url}>; rel="next"'
    return answer


KINDS: Mapping[str, Fault] = {
    "401": _said_no(401, "Invalid username or password."),
    "403": _said_no(403, "Forbidden"),
    "404": _said_no(404, "Not Found"),
    "429": _quota_gone,
    "500": _html(500, "500 Internal Server Error"),
    "502": _html(502, "502 Bad Gateway"),
    "503": _html(503, "503 Service Unavailable"),
    "504": _html(504, "504 Gateway Time-out"),
    "html": _html(200, "Please wait"),
    "empty": _empty,
    "object": _object,
    "cut": lambda _request, answer: Cut(answer),
    "drip": lambda _request, answer: Drip(answer),
    "reset": lambda _request, _answer: Reset(),
    "foreign-link": _foreign_link,
    "self-link": _self_link,
}


class Faults:
    """Which fault, if any, the n-th request meets. Orders for one request go before shares."""

    def __init__(self, text: str, seed: int) -> None:
        self._at: dict[int, str] = {}
        self._shares: list[tuple[str, float]] = []
        self._random = random.Random(seed)
        for order in filter(None, (part.strip() for part in text.split(","))):
            self._add(order)

    def meets(self, number: int) -> Fault | None:
        """To be asked once for every request, in order: the draws of the shares go on from it."""
        drawn = [kind for kind, share in self._shares if self._random.random() < share]
        kind = self._at.get(number) or next(iter(drawn), None)
        return KINDS[kind] if kind else None

    def _add(self, order: str) -> None:
        kind, _, when = order.partition("@")
        if kind not in KINDS:
            raise ValueError(f"{order!r}: no such fault; there are {', '.join(KINDS)}.")
        if when.isdecimal() and int(when) > 0:
            self._at[int(when)] = kind
        else:
            self._shares.append((kind, _share(order, when)))


def _share(order: str, when: str) -> float:
    try:
        share = float(when)
    except ValueError:
        share = -1.0
    if "." not in when or not 0 <= share <= 1:
        raise ValueError(f"{order!r}: behind the @ stands a request's number from 1, or a share such as 0.02.")
    return share
