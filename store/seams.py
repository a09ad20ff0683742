"""Where a sweep can be cut in pieces: `_id`s of stored models, a page or a little less apart."""

from __future__ import annotations

import sqlite3

APART = 990
"""Models from one to the next: a page of 1,000 reaches past it, and a few that are listed again do not fill it."""

# What an import brought came in no order, and tells nothing of how many lie between.
# A sweep numbers what is new in the order of its listing: every so many numbers is every so many models, and three
# thousand look-ups find them where a walk through all models would take seconds.
_SEAMS = f"""
    WITH RECURSIVE step (id) AS (
        SELECT {APART} UNION ALL SELECT id + {APART} FROM step WHERE id + {APART} <= (SELECT max(id) FROM model)
    )
    SELECT lower(hex(hub_id)) FROM step JOIN model USING (id)
    WHERE first_crawl NOT IN (SELECT id FROM crawl WHERE kind = 'import') ORDER BY 1 DESC"""


def seams(connection: sqlite3.Connection) -> list[str]:
    """The `_id`s as 24 hex digits, highest first; none where hardly anything is stored."""
    return [hub_id for (hub_id,) in connection.execute(_SEAMS)]
