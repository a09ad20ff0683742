"""P5: any request ends in time, however slowly a peer speaks; a program that is told to end does so within 5 s.

In `make soak` the deadline is the program's own of 60 s; else a short one.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawler.errors import CrawlError
from crawler.hub import Hub, Patience
from store.database import writing
from tests.jobs.program import Program, RunningHub, many_rows, opened_hub
from tests.reliability.conftest import Tried
from tests.reliability.soak import SOAK, scaled

DEADLINE = 60.0 if SOAK else 0.5
LATE = 2.0  # seconds; the machine may be busy
INTERVAL = 0.5 if SOAK else 0.05
TERMINATIONS = scaled(1, 5)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PEERS: dict[str, tuple[bytes, bytes]] = {
    "says nothing": (b"", b""),
    "a status line byte by byte": (b"HTTP/1.1 2", b"0"),
    "headers without end": (OK, b"X-More: 1\r\n"),
    "one header byte by byte": (OK + b"X-Long: ", b"a"),
    "100 without end": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body byte by byte": (OK + b"Content-Length: 100000\r\n\r\n[", b" "),
    "a body without a length": (OK + b"\r\n[", b" "),
    "chunks of a byte": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the size of a chunk byte by byte": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "compressed, byte by byte": (OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\0"),
    "a refusal byte by byte": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "a redirect byte by byte": (b"HTTP/1.1 307 Moved\r\nLocation: /api/models\r\nContent-Length: 9999\r\n\r\n", b"x"),
}


@contextmanager
def peer(head: bytes, drop: bytes) -> Iterator[str]:
    """A listener that answers each connection with `head`, then drop after drop."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        threads = [threading.Thread(target=_accept, args=(listener, head, drop, ended))]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            threads[0].join()


def _accept(listener: socket.socket, head: bytes, drop: bytes, ended: threading.Event) -> None:
    talks: list[threading.Thread] = []
    while not ended.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        talks.append(threading.Thread(target=_talk, args=(connection, head, drop, ended)))
        talks[-1].start()
    for talk in talks:
        talk.join()


def _talk(connection: socket.socket, head: bytes, drop: bytes, ended: threading.Event) -> None:
    with connection:
        connection.settimeout(5)
        try:
            connection.recv(65536)
            connection.sendall(head)
            while not ended.wait(INTERVAL):
                connection.sendall(drop)
        except OSError:
            return


@dataclass(frozen=True)
class Ended:
    """How a request ended, and after how many seconds."""

    took: float
    error: CrawlError | None


def asked(speaks: str) -> Ended:
    patience = Patience(tries=1, tries_of_the_first=1, hops=0)
    with peer(*PEERS[speaks]) as url, Hub(url, deadline=DEADLINE, sleep=bool, patience=patience) as hub:
        began = time.monotonic()
        try:
            hub.get(hub.list_url([("limit", "1")]))
        except CrawlError as problem:
            return Ended(time.monotonic() - began, problem)
        return Ended(time.monotonic() - began, None)


@pytest.fixture(scope="module")
def ended() -> dict[str, Ended]:
    """Each peer asked once, all at the same time: one after the other they would take a minute each."""
    with ThreadPoolExecutor(len(PEERS)) as threads:
        return dict(zip(PEERS, threads.map(asked, PEERS), strict=True))


@pytest.mark.parametrize("speaks", PEERS)
def test_a_request_ends_in_time(ended: dict[str, Ended], speaks: str, tried: Tried) -> None:
    assert ended[speaks].error is not None
    assert ended[speaks].took <= DEADLINE + LATE
    tried(f"a peer that speaks slowly: {speaks}", 1, f"ended after {ended[speaks].took:.1f} s of {DEADLINE:g}")


def _await_requests(hub: RunningHub, requests: int) -> None:
    end = time.monotonic() + 30
    while hub.replica.requests < requests:
        assert time.monotonic() < end, "the crawl stands still"
        os.sched_yield()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them."""
    path = tmp_path_factory.mktemp("migrated") / "modelroots.db"
    with writing(path):
        pass
    return path


@pytest.mark.parametrize(
    ("state", "options"),
    [
        ("while an answer drips", {"faults": "drip@2"}),
        ("while it waits for the quota", {"quota": "2/300"}),
        ("between two tries", {"faults": "503@1.0"}),
    ][: scaled(1, 3)],
)
def test_a_program_that_is_told_to_end_does_so(
    state: str, options: dict[str, str], tmp_path_factory: pytest.TempPathFactory, migrated: Path, tried: Tried
) -> None:
    took, codes = [], []
    for _ in range(TERMINATIONS):
        program = Program(tmp_path_factory.mktemp("told"))
        shutil.copy(migrated, program.database)
        opened = opened_hub(many_rows(1500), **options)
        with opened as hub, program.started("crawl", "sweep", "--endpoint", hub.url) as process:
            _await_requests(hub, 1 if "quota" in options else 2)
            began = time.monotonic()
            process.terminate()
            process.communicate(timeout=60)
            took.append(time.monotonic() - began)
            codes.append(process.returncode)
        with opened_hub(many_rows(1500)) as hub:
            program.succeeds("crawl", "sweep", "--endpoint", hub.url)
        assert program.query("SELECT count(*) FROM model") == [(1500,)]
    assert set(codes) == {130}
    assert max(took) < 5
    tried(f"SIGTERM {state}", TERMINATIONS, f"exit 130 within {max(took):.1f} s; the next run had all")
