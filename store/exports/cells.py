"""Single values as text: what answers and exports have in common. Imports nothing slow."""

from __future__ import annotations

import re
from datetime import UTC, datetime

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text without anything that could move the cursor, colour the screen or turn the writing round."""
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)


def dot_quoted(text: str) -> str:
    """As DOT has a text."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def mermaid_quoted(text: str) -> str:
    """As Mermaid has a text, where every odd character is an entity."""
    safe = "".join(
        character if character.isalnum() or character in "/-_. " else f"#{ord(character)};"
        for character in printable(text)
    )
    return f'"{safe}"'


def harmless(text: str) -> str:
    """The text with a leading `'` where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def iso(seconds: int) -> str:
    """Seconds since 1970 as `2026-08-21T06:00:00Z`; as a bare number where no calendar has such a day."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
