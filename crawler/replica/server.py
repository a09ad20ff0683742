"""The replica as a server: counts, limits and spoils what `api` answers, and runs on a real socket."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from crawler.replica.api import answer
from crawler.replica.broken import DOOR, TRANSPORT
from crawler.replica.catalogue import Catalogue
from crawler.replica.changing import Changes
from crawler.replica.faults import Faults
from crawler.replica.quota import Quota, parse_quota

LOOPBACK = "127.0.0.1"


class Replica:
    """A Hub's listing API over a catalogue, as an ASGI application.

    `quota` is `REQUESTS/SECONDS`, None for a Hub without limits (and without their headers). `faults` is
    written as `crawler.replica.faults` says, `changes` (of the rows, before requests) as `crawler.replica.changing`.
    `token` is the one bearer token that is accepted, None accepts
    any; `require_token` refuses anonymous listings. `catalogue` can be replaced while it runs. `requests`
    counts every request; `log`, kept if `keep_log`, holds (method, path with query, status), the status 0
    where the connection was reset. `most_used` is how many requests the busiest window of the quota has seen.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a Hub may be like
        self,
        catalogue: Catalogue,
        *,
        quota: str | None = "500/300",
        faults: str = "",
        changes: str = "",
        token: str | None = None,
        require_token: bool = False,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        keep_log: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.requests = 0
        self.log: list[tuple[str, str, int]] = []
        self._quota: Quota | None = parse_quota(quota, clock) if quota else None
        self._faults = Faults(faults, seed)
        self._changes = Changes(changes, seed)
        self._token = token
        self._require_token = require_token
        self._keep_log = keep_log

    @property
    def most_used(self) -> int:
        return self._quota.most_used if self._quota else 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        response = self._answer(request)
        if self._keep_log:
            query = f"?{request.url.query}" if request.url.query else ""
            self.log.append((request.method, f"{request.url.path}{query}", response.status_code))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        self.requests += 1
        self.catalogue = self._changes.before(self.requests, self.catalogue)
        within = self._quota.take() if self._quota else True
        fault = self._faults.meets(self.requests)
        if not within:
            response = Response("Too many requests: the limit of this window is used up.", 429, None, "text/plain")
        else:
            response = self.willing_answer(request)
            response = fault(request, response) if fault else response
        for name, value in self._headers().items():
            response.headers.setdefault(name, value)
        return response

    def willing_answer(self, request: Request) -> Response:
        """The answer where neither limits nor faults are in its way."""
        return answer(self.catalogue, request, self._token, require_token=self._require_token)

    def _headers(self) -> dict[str, str]:
        limits = self._quota.headers() if self._quota else {}
        return {**limits, "X-Request-Id": f"Root=1-replica-{self.requests}"}


class _Config(uvicorn.Config):
    """With what the connections hand to the application, to close the port for so many seconds."""

    close_door: Callable[[float], None] | None = None


class _Connection(H11Protocol):
    """Uvicorn's own, which also lets the application reach its transport and the port."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        served = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = scope.setdefault("extensions", {})
            extensions[TRANSPORT] = self.transport
            extensions[DOOR] = getattr(self.config, "close_door", None)
            await served(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """Ends quietly on SIGINT and SIGTERM, where uvicorn's would raise the signal again, and soon."""

    _closed_for = 0.0
    _places: list[tuple[str, int]]

    async def main_loop(self) -> None:
        """Uvicorn's own looks ten times a second whether to end; hundreds of tests would wait for that."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 864_000
            if self._closed_for:
                await asyncio.sleep(self._closed_for)
                self._closed_for = 0.0
                await self.startup(sockets=[_listen(*place) for place in self._places])
            await asyncio.sleep(0.01)

    def close_door(self, seconds: float) -> None:
        """Takes no connection for a while, then again at the same port.

        One that was taken just now has not reached its server yet, which could not be closed without losing it.
        """
        loop = asyncio.get_running_loop()
        listening = [one for server in self.servers for one in server.sockets]
        self._closed_for = seconds
        self._places = [one.getsockname()[:2] for one in listening]
        for one in listening:
            loop.remove_reader(one.fileno())
        for server in self.servers:
            loop.call_soon(server.close)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(
    replica: Replica,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Runs until SIGINT or SIGTERM; port 0 is any free one.

    `ready` is called with the URL once connections are taken. Raises `OSError` where the port is taken.
    """
    listening = _listen(host, port)
    if ready:
        ready(_url(listening))
    asyncio.run(_server(replica).serve([listening]))


@contextmanager
def running(replica: Replica, *, port: int = 0) -> Iterator[str]:
    """The replica in a thread of its own: yields its URL, and has ended when the block has."""
    listening = _listen(LOOPBACK, port)
    server = _server(replica)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), name="replica")
    thread.start()
    try:
        yield _url(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=128)
    # Accepted sockets inherit it. Without it head and body of a small answer lie 40 ms apart.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(replica: Replica) -> _Server:
    config = _Config(
        replica,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",  # an answer cut to order is an error in uvicorn's eyes
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    config.close_door = server.close_door
    return server
