"""Single values as text: what the CSV of answers and of exports have in common. Imports nothing slow."""

from __future__ import annotations

from datetime import UTC, datetime

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def harmless(text: str) -> str:
    """The text with a leading `'` where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def iso(seconds: int) -> str:
    """Seconds since 1970 as `2026-08-21T06:00:00Z`; as a bare number where no calendar has such a day."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
