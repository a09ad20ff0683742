"""P6: a decoded body stops at 64 MiB, however small it is on the way, and takes no more memory than that."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import zlib
from functools import cache

import pytest
from pytest_httpserver import HTTPServer

from crawler.errors import CrawlError, Malformed
from crawler.hub import Hub
from crawler.transport import LARGEST_BODY
from tests.jobs.program import clean_environment
from tests.reliability.conftest import Tried
from tests.reliability.memory import where_it_is_told

ASKS = """
import sys
from crawler.hub import Hub
from crawler.errors import CrawlError
from tests.reliability.memory import peak
before = peak()
try:
    Hub(sys.argv[1], sleep=bool).get(sys.argv[1] + "/api/models")
except CrawlError as problem:
    print(type(problem).__name__)
print(peak() - before)
"""
SIZE = LARGEST_BODY + LARGEST_BODY // 4
MOST_MEMORY = 3 * LARGEST_BODY  # the pieces, and the whole of them


BOMBS = {"gzip": "gzip", "deflate": "deflate", "gzip in gzip": "gzip, gzip", "many members": "gzip"}


@cache
def made(kind: str) -> bytes:
    if kind == "many members":
        return gzip.compress(b" " * (1 << 20), 1) * (SIZE >> 20)
    if kind == "deflate":
        return zlib.compress(b" " * SIZE, 1)
    return gzip.compress(made("gzip")) if kind == "gzip in gzip" else gzip.compress(b" " * SIZE, 1)


@pytest.fixture
def bomb(httpserver: HTTPServer, request: pytest.FixtureRequest) -> str:
    kind, status = request.param
    headers = {"Content-Encoding": BOMBS[kind], "Content-Type": "application/json"}
    httpserver.expect_request(re.compile("/.*")).respond_with_data(made(kind), status, headers)
    return httpserver.url_for("").rstrip("/")


@pytest.mark.parametrize("bomb", [(kind, 200) for kind in BOMBS], indirect=True, ids=list(BOMBS))
def test_a_body_that_grows_stops_at_the_cap(bomb: str) -> None:
    with Hub(bomb, sleep=bool) as hub, pytest.raises(Malformed, match="larger than 64 MiB"):
        hub.get(f"{bomb}/api/models")


@pytest.mark.parametrize("bomb", [("gzip", 500), ("gzip", 404), ("gzip in gzip", 500)], indirect=True, ids=str)
def test_an_error_page_that_grows_is_an_error_as_any(bomb: str) -> None:
    with Hub(bomb, sleep=bool) as hub, pytest.raises(CrawlError, match=r"answered (500|404)"):
        hub.get(f"{bomb}/api/models")


@where_it_is_told
@pytest.mark.parametrize("bomb", [("gzip", 200), ("gzip in gzip", 200), ("gzip", 500)], indirect=True, ids=str)
def test_a_body_that_grows_takes_no_more_memory_than_the_cap(bomb: str, tried: Tried) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ASKS, bomb], capture_output=True, text=True, check=True, env=clean_environment()
    )
    kind, taken = ran.stdout.split()
    assert kind in ("Malformed", "ServerFault")
    assert int(taken) < MOST_MEMORY
    tried(f"a body that unpacks to {SIZE >> 20} MiB", 1, f"{kind}, with {int(taken) >> 20} MiB of memory")
