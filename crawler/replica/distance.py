"""A client that is far away from its Hub: each exchange takes a round trip of a clock that only waiting moves."""

from __future__ import annotations

from typing import Any

from crawler.hub import Hub
from crawler.replica.clock import Clock
from crawler.transport import Reply, Transport


class FarHub(Hub):
    """A client of the Hub at this address, `round_trip` seconds of the clock away."""

    def __init__(self, endpoint: str, *, clock: Clock, round_trip: float, **more: Any) -> None:
        self._shared, self._round_trip = clock, round_trip
        super().__init__(endpoint, clock=clock.read, sleep=clock.wait, **more)

    def _connected(self) -> Transport:
        return _Far(super()._connected(), self._shared, self._round_trip)


class _Far(Transport):
    """Another one's exchanges, with the time that they would take."""

    def __init__(self, near: Transport, clock: Clock, round_trip: float) -> None:
        self._near, self._shared, self._round_trip = near, clock, round_trip

    def get(self, url: str) -> Reply:
        with self._shared.at_work():
            reply = self._near.get(url)
        self._shared.wait(self._round_trip)
        return reply

    def close(self) -> None:
        self._near.close()
