"""Whole answers that are not what they should be: no array, odd rows, a body that grows when it is unpacked.

A field is spoiled in a page's last row, under a key that comes once more: of two, the last one counts. Rows that
nothing can be made of are added to the page, so that none of its own is lost.
"""

from __future__ import annotations

import gzip
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

BOMB_SIZE = 200 * 1024 * 1024
DEPTH = 200_000


def empty(_request: Request, _answer: Response) -> Response:
    return _with_body(b"", None)


def without_rows(_request: Request, _answer: Response) -> Response:
    """An array with nothing in it, and no link: the list would end here."""
    return _with_body(b"[]", None)


def without_rows_before_the_next(_request: Request, answer: Response) -> Response:
    """An array with nothing in it, and the link that belongs to the page."""
    return _with_body(b"[]", answer)


def in_an_object(_request: Request, answer: Response) -> Response:
    return _with_body(b'{"models":%b}' % bytes(answer.body), answer)


def bomb(_request: Request, _answer: Response) -> Response:
    """A few hundred kilobytes that unpack to 200 MiB."""
    return Response(_packed(), 200, {"Content-Encoding": "gzip"}, "application/json")


def with_a_row_of_text(_request: Request, answer: Response) -> Response:
    return _with_row(answer, b'"no model"')


def with_a_row_without_id(_request: Request, answer: Response) -> Response:
    return _with_row(answer, b'{"likes":3,"tags":["base_model:a/b"]}')


def with_nan(_request: Request, answer: Response) -> Response:
    return _with_field(answer, b'"likes":NaN')


def with_a_huge_number(_request: Request, answer: Response) -> Response:
    return _with_field(answer, b'"downloads":18446744073709551616')


def with_a_lone_surrogate(_request: Request, answer: Response) -> Response:
    return _with_field(answer, rb'"library_name":"\ud800"')


def with_nul(_request: Request, answer: Response) -> Response:
    return _with_field(answer, rb'"library_name":"a\u0000b"')


def with_deep_nesting(_request: Request, answer: Response) -> Response:
    return _with_field(answer, b'"cardData":%b%b' % (b"[" * DEPTH, b"]" * DEPTH))


def with_a_key_twice(_request: Request, answer: Response) -> Response:
    return _with_field(answer, b'"likes":1,"likes":2')


def _with_field(answer: Response, field: bytes) -> Response:
    """One more field in the last row, or in the model of a detail answer."""
    body = bytes(answer.body)
    end = body.rfind(b"}")
    return answer if end < 0 else _with_body(b"%b,%b%b" % (body[:end], field, body[end:]), answer)


def _with_row(answer: Response, row: bytes) -> Response:
    """One more row before the others; in a detail answer, which has no rows, in the model's place."""
    body = bytes(answer.body)
    if not body.startswith(b"["):
        return _with_body(row, answer)
    comma = b"" if body == b"[]" else b","
    return _with_body(b"[%b%b%b" % (row, comma, body[1:]), answer)


def _with_body(body: bytes, answer: Response | None) -> Response:
    link = answer.headers.get("Link") if answer else None
    return Response(body, 200, {"Link": link} if link else None, "application/json")


@cache
def _packed() -> bytes:
    return gzip.compress(b"[" + b" " * BOMB_SIZE + b"]", 9)
