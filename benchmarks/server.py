"""Serves a folder of built pages over loopback as a Hub's listing: `python -m benchmarks.server FOLDER`.

As little as a client needs: keep-alive, one question at a time on a connection, the next page's number as its cursor.
A cursor that is no number is refused, as a Hub refuses what it did not write.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil

from benchmarks.pages import page_path
from crawler.replica.orders import CREATED

QUOTA = 1_000_000
_ALWAYS = (
    "Content-Type: application/json; charset=utf-8\r\n"
    f'RateLimit: "api";r={QUOTA - 1};t=300\r\n'
    f'RateLimit-Policy: "fixed window";"api";q={QUOTA};w=300\r\n'
)


class Answers:
    """A question's head -> the head and the body of its answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages = {
            listing.name: sum(1 for _ in listing.iterdir()) for listing in folder.iterdir() if listing.is_dir()
        }

    def answer(self, question: str) -> tuple[bytes, bytes]:
        request, *headers = question.split("\r\n")
        target = request.split(" ")[1]
        asked = urlsplit(target)
        query = parse_qs(asked.query)
        cursor = query.get("cursor", ["0"])[0]
        if asked.path != "/api/models":
            return _head("404 Not Found", 0), b""
        if not cursor.isdecimal():
            return _head("400 Bad Request", 0), b""
        listing = query.get("sort", [CREATED])[0]
        listing = listing if listing in self._pages else CREATED
        body = self._body(listing, int(cursor))
        is_last = int(cursor) + 1 >= self._pages[listing]
        link = "" if is_last else f'Link: <{_next(target, headers, int(cursor) + 1)}>; rel="next"\r\n'
        return _head("200 OK", len(body), link), body

    def _body(self, listing: str, number: int) -> bytes:
        return page_path(self._folder, listing, number).read_bytes() if number < self._pages[listing] else b"[]"


def _next(target: str, headers: list[str], cursor: int) -> str:
    """The same question at the host that the client named, with the next cursor."""
    host = next(line[5:].strip() for line in headers if line[:5].lower() == "host:")
    path, _, query = target.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith("cursor=")]
    return f"http://{host}{path}?{'&'.join([*kept, f'cursor={cursor}'])}"


def _head(status: str, length: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{_ALWAYS}{more}Content-Length: {length}\r\n\r\n".encode()


class _Connection(asyncio.Protocol):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # it listens on a socket
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            question, _, self._read = self._read.partition(b"\r\n\r\n")
            for part in self._answers.answer(question.decode("latin-1")):
                self._transport.write(part)


async def _serve(folder: Path) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    answers = Answers(folder)
    server = await loop.create_server(lambda: _Connection(answers), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.close()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The server as a process: its address, and the process, so that its own CPU time can be told."""
    command = [sys.executable, "-m", "benchmarks.server", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None  # noqa: S101  # it was asked for
        try:
            yield process.stdout.readline().strip(), psutil.Process(process.pid)
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
