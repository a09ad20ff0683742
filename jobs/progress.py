"""What a crawl says on stderr while it runs: how far it is, what is left, how long that takes.

On a terminal one line that is rewritten; elsewhere (cron, a log) a plain line now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from store.writer import Tally

EVERY_SECONDS = 15.0
"""How often a plain line is written where there is no terminal."""


class Progress:
    """Counts pages and models of one crawl; `expected` is how many models it will list, where that is known."""

    def __init__(
        self,
        kind: str,
        *,
        expected: int | None,
        done: int = 0,
        screen: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen or sys.stderr
        self._kind, self._expected = kind, expected
        self._before = self._models = done
        self._pages = 0
        self._clock = clock
        self._began = self._last = clock()
        self._live = self._screen.isatty()

    def advance(self, tally: Tally, requests_left: int | None) -> None:
        """After each stored page."""
        self._pages += 1
        self._models += tally.fetched
        if self._live or self._clock() - self._last >= EVERY_SECONDS:
            self._last = self._clock()
            self._show(self.line(requests_left))

    def waiting(self, seconds: float, reason: str) -> None:
        """Before a wait that the Hub asked for, or a second try; 0 seconds where it is only to be told."""
        self._show(
            f"{self._kind}: waiting {seconds:,.0f} s: {reason}" if seconds else f"{self._kind}: {reason}", keep=True
        )

    def close(self) -> None:
        """Leaves the last line standing."""
        if self._live and self._pages:
            self._screen.write("\n")

    def line(self, requests_left: int | None) -> str:
        """`sweep: 12 pages, 12,000 of about 3,250,000 models, 1,900/s, 28 min to go, 488 requests left`."""
        elapsed = max(self._clock() - self._began, 1e-9)
        rate = (self._models - self._before) / elapsed
        parts = [f"{self._kind}: {self._pages:,} pages", self._amount(), f"{rate:,.0f}/s"]
        if self._expected and rate:
            parts.append(f"{_duration(max(self._expected - self._models, 0) / rate)} to go")
        if requests_left is not None:
            parts.append(f"{requests_left:,} requests left in this window")
        return ", ".join(parts)

    def _amount(self) -> str:
        of = f" of about {self._expected:,}" if self._expected else ""
        return f"{self._models:,}{of} models"

    def _show(self, text: str, *, keep: bool = False) -> None:
        if self._live:
            self._screen.write(f"\r\x1b[2K{text}" + ("\n" if keep else ""))
        else:
            self._screen.write(text + "\n")
        self._screen.flush()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def say(text: str) -> None:
    """One line for a person, on stderr: stdout is for data."""
    print(text, file=sys.stderr, flush=True)
