"""What goes wrong to order: `503@7, html@3, cut@0.02` -> which request meets which fault, and what it gets.

How orders are written is `ordered`. To add a kind, write one function, here or in the module of its sort, name it
in `KINDS`, and give it a line in `docs/replica.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from crawler.replica import limited, misled, spoiled
from crawler.replica.broken import Cut, CutUnsaid, Drip, Dropped, Refused, Reset
from crawler.replica.ordered import Ordered

Fault = Callable[[Request, Response], Response]
"""The request and the answer it would have had -> the answer it gets."""

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def _html(status: int, title: str) -> Fault:
    return lambda _request, _answer: Response(_PAGE.format(title), status, media_type="text/html")


def _said_no(status: int, error: str) -> Fault:
    return lambda _request, _answer: Response(
        b'{"error":"%b"}' % error.encode(), status, {"X-Error-Message": error}, "application/json"
    )


KINDS: Mapping[str, Fault] = {
    "401": _said_no(401, "Invalid username or password."),
    "403": _said_no(403, "Forbidden"),
    "404": _said_no(404, "Not Found"),
    "410": _said_no(410, "Gone"),
    "451": _said_no(451, "Unavailable For Legal Reasons"),
    "500": _html(500, "500 Internal Server Error"),
    "502": _html(502, "502 Bad Gateway"),
    "503": _html(503, "503 Service Unavailable"),
    "504": _html(504, "504 Gateway Time-out"),
    "429": limited.used_up,
    "429-html": limited.in_html,
    "429-left": limited.another_limit,
    "429-seconds": limited.come_back_in_seconds,
    "429-date": limited.come_back_at_a_date,
    "429-no-t": limited.without_a_reset,
    "429-huge-t": limited.with_a_huge_reset,
    "429-negative-t": limited.with_a_negative_reset,
    "html": _html(200, "Please wait"),
    "empty": spoiled.empty,
    "object": spoiled.in_an_object,
    "no-rows": spoiled.without_rows,
    "hollow": spoiled.without_rows_before_the_next,
    "bomb": spoiled.bomb,
    "row-text": spoiled.with_a_row_of_text,
    "row-no-id": spoiled.with_a_row_without_id,
    "nan": spoiled.with_nan,
    "huge-number": spoiled.with_a_huge_number,
    "surrogate": spoiled.with_a_lone_surrogate,
    "nul": spoiled.with_nul,
    "deep": spoiled.with_deep_nesting,
    "twice": spoiled.with_a_key_twice,
    "cut": lambda _request, answer: Cut(answer),
    "cut-unsaid": lambda _request, answer: CutUnsaid(answer),
    "drip": lambda _request, answer: Drip(answer),
    "drop": lambda _request, answer: Dropped(answer),
    "reset": lambda _request, _answer: Reset(),
    "refused": lambda _request, _answer: Refused(),
    "self-link": misled.link_to_itself,
    "back-link": misled.link_to_the_first_page,
    "foreign-link": misled.link_elsewhere,
    "http-link": misled.link_to_plain_http,
    "file-link": misled.link_to_a_file,
    "lost-link": misled.without_its_link,
    "short": misled.short_page,
    "empty-next": misled.empty_page_between,
    "moved": misled.moved,
    "loop": misled.moved_to_itself,
    "foreign-redirect": misled.moved_elsewhere,
}


class Faults:
    """Which fault, if any, the n-th request meets. Orders for one request go before shares."""

    def __init__(self, text: str, seed: int) -> None:
        self._ordered = Ordered(text, KINDS, seed=seed, what="fault")

    def meets(self, number: int) -> Fault | None:
        """To be asked once for every request, in order: the draws of the shares go on from it."""
        return next((KINDS[kind] for kind in self._ordered.met_by(number)), None)
