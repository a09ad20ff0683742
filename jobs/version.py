"""Which program this is, as crawls and snapshots record it."""

from __future__ import annotations

from importlib.metadata import version

PROGRAM = f"modelroots {version('modelroots')}"
