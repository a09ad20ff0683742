"""What a Hub has become a day later, derived from its built pages: for the second sweep, and for `changes`.

Rows are changed as text: only what changes is looked at, and every other byte stays as it was.
"""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.pages import EDITED, bodies, is_finished, joined, paged, recipe_of, rows, write
from crawler.replica.generate import NEWEST
from crawler.replica.orders import CREATED

COUNTED_SHARE = 0.30
"""Of all rows: those with other downloads the next day."""
REBASED_SHARE = 0.003
"""Of the rows whose `baseModels` names a base: those with another the next day."""
DAY = 86_400

_DOWNLOADS = re.compile(rb'"downloads":(\d+)')
_BASE = re.compile(rb'"baseModels":\{"relation":"\w+","models":\[\{"_id":"(\w+)","id":"([^"]+)"')
_IDENTITY = re.compile(rb'"_id":"\w+","id":"([^"/]+)/?[^"]*"')
_CREATED_AT = re.compile(rb'"createdAt":"[^"]*"')
_MODIFIED_AT = re.compile(rb'"lastModified":"[^"]*"')


def next_day(folder: Path, target: Path, seed: int) -> Path:
    """The same models in the same order, with other counters and a few other bases."""
    recipe = {"what": "next day", "of": recipe_of(folder), "seed": seed}
    if not is_finished(target, recipe):
        overnight = _Overnight(random.Random(seed))
        write(target, recipe, {CREATED: map(overnight.page, bodies(folder))})
    return target


class _Overnight:
    """The change of every row; remembers the bases that were met last, to give them to others."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw.random
        self._met: deque[tuple[bytes, bytes]] = deque(maxlen=1000)

    def page(self, body: bytes) -> bytes:
        return joined(self._row(text) for text in rows(body))

    def _row(self, text: bytes) -> bytes:
        if self._draw() < COUNTED_SHARE:
            text = _DOWNLOADS.sub(lambda found: b'"downloads":%d' % (int(found[1]) + 1 + int(self._draw() * 100)), text)
        base = _BASE.search(text)
        return self._rebased(text, base[1], base[2]) if base else text

    def _rebased(self, text: bytes, hub_id: bytes, name: bytes) -> bytes:
        """The row, now and then with another base. One that names itself keeps to it."""
        chosen = self._draw() < REBASED_SHARE and not text.startswith(b'{"_id":"%b"' % hub_id)
        others = [met for met in self._met if met[1] != name] if chosen else []
        self._met.append((hub_id, name))
        if not others:
            return text
        for before, after in zip((hub_id, name), others[int(self._draw() * len(others))], strict=True):
            text = text.replace(b'"%b"' % before, b'"%b"' % after).replace(b':%b"' % before, b':%b"' % after)
        return text


def edited(folder: Path, target: Path, *, new: int = 3000, edited: int = 20_000, seed: int = 0) -> Path:
    """The two listings that `changes` asks for, as they are a day later: new and edited rows, then older ones.

    The day is the last one of the clock, so it is written anew each time: `changes` goes on from the day of the
    sweep. The older rows are the Hub's first page in both listings; by their times they end both.
    """
    until = max(int(time.time()), NEWEST + 2 * DAY)
    draw = random.Random(seed)
    created = [(at, _created(row, at, draw)) for at, row in _over_a_day(_spread(folder, new), until)]
    changed = [(at, _modified(row, at)) for at, row in _over_a_day(_spread(folder, edited), until)]
    either = sorted([*created, *changed], key=lambda pair: -pair[0])
    older = next(bodies(folder))
    listings = {
        sort: [*paged(row for _, row in dated), older] for sort, dated in ((CREATED, created), (EDITED, either))
    }
    recipe = {"what": "edited", "of": recipe_of(folder), "until": until, "new": len(created), "edited": len(changed)}
    write(target, recipe, listings)
    return target


def _spread(folder: Path, count: int) -> list[bytes]:
    """So many rows of a Hub, some of every page but the first; fewer where it has not as many."""
    pages = len(list((folder / CREATED).iterdir())) - 1
    shares = (count * (page + 1) // pages - count * page // pages for page in range(pages))
    later = islice(bodies(folder), 1, None)
    return [row for share, body in zip(shares, later, strict=True) for row in rows(body)[:share]]


def _over_a_day(texts: list[bytes], until: int) -> Iterator[tuple[int, bytes]]:
    """Each row with a time of the day before `until`, newest first."""
    return ((until - DAY * number // len(texts), text) for number, text in enumerate(texts))


def _created(text: bytes, at: int, draw: random.Random) -> bytes:
    """A model that is new, else like this one."""
    number = draw.getrandbits(64)
    text = _IDENTITY.sub(rb'"_id":"%b","id":"\1/new-%d"' % (b"%08x%016x" % (at, number), number), text, count=1)
    return _modified(_CREATED_AT.sub(b'"createdAt":"%b"' % _moment(at), text), at)


def _modified(text: bytes, at: int) -> bytes:
    return _MODIFIED_AT.sub(b'"lastModified":"%b"' % _moment(at), text)


def _moment(seconds: int) -> bytes:
    """As the Hub writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()
