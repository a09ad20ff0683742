"""Spoiled answers: a corpus of listing rows and headers, cut, spliced and flipped; whatever comes of it is read, put in
quarantine or refused as malformed. What it finds becomes a row of the corpus. test_parse.py makes rows of any shape.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.endpoint import Endpoint, next_link
from crawler.errors import Malformed
from crawler.limits import http_date, quota_wait, read_quota, retry_after, wait_before_next
from crawler.parse import parse_detail, parse_page
from tests.reliability.soak import scaled

EXAMPLES = scaled(300, 10_000)
ROW = {
    "_id": "621ffdc136468d709f180294",
    "id": "Qwen/Q-7B",
    "tags": ["base_model:a/b", "base_model:finetune:a/b", "license:mit"],
    "baseModels": {"relation": "merge", "models": [{"_id": "621ffdc136468d709f180295", "id": "a/b"}]},
    "cardData": {"base_model": ["a/b", {"x": None}], "license": "mit"},
    "createdAt": "2026-01-01T00:00:00.000Z",
    "downloads": 12,
    "likes": 3,
    "gated": "auto",
    "safetensors": {"total": 7_000_000_000},
}
CORPUS = [
    json.dumps([ROW, {**ROW, "_id": "6" * 24, "id": "c/d"}]).encode(),
    json.dumps(ROW).encode(),
    b'[{"_id":"621ffdc136468d709f180294","id":"a/b","likes":1e999,"downloads":NaN}]',
    b'[{"_id":"621ffdc136468d709f180294","id":"\\ud800/\\udfff","tags":["base_model:\\ud800"]}]',
    b'[{"id":"a/b","id":"c/d","_id":"621ffdc136468d709f180294"}]',
    b'[{"_id":"621ffdc136468d709f180294","id":"a/b","tags":null,"cardData":[],"baseModels":""}]',
    b"[" * 300 + b"]" * 300,
    b'{"error":"no"}',
]
HEADERS = [
    '"api";r=499;t=241', '"fixed window";"api";q=500;w=300', '"api";r=0;t=1, "other";r=9', '"api";r=-1;t=1e9',
    "120", "Wed, 26 Nov 2026 02:34:52 GMT", "Wed, 31 Feb 99999 99:99:99 +9999",
    '<https://hub/api/models?cursor=a>; rel="next"',
    '<//other/x>; rel=next, <y>; rel="prev"', "<http://[::1>; rel=next", '<>; rel="next"', "\u0661\u0662",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, corpus: list[bytes]) -> bytes:
    """One of the corpus after a few changes, each at some place: flipped, cut, doubled, joined with another's end."""
    text = bytearray(draw(st.sampled_from(corpus)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, max(len(text) - 1, 0)))
        change = draw(st.sampled_from(("flip", "cut", "double", "join", "write", "end")))
        if change == "flip" and text:
            text[place] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del text[place : place + draw(st.integers(1, 40))]
        elif change == "double":
            text[place:place] = text[place : place + draw(st.integers(1, 40))]
        elif change == "join":
            other = draw(st.sampled_from(corpus))
            text[place:] = other[draw(st.integers(0, len(other))) :]
        elif change == "write":
            text[place:place] = draw(st.binary(max_size=6) | st.sampled_from([b'"', b"\\u0000", b"[{", b"1e400", b"-"]))
        else:
            del text[place:]
    return bytes(text)


@settings(max_examples=EXAMPLES)
@given(spoiled(CORPUS))
@example(b"[" * 200_000)
@example(b'[{"_id":' + b"[" * 200_000)
@example(b'[{"likes":' + b"9" * 100_000 + b"}]")
def test_a_spoiled_page_is_read_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        records, quarantined = parse_page(body)
        assert all(len(record.hub_id) == 24 and record.repo_id for record in records)
        assert all(row.reason for row in quarantined)
        for count in (record.likes for record in records):
            assert count is None or 0 <= count < 2**63


@settings(max_examples=EXAMPLES)
@given(spoiled(CORPUS))
def test_a_spoiled_detail_is_read_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        found = parse_detail(body)
        assert len(found.record.hub_id) == 24


@settings(max_examples=EXAMPLES)
@given(*[spoiled([text.encode() for text in HEADERS]).map(lambda text: text.decode("latin-1"))] * 3)
def test_spoiled_headers_make_no_wait_that_is_none(state: str, policy: str, later: str) -> None:
    headers = {"RateLimit": state, "RateLimit-Policy": policy, "Retry-After": later}
    assert 0 <= wait_before_next(read_quota(headers)) <= 3601
    for wait in (retry_after(headers, 1e9), quota_wait(headers, 1e9)):
        assert wait is None or (wait >= 0 and math.isfinite(wait))
    moment = http_date(later)
    assert moment is None or math.isfinite(moment)


@settings(max_examples=EXAMPLES)
@given(spoiled([text.encode() for text in HEADERS]).map(lambda text: text.decode("latin-1")))
def test_a_spoiled_link_is_of_the_endpoint_or_not_held_to_be(header: str) -> None:
    endpoint = Endpoint.parse("https://hub/")
    try:
        link = next_link("https://hub/api/models", header)
    except ValueError:  # the one way in which it may fail
        return
    if link is not None and endpoint.holds(link):
        assert link.lower().startswith(("https://hub/", "https://hub:443", "https://hub?", "https://hub#"))
