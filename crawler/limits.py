"""Rate-limit headers read, and what they mean in seconds of waiting. Pure: it neither waits nor asks.

`huggingface_hub` has a reader for these headers too, but importing it costs 0.3 s and it is less tolerant;
a missing, huge, negative or unreadable value must never end a crawl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

DEFAULT_WINDOW = 300.0  # seconds; WIRE: "fixed windows of 300 s"
DEFAULT_LIMIT = 500  # requests a window; WIRE: what an anonymous address gets
LONGEST_WINDOW = 3600.0  # a longer one is taken for garbage
SPARED = 0.1  # promise P4: the last tenth of a window is never used

_NUMBER = r"(-?[0-9]{1,12})(?![0-9])"


@dataclass(frozen=True)
class Quota:
    """What one answer said: requests a window and left in it, seconds to the reset and seconds a window."""

    limit: int
    remaining: int
    reset_in: float
    window: float


def read_quota(headers: Mapping[str, str]) -> Quota | None:
    """The `api` bucket as `RateLimit` and `RateLimit-Policy` tell it; None where no count is given."""
    lowered = {name.lower(): value for name, value in headers.items()}
    state, policy = _bucket(lowered.get("ratelimit", "")), _bucket(lowered.get("ratelimit-policy", ""))
    remaining = _parameter(state, "r")
    if remaining is None:
        return None
    limit, window = _parameter(policy, "q"), _parameter(policy, "w")
    seconds = float(window) if window and 0 < window <= LONGEST_WINDOW else DEFAULT_WINDOW
    reset_in = _parameter(state, "t")
    return Quota(
        limit=limit if limit and limit > 0 else DEFAULT_LIMIT,
        remaining=max(remaining, 0),
        reset_in=seconds if reset_in is None else min(max(float(reset_in), 0.0), seconds),
        window=seconds,
    )


def has_room(quota: Quota, out: int = 0) -> bool:
    """Whether one more request stays within 90 % when as many as are `out` have not been counted yet."""
    return quota.remaining - out - 1 >= quota.limit * SPARED


def wait_before_next(quota: Quota | None) -> float:
    """Seconds to wait before the next request: 0 while it stays within 90 %, else past the reset."""
    return 0.0 if quota is None or has_room(quota) else quota.reset_in + 1


def least_interval(quota: Quota) -> float:
    """Seconds between requests that go out evenly through a window and use 90 % of it."""
    return quota.window / (quota.limit * (1 - SPARED))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or a date; None where absent or unreadable.

    `now` is the time in seconds since 1970 that a date is measured from.
    """
    value = next((text.strip() for name, text in headers.items() if name.lower() == "retry-after"), "")
    if re.fullmatch(_NUMBER, value):
        return max(float(value), 0.0)
    seconds = http_date(value)
    return None if seconds is None else max(seconds - now, 0.0)


def quota_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a 429 asks to wait: past the reset where nothing is left, or `Retry-After` if longer.

    None where it names no time although requests are left: another limit is meant, and one backs off.
    """
    quota = read_quota(headers)
    waits = [retry_after(headers, now), quota.reset_in + 1 if quota and quota.remaining == 0 else None]
    return max((wait for wait in waits if wait is not None), default=None)


def http_date(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bucket(header: str) -> str:
    """The item of a list header that speaks of the `api` bucket, else the first."""
    items = header.split(",")
    return next((item for item in items if '"api"' in item), items[0])


def _parameter(item: str, name: str) -> int | None:
    found = re.search(rf";\s*{name}\s*=\s*{_NUMBER}", item)
    return int(found[1]) if found else None
