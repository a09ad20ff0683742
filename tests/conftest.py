"""What holds for all tests. How long an example takes is the machine's affair, and no failure."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("modelroots", deadline=None)
settings.load_profile("modelroots")
