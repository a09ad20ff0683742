"""What a bad Hub does to single answers: it truncates, lies, redirects, drips and names other hosts. No test.

Each is made for a place: `at(n, twist)` for the n-th request alone, `pages(twist)` for all listings.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.reliability.small_hub import Answer, Request, SmallHub, Twist

Change = Callable[[Answer], Answer]


def at(number: int, change: Change) -> Twist:
    return lambda _hub, request, answer: change(answer) if request.number == number else answer


def pages(change: Change) -> Twist:
    return lambda _hub, request, answer: change(answer) if request.path == "/api/models" else answer


def on_pages(of_hub: Callable[[SmallHub], Change]) -> Twist:
    """For changes that need to know where the Hub is."""
    return lambda hub, request, answer: pages(of_hub(hub))(hub, request, answer)


# It truncates


def without_next(answer: Answer) -> Answer:
    return answer.saying("Link")


def cut_in_body(answer: Answer) -> Answer:
    return replace(answer, cut=len(answer.wire) - len(answer.body) // 2)


def cut_in_head(answer: Answer) -> Answer:
    return replace(answer, cut=25)


def reset_in_body(answer: Answer) -> Answer:
    return replace(cut_in_body(answer), reset=True)


def cut_without_length(answer: Answer) -> Answer:
    return replace(answer, framing="close", version="1.0", body=answer.body[: len(answer.body) // 2])


def cut_in_chunks(answer: Answer) -> Answer:
    return cut_in_body(replace(answer, framing="chunked"))


def nothing(answer: Answer) -> Answer:
    return replace(answer, body=b"")


def no_rows(answer: Answer) -> Answer:
    return answer.told([])


def no_rows_and_no_next(answer: Answer) -> Answer:
    return without_next(no_rows(answer))


TRUNCATES: dict[str, Change] = {
    change.__name__: change
    for change in (
        without_next, cut_in_body, cut_in_head, reset_in_body, cut_without_length, cut_in_chunks, nothing, no_rows,
        no_rows_and_no_next,
    )
}  # fmt: skip


# It lies


def says(status: int = 200, body: bytes = b"", **headers: str) -> Change:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda answer: replace(answer, status=status, body=body or answer.body, headers=answer.headers + told)


def limits(state: str, policy: str = '"api";q=500;w=300') -> Change:
    return lambda answer: answer.saying("RateLimit", state).saying("RateLimit-Policy", policy)


def each_row(**fields: Any) -> Change:
    return lambda answer: answer.told([row | fields for row in answer.rows])


def in_utf_16(answer: Answer) -> Answer:
    return replace(answer, body=answer.body.decode().encode("utf-16"))


def with_a_bom(answer: Answer) -> Answer:
    return replace(answer, body=b"\xef\xbb\xbf" + answer.body)


def upside_down(answer: Answer) -> Answer:
    return answer.told(answer.rows[::-1])


LIES: dict[str, Change] = {
    "a length too long": says(Content_Length="100000"),
    "a length too short": says(Content_Length="40"),
    "a length that is no number": says(Content_Length="many"),
    "HTML": says(body=b"<html>200 OK</html>", Content_Type="text/html"),
    "compressed that is not": says(Content_Encoding="gzip"),
    "a total": says(X_Total_Count="3", X_Total="99999999"),
    "a BOM": with_a_bom,
    "UTF-16": in_utf_16,
    "rows in another order": upside_down,
    "days in the future": each_row(createdAt="9999-12-31T23:59:59-12:00", lastModified="2999-01-01T00:00:00.000Z"),
    "two lists": says(body=b"[][]"),
    "more rows than memory": says(body=b"[" + b"0," * 1_000_000 + b"0]"),
    "an empty window for ever": limits('"api";r=0;t=1'),
    "a window of 30 years": limits('"api";r=0;t=1000000000', '"api";q=1;w=1000000000'),
    "a negative rest": limits('"api";r=-5;t=-9', '"api";q=-1;w=-300'),
    "a status of its own": says(status=299),
    "a link that is none": says(Link="next"),
    "6,000 links that nearly are": says(Link="<" * 60_000),
}


class SamePage:
    """One page for all cursors from the n-th listing on, with the links that belong to the cursors or its own."""

    def __init__(self, number: int, *, own_links: bool) -> None:
        self.number, self.own_links = number, own_links
        self.held: Answer | None = None

    def __call__(self, _hub: SmallHub, request: Request, answer: Answer) -> Answer:
        if request.number < self.number or request.path != "/api/models":
            return answer
        self.held = self.held or answer
        return self.held if self.own_links else self.held.saying("Link", answer.header("Link"))


# It leads elsewhere


def links_to(target: str) -> Change:
    return lambda answer: answer.saying("Link", f'<{target}>; rel="next"')


def redirects_to(target: str, status: int = 307) -> Change:
    return lambda answer: Answer(status, (("Location", target), *answer.headers), b"")


def ring(hub: SmallHub, request: Request, _answer: Answer) -> Answer:
    """Round and round, under addresses that always differ."""
    return Answer(307, (("Location", f"{hub.url}/api/models?hop={request.number}"),))


def elsewhere(hub: str, other: str) -> dict[str, str]:
    """Addresses that lead, or seem to lead, from one loopback host to another."""
    here, there = hub.removeprefix("http://"), other.removeprefix("http://")
    port = there.rpartition(":")[2]
    return {
        "another port": f"{other}/api/models",
        "no scheme": f"//{there}/api/models",
        "another scheme": f"https://{here}/api/models",
        "a user": f"http://{here}@{there}/api/models",
        "a user and a password": f"http://user:password@{here}/api/models",
        "a user behind a backslash": f"http://{here}\\@{there}/api/models",
        "backslashes": f"\\\\{there}\\api\\models",
        "a slash and a backslash": f"/\\{there}/api/models",
        "three slashes": f"///{there}/api/models",
        "another name": f"http://localhost:{port}/api/models",
        "a name in capitals": f"HTTP://LOCALHOST:{port}/api/models",
        "a full stop": f"http://localhost.:{port}/api/models",
        "one number": f"http://2130706433:{port}/api/models",
        "a short address": f"http://127.1:{port}/api/models",
        "IPv6": f"http://[::ffff:127.0.0.1]:{port}/api/models",
        "an address in an address": f"http://[::1%25{here}]:{port}/api/models",
        "digits of another script": f"http://127.0.0.1:\uff11{port}/api/models".encode().decode("latin-1"),
        "an encoded at": f"http://{here}%40{there}/api/models",
        "a tab in it": f"http://127.0.0\t.1:{port}/api/models",
        "a file": "file:///etc/hostname",
        "data": "data:application/json,[]",
        "javascript": "javascript:alert(1)",
    }


def body_of(answer: Answer, **more: Any) -> Answer:
    """A detail with other fields."""
    return answer.told(json.loads(answer.body) | more)
