"""Answers of status 429 in all the forms that are met. The replica's own limit is in `quota`."""

from __future__ import annotations

import time
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response

_HTML = "<!DOCTYPE html><html><body><h1>429</h1><p>Too many requests</p></body></html>"


def used_up(_request: Request, _answer: Response) -> Response:
    """Nothing is left, for one more second."""
    return _too_many('"api";r=0;t=1')


def in_html(_request: Request, _answer: Response) -> Response:
    return Response(_HTML, 429, {"RateLimit": '"api";r=0;t=1'}, "text/html")


def another_limit(_request: Request, _answer: Response) -> Response:
    """Requests are left, so that another limit is meant, which nothing tells of."""
    return _too_many('"api";r=250;t=100')


def come_back_in_seconds(_request: Request, _answer: Response) -> Response:
    return _too_many('"api";r=250;t=100', {"Retry-After": "2"})


def come_back_at_a_date(_request: Request, _answer: Response) -> Response:
    return _too_many('"api";r=250;t=100', {"Retry-After": formatdate(time.time() + 2, usegmt=True)})


def without_a_reset(_request: Request, _answer: Response) -> Response:
    return _too_many('"api";r=0')


def with_a_huge_reset(_request: Request, _answer: Response) -> Response:
    return _too_many('"api";r=0;t=99999999999999999999')


def with_a_negative_reset(_request: Request, _answer: Response) -> Response:
    return _too_many('"api";r=0;t=-5')


def _too_many(state: str, more: dict[str, str] | None = None) -> Response:
    return Response("Too many requests", 429, {"RateLimit": state, **(more or {})}, "text/plain")
