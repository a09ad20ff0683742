"""How much memory a process of a test's own has held at the most. No test."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

# By `ru_maxrss`, which other systems tell, both checks printed 0 MiB whatever was held: they could not fail.
where_it_is_told = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak, in /proc")


def peak() -> int:
    """Bytes that this process has held at once, as Linux tells them.

    `ru_maxrss` will not do: it begins with the peak of the process that started this one.
    """
    told = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    assert told
    return int(told[1]) * 1024
