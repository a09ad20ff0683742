"""A Hub that does not go on where it is asked to, unless the cursor is one that it wrote itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from crawler.replica.catalogue import Catalogue
from crawler.replica.server import Replica

Spoiled = Callable[[Request, Response], Response | Request]
"""A request with a made-up cursor and its answer -> another answer, or the request to be answered in its place."""


def _refused(_request: Request, _answer: Response) -> Response:
    return Response(b'{"error":"Invalid cursor"}', 400, None, "application/json")


def _ignored(request: Request, _answer: Response) -> Request:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return Request({**request.scope, "query_string": urlencode(kept).encode()})


def _shifted(_request: Request, answer: Response) -> Response:
    """Without the first half of its rows, its link as it was."""
    rows = json.loads(bytes(answer.body))
    body = json.dumps(rows[len(rows) // 2 :]).encode()
    link = {"Link": answer.headers["Link"]} if "Link" in answer.headers else None
    return Response(body, 200, link, "application/json")


def _empty(_request: Request, _answer: Response) -> Response:
    return Response(b"[]", 200, None, "application/json")


def _failing(_request: Request, _answer: Response) -> Response:
    return Response("<html>", 500, None, "text/html")


KINDS: Mapping[str, Spoiled] = {
    "refused": _refused,
    "ignored": _ignored,
    "shifted": _shifted,
    "empty": _empty,
    "failing": _failing,
}


class OwnCursorsOnly(Replica):
    """Remembers the cursors that it wrote; what becomes of all others is one of `KINDS`."""

    def __init__(self, catalogue: Catalogue, kind: str, **more: Any) -> None:
        super().__init__(catalogue, **more)
        self._spoil = KINDS[kind]
        self._written: set[str] = set()

    def willing_answer(self, request: Request) -> Response:
        answer = super().willing_answer(request)
        cursor = request.query_params.get("cursor")
        if cursor and cursor not in self._written:
            spoiled = self._spoil(request, answer)
            answer = super().willing_answer(spoiled) if isinstance(spoiled, Request) else spoiled
        self._written.update(_cursors_of(answer))
        return answer


def _cursors_of(answer: Response) -> list[str]:
    link = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
    return parse_qs(urlsplit(link).query).get("cursor", [])
