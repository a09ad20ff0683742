"""The two routes: a request -> the Hub's answer. Limits are in `quota`, mistakes made to order in `faults`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from crawler.replica import cursors
from crawler.replica.catalogue import Catalogue
from crawler.replica.fields import CHILDREN, DETAIL_WORDS, FULL, IDENTITY, LIST_WORDS, UNASKED
from crawler.replica.lookup import names, read
from crawler.replica.orders import SORTS, Selection
from crawler.replica.projection import Fields, project_page, project_row

MODELS = "/api/models"
LARGEST_PAGE = 1000
_CREDENTIALS = "Invalid username or password."


class QuestionError(Exception):
    """A question that the Hub would not answer: 400."""


class Question(NamedTuple):
    """A listing request, read and found legal."""

    sort: str
    selection: Selection
    limit: int
    fields: Fields
    mark: cursors.Mark | None


def answer(catalogue: Catalogue, request: Request, token: str | None, *, require_token: bool = False) -> Response:
    """The Hub's answer, without its limit headers. `token` is the only one accepted, None accepts any."""
    path, given = str(request.scope["path"]), _bearer(request)
    if given is not None and token is not None and given != token:
        return refusal(401, _CREDENTIALS)
    if request.method not in ("GET", "HEAD"):
        return refusal(405, "Method Not Allowed")
    try:
        if path == MODELS:
            return refusal(401, _CREDENTIALS) if require_token and given is None else _listing(catalogue, request)
        if path.startswith(f"{MODELS}/"):
            return _detail(catalogue, request, anonymous=given is None)
    except (QuestionError, cursors.CursorError) as problem:
        return refusal(400, str(problem))
    return refusal(404, "Sorry, we can't find the page you are looking for.")


def refusal(status: int, error: str, code: str | None = None) -> Response:
    """An answer that says no, in the Hub's words."""
    headers = {"X-Error-Message": error.splitlines()[0]} | ({"X-Error-Code": code} if code else {})
    return _json(json.dumps({"error": error}).encode(), status, headers)


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json; charset=utf-8")


def _bearer(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given if scheme.lower() == "bearer" else None


def _listing(catalogue: Catalogue, request: Request) -> Response:
    asked = read_question(request.query_params)
    order = catalogue.orders.get(asked.sort, asked.selection)
    start = 0
    if asked.mark:
        start = order.after(asked.mark.key, catalogue.position_below(asked.mark.hub_id))
    page = order.positions[start : start + asked.limit]
    response = _json(project_page(catalogue.array_text(page), asked.fields))
    if start + asked.limit < len(order.positions):
        last = json.loads(bytes(catalogue.text(int(page[-1]))))
        cursor = cursors.write(asked.sort, last, filtered=asked.selection != Selection())
        response.headers["Link"] = f'<{_next_url(request, cursor)}>; rel="next"'
    return response


def _next_url(request: Request, cursor: str) -> str:
    """The same question with the cursor, absolute, at the host that the client named."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.replace(query='', fragment='')}?{urlencode([*kept, ('cursor', cursor)])}"


def read_question(query: QueryParams) -> Question:
    """Raises `QuestionError` for what the Hub answers 400. Parameters it ignores are ignored."""
    sort = query.get("sort") or "trendingScore"
    if sort not in SORTS:
        raise QuestionError(f"Invalid sort: expected one of {'|'.join(SORTS)}")
    values = [("tags", value) for value in query.getlist("filter")]
    values += [(kind, query[kind]) for kind in ("author", "pipeline_tag") if query.get(kind)]
    selection = Selection(tuple(sorted(set(values))), query.get("search", ""))
    mark = cursors.read(sort, query["cursor"]) if query.get("cursor") else None
    return Question(sort, selection, _limit(query.get("limit")), _fields(query), mark)


def _limit(text: str | None) -> int:
    if not text:
        return LARGEST_PAGE
    if not text.isdecimal() or not int(text):
        raise QuestionError(f"Invalid limit: expected a positive number, received {text[:40]!r}")
    return min(int(text), LARGEST_PAGE)


def _fields(query: QueryParams) -> Fields:
    """The fields of a list row, each once, in one order for one set."""
    wanted = {name for name in ("full", "cardData", "config") if _is_true(query.get(name))}
    asked = query.getlist("expand")
    if asked:
        if wanted:
            raise QuestionError(f"expand cannot be used together with {', '.join(sorted(wanted))}")
        return (*IDENTITY, *legal_words(asked, LIST_WORDS))
    extra = [name for name in ("cardData", "config") if name in wanted]
    return (*IDENTITY, *UNASKED, *(FULL if "full" in wanted else ()), *extra)


def _is_true(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true")


def legal_words(asked: Sequence[str], legal: Sequence[str]) -> Fields:
    """Raises `QuestionError`, listing the legal words, where one is not among them."""
    for place, word in enumerate(asked):
        if word not in legal:
            options = "|".join(f'"{option}"' for option in legal)
            raise QuestionError(
                f"Invalid option: expected one of {options}\n  at expand[{place}], received {word[:80]!r}"
            )
    return tuple(word for word in legal if word in asked)


def _detail(catalogue: Catalogue, request: Request, *, anonymous: bool) -> Response:
    name = str(request.scope["path"]).removeprefix(f"{MODELS}/")
    asked = legal_words(request.query_params.getlist("expand"), DETAIL_WORDS)
    position, current = find(catalogue, name)
    if position is None:
        return refusal(401, _CREDENTIALS) if anonymous else refusal(404, "Repository not found", "RepoNotFound")
    if current != name:
        query = f"?{request.url.query}" if request.url.query else ""
        return Response(status_code=307, headers={"Location": f"{MODELS}/{quote(current)}{query}"})
    row = project_row(bytes(catalogue.text(position)), asked or DETAIL_WORDS)
    if CHILDREN in asked:
        row[CHILDREN] = catalogue.lookup.children(name)
    return _json(_encoded(row))


def find(catalogue: Catalogue, name: str) -> tuple[int | None, str]:
    """The row that a name leads to and the name it bears now: by name, by a former one, by case alone."""
    best: tuple[int, int | None, str] = (3, None, name)
    for position in catalogue.lookup.named_like(name):
        current, *former = names(read(catalogue.text(position)))
        rank = _likeness(name, current, former)
        best = min(best, (rank, position, current), key=lambda found: found[0])
    return best[1], best[2]


def _likeness(name: str, current: str, former: Sequence[str]) -> int:
    """0 for the name itself, 1 for a former one, 2 where only the case differs, 3 for another name."""
    if name == current or name in former:
        return int(name != current)
    return 2 if name.lower() in {known.lower() for known in (current, *former)} else 3


def _encoded(row: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(row)
    except (ValueError, UnicodeEncodeError):
        return json.dumps(row).encode()
