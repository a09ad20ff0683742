"""Answers that do not arrive whole: cut, dripping, dropped, reset, refused. What they would say is made elsewhere."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "crawler.replica.transport"
"""Where `server` puts a connection's transport in the scope: closing it hard is beyond what ASGI can say."""

DOOR = "crawler.replica.door"
"""Where `server` puts what closes its port for a while: `(seconds) -> None`."""

DRIP_SECONDS = 1.0
REFUSED_SECONDS = 0.3


class Cut(Response):
    """Declares its whole length, sends half of it and closes."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        # Returning without the rest makes the server close the connection.


class CutUnsaid(Cut):
    """Sends half without having said how much it will be, and ends like an answer that is whole."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer)
        del self.headers["Content-Length"]
        self.headers["Connection"] = "close"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body[: len(self.body) // 2])})


class Dropped(Cut):
    """Declares its whole length, sends half of it, and the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _reset(scope, receive)


class Drip(Cut):
    """Sends a byte a second, until all is sent or the client has had enough."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.create_task(_disconnected(receive))
        try:
            for byte in bytes(self.body):
                await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
                await asyncio.wait([gone], timeout=DRIP_SECONDS)
                if gone.done():
                    return
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


class Reset(Response):
    """Answers nothing: the connection is reset."""

    def __init__(self) -> None:
        super().__init__(status_code=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await _reset(scope, receive)


class Refused(Reset):
    """The connection is reset, and for a moment none is taken."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        close: Callable[[float], None] = scope["extensions"][DOOR]
        close(REFUSED_SECONDS)
        await super().__call__(scope, receive, send)


async def _reset(scope: Scope, receive: Receive) -> None:
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    connection = transport.get_extra_info("socket")
    with suppress(OSError):  # no lingering: the client sees a reset rather than an end
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
