"""After a sweep: asks the Hub what became of the names that dangle and from which most descends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from crawler.errors import Malformed, NotFound, Unauthorized
from crawler.hub import Hub
from store.aliases import Ghost, Target, is_stored, record, to_ask

A_NIGHT = 100
"""Look-ups, of one request, or two where the name leads elsewhere: a fifth of an anonymous window or two."""


class Found(NamedTuple):
    """A name that was asked for; `now` is what the Hub calls the model today, None where it knows no such name.

    `known`: that model is stored, so what names it by its old name resolves from the next crawl on.
    """

    name: str
    derivatives: int
    now: str | None
    known: bool


def look_up(connection: sqlite3.Connection, crawl_id: int, hub: Hub, most: int, *, now: int) -> Iterator[Found]:
    """Asks for at most so many names, and stores each answer before it asks for the next.

    `crawl_id` is that of the last answers, `now` in seconds since 1970. A Hub that fails ends it, with one of
    `crawler.errors`; what was asked until then is stored. One answer that cannot be read says nothing of its name,
    which is asked for another night; two in a row are a Hub that fails.
    """
    is_unread = False
    for ghost in to_ask(connection, most, now=now):
        try:
            target = _target_of(hub, ghost)
        except Malformed:
            if is_unread:
                raise
            is_unread = True
            continue
        is_unread = False
        record(connection, ghost, target, crawl_id=crawl_id, now=now)
        known = target is not None and is_stored(connection, target)
        yield Found(ghost.name, ghost.derivatives, target.name if target else None, known)


def _target_of(hub: Hub, ghost: Ghost) -> Target | None:
    """Where the name leads. One whose answer is no model that may be stored (private, say) leads nowhere."""
    try:
        model = hub.detail(ghost.name).record
    except Unauthorized as problem:
        if problem.status == 401 and not hub.is_anonymous:
            raise  # of the token, not of the name: who has none is told 401 of what is not there
        return None
    except NotFound:
        return None
    except Malformed as problem:
        if problem.retryable:
            raise
        return None
    return Target(model.hub_id, model.repo_id)
