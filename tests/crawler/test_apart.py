"""Pages from another process: the same pages, the same errors, and nothing of it left behind."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler import apart as apart_module
from crawler.apart import PAGES_WAITING, apart
from crawler.errors import CrawlError, ForeignLink, HubError, Malformed, NotFound, QuotaExceeded, Unreachable
from crawler.hub import Hub
from crawler.parse import read_rest
from crawler.records import Models, Page, Unread
from crawler.replica.generate import generate
from crawler.replica.server import Replica, running
from crawler.sweep import sweep


def swept(url: str, on_wait: Callable[[float, str], object] = print) -> Generator[Page]:
    return apart(sweep, partial(Hub, url, sleep=bool), on_wait=on_wait)


@pytest.fixture(autouse=True)
def _leaves_nothing_behind() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    assert gc.get_threshold() == usual
    assert multiprocessing.active_children() == []


def test_the_pages_are_those_that_the_hub_gives_here() -> None:
    with running(Replica(generate(2500, 1), quota=None, faults="503@2, cut@4")) as url, Hub(url, sleep=bool) as hub:
        waits: list[str] = []
        there = list(swept(url, on_wait=lambda _, why: waits.append(why)))
        here = list(sweep(hub))
    assert [page.records for page in there] == [page.records for page in here]
    assert [page.next_url for page in there] == [page.next_url for page in here]
    assert [page.requests for page in there] == [1, 2, 2]
    assert len(waits) == 2
    assert "503" in waits[0]


def test_what_is_left_of_the_quota_comes_with_each_page() -> None:
    with running(Replica(generate(2500, 1), quota="500/300")) as url:
        assert [page.requests_left for page in swept(url)] == [499, 498, 497]


def refuse(_: Hub, problem: CrawlError) -> Generator[Page]:
    yield Page(Models(), (), None, 1)
    raise problem


@pytest.mark.parametrize(
    "problem",
    [
        CrawlError("plain"),
        Malformed("odd", retryable=True),
        ForeignLink("far"),
        NotFound("none", url="http://h/x", status=410),
        QuotaExceeded("busy", url="http://h/x", wait=4.5),
        Unreachable("nobody", url="http://h/x"),
    ],
)
def test_an_error_is_raised_here_as_it_was_there(problem: CrawlError) -> None:
    sent = vars(problem) | {"is": type(problem), "says": str(problem)}
    pages = apart(partial(refuse_with, problem=sent), UNASKED, on_wait=print)
    next(pages)
    with pytest.raises(type(problem)) as raised:
        next(pages)
    assert type(raised.value) is type(problem)
    assert (str(raised.value), vars(raised.value)) == (str(problem), vars(problem))


def refuse_with(hub: Hub, problem: dict[str, object]) -> Generator[Page]:
    """Raises an error of this class, text and fields: exceptions with named arguments cannot be sent whole."""
    kind = problem.pop("is")
    assert isinstance(kind, type)
    assert issubclass(kind, CrawlError)
    made = kind.__new__(kind, problem.pop("says"))
    vars(made).update(problem)
    return refuse(hub, made)


UNASKED = partial(Hub, "http://127.0.0.1:9")


def made_one_by_one(_: None, place: Path) -> Generator[Page]:
    for number in range(12):
        (place / str(number)).touch()
        yield Page(Models(), (), None, number)


def test_few_pages_are_made_beyond_the_one_worked_on(tmp_path: Path) -> None:
    """However small they are beside a pipe: they would be asked for again after a kill."""
    ahead = []
    for page in apart(partial(made_one_by_one, place=tmp_path), of_nothing, on_wait=print):
        time.sleep(0.1)  # the other process goes as far ahead meanwhile as it may
        ahead.append(len(list(tmp_path.iterdir())) - 1 - page.requests)
    assert len(ahead) == 12
    assert max(ahead) == 2 + PAGES_WAITING


def of_nothing(**_: object) -> AbstractContextManager[None]:
    return nullcontext()


class Asked:
    """A semaphore of one who has taken so many pages by the time that each is made."""

    def __init__(self, taken: Sequence[int]) -> None:
        self._new = [after - before for before, after in pairwise([0, *taken])]
        self._left = self._new.pop(0)

    def acquire(self, *, block: bool = True) -> bool:
        if block or self._left > 0:
            self._left -= 1
            return True
        self._left += self._new.pop(0) if self._new else 0
        return False


class Told:
    def __init__(self) -> None:
        self.pages: list[Page] = []

    def send_bytes(self, what: bytes) -> None:
        if isinstance(page := apart_module._decode(what), Page):
            self.pages.append(page)


@pytest.mark.parametrize(
    ("taken", "unread"),
    [([0, 1, 2, 3], [True] * 4), ([1, 2, 3, 4], [True] * 4), ([0, 0, 1, 2], [True, False, False, False])],
    ids=["just ahead", "waiting", "behind"],
)
def test_rows_are_read_where_there_is_time(
    monkeypatch: pytest.MonkeyPatch, taken: Sequence[int], unread: Sequence[bool]
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)  # of a process of its own, too
    row = b'{"_id":"%024x","id":"a/b"}' % 1
    pages = [Page(Models(), (), None, 1, unread=Unread([row], [number])) for number in range(4)]
    told = Told()
    # Stand-ins for a pipe and a semaphore: of those of two processes no test could say who is ahead.
    apart_module._fetch(told, Asked(taken), lambda _: pages, of_nothing)  # type: ignore[arg-type]
    assert [bool(page.unread.texts) for page in told.pages] == unread
    assert [read_rest(page).models.repo_ids for page in told.pages] == [["a/b"]] * 4


def test_nobody_there_is_told_as_such() -> None:
    with pytest.raises(HubError):
        next(swept("http://127.0.0.1:9"))


def die(_: Hub) -> Generator[Page]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield Page(Models(), (), None, 1)


def test_a_fetcher_that_is_killed_ends_the_crawl_with_an_error_of_it() -> None:
    with pytest.raises(CrawlError, match="has ended"):
        next(apart(die, UNASKED, on_wait=print))


def test_an_interruption_ends_a_long_wait_at_once(httpserver: HTTPServer) -> None:
    asked = serve_a_long_wait(httpserver)

    def interrupt(seconds: float, _: str) -> None:
        assert round(seconds) == 251
        raise KeyboardInterrupt

    pages = apart(sweep, partial(Hub, httpserver.url_for("")), on_wait=interrupt)
    next(pages)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(pages)
    assert time.monotonic() - began < 5
    assert len(asked) == 1


def test_closing_ends_the_process(httpserver: HTTPServer) -> None:
    asked = serve_a_long_wait(httpserver)
    pages = swept(httpserver.url_for(""))
    next(pages)
    pages.close()
    assert len(asked) <= 2


def serve_a_long_wait(httpserver: HTTPServer) -> list[Request]:
    """A first page whose quota is used up for 250 s; every request is noted."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        page = Response(json.dumps([{"_id": "1" * 24, "id": "a/m"}]), headers={"RateLimit": '"api";r=1;t=250'})
        page.headers["Link"] = f'</api/models?cursor={len(asked)}>; rel="next"'
        return page

    httpserver.expect_request("/api/models").respond_with_handler(answer)
    return asked


ORPHAN = """
import os, signal, sys
from functools import partial
from multiprocessing import active_children
from crawler.apart import PAGES_WAITING, apart
from crawler.hub import Hub
from crawler.sweep import sweep
pages = apart(sweep, partial(Hub, sys.argv[1]), on_wait=print)
next(pages)
print(active_children()[0].pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_fetcher_ends_with_a_consumer_that_is_killed(httpserver: HTTPServer) -> None:
    serve_a_long_wait(httpserver)
    told = subprocess.run(
        [sys.executable, "-c", ORPHAN, httpserver.url_for("")], stdout=subprocess.PIPE, timeout=30, check=False
    )
    assert told.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(told.stdout)).wait(10)  # TimeoutExpired fails the test
