"""A clock on one HTTP exchange that shuts its socket when time is up. It knows neither Hub nor token.

A socket timeout counts the silence between two bytes; a peer that sends one byte a second never meets it.
So a timer thread watches each exchange, and connections tell it which socket they have just asked on.
"""

from __future__ import annotations

import socket
import threading
from contextvars import ContextVar
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse


class Watchdog:
    """Shuts the socket of one exchange when its time is up, so that no read on it can last."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.fire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        self._before = _ON_GUARD.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _ON_GUARD.reset(self._before)

    def hold(self, connected: socket.socket | None) -> None:
        """The socket to watch, from the moment the question is out."""
        with self._lock:
            self._socket = connected
            if self.fired:
                self._shut()

    def fire(self) -> None:
        with self._lock:
            self.fired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._socket = None  # it is closed already


_ON_GUARD: ContextVar[Watchdog] = ContextVar("watchdog")


def _guarded(connection: HTTPConnection) -> None:
    if watchdog := _ON_GUARD.get(None):
        watchdog.hold(connection.sock)


class _PlainConnection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
        _guarded(self)
        return super().getresponse()


class _TlsConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's own
        _guarded(self)
        return super().getresponse()


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class WatchedAdapter(HTTPAdapter):
    """The usual adapter, with connections that show their socket to the watchdog."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 - the library's signature
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        return manager
