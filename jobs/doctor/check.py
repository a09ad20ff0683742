"""What a check finds. No check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Check:
    """One finding. `advice` is what to do about it, empty where it is ok."""

    name: str
    state: State
    finding: str
    advice: str = ""
