"""How many of the derivatives that the Hub tells of tracked bases are known. Asking it is `jobs`' part."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

ENOUGH = 0.995
"""METHOD, section 4: a tracked base whose completeness is below it marks the run."""

_COMPLETENESS = """
    SELECT node.name, completeness.told, completeness.counted
    FROM completeness JOIN node ON node.id = completeness.node_id
    WHERE completeness.crawl_id = ? ORDER BY node.name"""


class Known(NamedTuple):
    """A tracked base: the direct derivatives that the Hub tells of, and those that the crawl knows."""

    name: str
    told: int
    counted: int

    @property
    def ratio(self) -> float:
        """METHOD's completeness of the base; 1 where the Hub tells of none."""
        return self.counted / self.told if self.told else 1.0

    @property
    def is_short(self) -> bool:
        """Whether it keeps the run from being published as the newest snapshot."""
        return self.ratio < ENOUGH

    def __str__(self) -> str:
        return f"{self.name} {self.counted:,} of {self.told:,}"


def completeness(connection: sqlite3.Connection, crawl_id: int) -> list[Known]:
    """The tracked bases that the Hub was asked about after this crawl; none where it was not asked."""
    return [Known(*row) for row in connection.execute(_COMPLETENESS, (crawl_id,))]
