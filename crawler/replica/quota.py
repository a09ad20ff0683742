"""The request limit: fixed windows, told in every answer. Who answers 429 is decided in `server`."""

from __future__ import annotations

import math
from collections.abc import Callable


class Quota:
    """`size` requests in each window of `window` seconds; a window opens with its first request.

    `take` counts one request, whatever its answer will be; `headers` tells what is left, `most_used` how many
    requests there were in the busiest window so far.
    """

    def __init__(self, size: int, window: int, clock: Callable[[], float]) -> None:
        self.size, self.window = size, window
        self._clock = clock
        self._opened = -math.inf
        self._used = 0
        self.most_used = 0

    def take(self) -> bool:
        """False where the window's requests were already used up."""
        now = self._clock()
        if not 0 <= now - self._opened < self.window:
            self._opened, self._used = now, 0
        self._used += 1
        self.most_used = max(self.most_used, self._used)
        return self._used <= self.size

    def headers(self) -> dict[str, str]:
        left = max(self.size - self._used, 0)
        reset = max(math.ceil(self._opened + self.window - self._clock()), 0)
        return {
            "RateLimit": f'"api";r={left};t={reset}',
            "RateLimit-Policy": f'"fixed window";"api";q={self.size};w={self.window}',
        }


def parse_quota(text: str, clock: Callable[[], float]) -> Quota:
    """`500/300` -> 500 requests in 300 seconds. Raises `ValueError` for anything else."""
    size, _, window = text.partition("/")
    if not (size.isdecimal() and window.isdecimal() and int(window) > 0):
        raise ValueError(f"A quota is written REQUESTS/SECONDS, for instance 500/300; this is {text!r}.")
    return Quota(int(size), int(window), clock)
