"""When the next question may go out: one pace for all who ask the same Hub at once. It waits for nobody by itself.

A quota is shared: what is out and not yet answered counts against what the last answer said is left, so that no
number of threads can overdraw it. What one answer asks for (nine tenths used, 429, `Retry-After`) holds them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from crawler.limits import Quota, has_room, wait_before_next

_NEVER = float("-inf")
USED_UP = "nine tenths of the quota are used"


class Pace:
    """The last quota told, and the moment before which nothing is asked. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.quota: Quota | None = None
        self._clock = clock
        self._changed = threading.Condition()
        self._out = 0  # questions that have no answer yet
        self._answers = 0
        self._resets_at = _NEVER
        self._ready_at, self._why = _NEVER, ""
        self._refused = False

    @contextmanager
    def turn(self, pause: Callable[[float, str], None]) -> Iterator[int]:
        """The time of one exchange, begun when it may begin; gives what `note` wants to know of it.

        `pause(seconds, why)` is called for each wait; of several threads that wait for one thing, one is told why.
        """
        while (found := self._hold_or_go()) is not None:
            until, seconds, why = found
            pause(seconds, why)
            self._end_hold(until)
        began = self._answers
        try:
            yield began
        finally:
            with self._changed:
                self._out -= 1
                self._changed.notify_all()

    def note(self, began: int, quota: Quota | None, *, wait: float = 0.0, why: str = "", refused: bool = False) -> None:
        """An answer that has come, within its turn: the quota it told, and a wait of seconds that it asks of all.

        After one that was `refused` (429) a single question goes out, and the others wait for its answer.
        """
        with self._changed:
            self._refused = refused
            if self._is_news(began, quota, refused=refused):
                self._hold(wait_before_next(self.quota), USED_UP)
            self._hold(wait, why)
            self._answers += 1

    def _is_news(self, began: int, quota: Quota | None, *, refused: bool) -> bool:
        """Takes over what an answer told; false where nothing, or where it is of a window that is over.

        Of two answers whose questions were out at once either may be the older: the lower count holds.
        """
        if quota is None:
            return False
        of_another = quota.remaining > quota.limit or (refused and quota.remaining > 0)
        if self.quota and of_another and self._clock() < self._resets_at:
            # More than a window has, or refused though some are left: another limit is told (WIRE). What was asked
            # counts against ours all the same.
            left = min(max(self.quota.remaining - 1, 0), quota.remaining)
            self.quota = replace(self.quota, remaining=left, reset_in=self._resets_at - self._clock())
            return True
        resets_at = self._clock() + quota.reset_in
        later = resets_at - self._resets_at
        if self.quota and began != self._answers and later < quota.window / 2:
            if later < -quota.window / 2:
                return False
            quota = replace(quota, remaining=min(quota.remaining, self.quota.remaining))
        self.quota, self._resets_at = quota, resets_at
        return True

    def _hold(self, seconds: float, why: str) -> None:
        ready_at = self._clock() + seconds
        if seconds > 0 and ready_at >= self._ready_at:
            self._ready_at, self._why = ready_at, why

    def _hold_or_go(self) -> tuple[float, float, str] | None:
        """The hold to wait for: its end, the seconds until then, and why, for the first who asks. None: it is time."""
        with self._changed:
            while True:
                seconds = self._ready_at - self._clock()
                if seconds > 0:
                    why, self._why = self._why, ""
                    return self._ready_at, seconds, why
                if not self._out or self._may_join():
                    self._out += 1
                    return None
                self._changed.wait()

    def _may_join(self) -> bool:
        """Whether one more may go out beside those that are."""
        return not self._refused and (self.quota is None or has_room(self.quota, self._out))

    def _end_hold(self, until: float) -> None:
        """A hold that was waited for is over, whatever the clock says: a wait can end a moment early."""
        with self._changed:
            if self._ready_at <= until:
                self._ready_at = _NEVER
