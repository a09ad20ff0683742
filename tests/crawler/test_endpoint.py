"""The `Link` header by its grammar: what only looks like a next link is none, and no header takes long to read."""

from __future__ import annotations

import contextlib
import time

import pytest

from crawler.endpoint import next_link

HERE = "http://hub/api/models?limit=2"
LINKS = {
    '<a>; rel="next"': "http://hub/api/a",
    "<a>;rel=next": "http://hub/api/a",
    '<a>; REL = "NEXT" ;hreflang=de': "http://hub/api/a",
    '<a>; rel="prev next"; x': "http://hub/api/a",
    "<a>; rel=prev, <b,c>; rel=next": "http://hub/api/b,c",
    "<a>; rel=next, <b>; rel=next": "http://hub/api/a",
    ", <a>; rel=next ,": "http://hub/api/a",
}
NO_LINKS = [
    "",
    '<a>; rel="help"; title="x, <b>; rel=next"',
    "<a>; rel=help; title=next",
    '<a>; rel="next-archive"',
    "<next>; rel=first",
    "<a>; rel=prev; rel=next",
    "<a>",
]
UNREADABLE = ["<a", "next", '<a>; rel="next', '<a>; x "y"; rel=next', "<a>; rel=next, b"]
LONG = [
    "<" * 10**6,
    "<a>; rel=" + " " * 10**6,
    '<a>; t="' + "\\a" * 10**6,
    "<a>" + ";=" * 10**5,
    '<a>;rel="' + " " * 10**6,
]


@pytest.mark.parametrize("header", LINKS)
def test_a_next_link_is_read_in_every_form(header: str) -> None:
    assert next_link(HERE, header) == LINKS[header]


@pytest.mark.parametrize("header", NO_LINKS)
def test_what_only_looks_like_a_next_link_is_none(header: str) -> None:
    assert next_link(HERE, header) is None


@pytest.mark.parametrize("header", UNREADABLE)
def test_a_header_that_is_no_link_is_told(header: str) -> None:
    with pytest.raises(ValueError, match="not"):
        next_link(HERE, header)


@pytest.mark.parametrize("header", LONG, ids=lambda header: header[:10])
def test_no_header_takes_long_to_read(header: str) -> None:
    began = time.process_time()
    with contextlib.suppress(ValueError):
        next_link(HERE, header)
    assert time.process_time() - began < 2
