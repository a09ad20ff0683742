"""A clock for a Hub and its clients in one process, which only waiting moves: hours of it are over in seconds.

For clients of several threads: it goes on to the end of the next wait when all that is under way is waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

STILL = 0.001
"""Real seconds without a word from anybody after which all are taken to wait. What a thread does between two words
(a page put in its place, the next one chosen) is shorter; one that the machine held up longer finds the clock a little
further on than it should be, never behind."""


class Clock:
    """Seconds since it was made. `read` and `wait` are a client's `clock` and `sleep`."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._changed = threading.Condition()
        self._ends: list[float] = []
        self._waited: set[int] = set()  # threads that ever did
        self._at_work = 0
        self._words = 0

    def read(self) -> float:
        with self._changed:
            self._words += 1
            return self._seconds

    def wait(self, seconds: float) -> None:
        """Returns when so many seconds have passed."""
        with self._changed:
            self._words += 1
            until = self._seconds + seconds
            self._ends.append(until)
            self._waited.add(threading.get_ident())
            while self._seconds < until:
                words = self._words
                if len(self._waited) > 1 or self._at_work:
                    self._changed.wait(STILL)
                if words == self._words and not self._at_work and until == min(self._ends):
                    self._seconds = until
                    self._changed.notify_all()
            self._ends.remove(until)
            self._words += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While somebody is in here, who does not wait, no time passes."""
        with self._changed:
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._words += 1
