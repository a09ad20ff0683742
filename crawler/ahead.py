"""A listing by creation, fetched by several threads ahead of its reader and given in order, as one chain gives it.

The list is cut in pieces at made-up cursors. Each piece is followed by its own links until a page reaches below its
end; what that page shows there must be how the next piece begins. Where it is not, or a made-up cursor is refused,
nothing of the pieces below is used, and one chain goes on along the links of the last page so far.
When that is worth while is decided in `sweep`; where the pieces end in `seams`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

import msgspec

from crawler.asking import Closed
from crawler.errors import Astray, BadRequest, Malformed, NotFound, ServerFault
from crawler.hub import Hub, Listed
from crawler.known import KnownRows
from crawler.parse import read_rest
from crawler.records import Page
from crawler.seams import ABOVE_ALL, Plan, agree, is_below, made_up, point_of

HELD = 64
"""Pages that are fetched, or asked for, and not read yet: about 1 MB each as records."""
NOT_HONOURED = "the Hub does not go on where it is asked to: its own links are followed, a page at a time"
_SAY_NO = (BadRequest, NotFound, ServerFault, Malformed)


def below(hub: Hub, url: str, chains: int, plan: Plan, *, known: KnownRows | None = None) -> Generator[Page]:
    """The pages from an address on whose cursor is an `_id`, by so many chains, or by one where that does not work."""
    with closing(Ahead(hub, chains, plan, known=known)) as ahead:
        rest = yield from ahead.pages(url)
    if rest is None:
        return
    hub.tell(0.0, NOT_HONOURED)
    unread = ahead.unread_requests
    for page in hub.pages(rest, known=known):
        yield msgspec.structs.replace(page, requests=page.requests + unread)
        unread = 0


@dataclass(eq=False)
class _Piece:
    """What is listed below `upper`; it ends with the page that reaches below `lower`, None: with the list."""

    url: str
    upper: str
    lower: str | None
    pages: deque[Listed] = field(default_factory=deque)
    is_whole: bool = False  # no more pages come: it has ended, or met a problem
    problem: BaseException | None = None


class Ahead:
    """Threads that fetch what lies below a chain's page; to be closed, which ends them and what they ask.

    `chains` is how many there are. Only the reader's thread calls the hub's `on_wait`.
    """

    def __init__(self, hub: Hub, chains: int, plan: Plan, *, known: KnownRows | None) -> None:
        self._hub, self._plan, self._known = hub, plan, known
        self._changed = threading.Condition()
        self._pieces: deque[_Piece] = deque()  # begun, and not read to their end; highest first
        self._following: tuple[str, str] | None = None  # where the next piece begins
        self._held = 0
        self._notices: deque[tuple[float, str]] = deque()
        self._closed = False
        self._given = 0
        self._askers = [hub.another(self._notice) for _ in range(chains)]
        self._threads: list[threading.Thread] = []

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for asker in self._askers:
            asker.close()
        for thread in self._threads:
            thread.join()

    @property
    def unread_requests(self) -> int:
        """Requests that no page tells of: for pages that were not used, or of which nothing was left."""
        return sum(asker.requests for asker in self._askers) - self._given

    def pages(self, url: str) -> Generator[Page, None, str | None]:
        """The pages from an address on whose cursor is an `_id`. Returns the address at which one chain has to go on.

        None where the list has ended. An error of one thread is raised where its page would have come.
        """
        self._start(url)
        rest: str | None = url
        above: Listed | None = None  # the last page of the piece before
        deepest: Listed | None = None  # the page that has reached lowest
        while True:
            piece, is_first = self._pieces[0], True
            while listed := self._next_of(piece):
                if is_first and above and not _fits(above, piece, listed):
                    return rest
                is_first = False
                page = _without_repeats(listed, deepest) if deepest else listed.page
                if listed.page.next_url is None:
                    yield self._last(page)
                    return None
                deepest = min(deepest or listed, listed, key=_lowest)
                rest = deepest.page.next_url
                if page.rows:
                    self._given += page.requests
                    yield page
                last = listed
            if piece.problem:
                if isinstance(piece.problem, Astray) or (is_first and above and isinstance(piece.problem, _SAY_NO)):
                    return rest
                raise piece.problem
            above = last
            self._drop_first()

    # The reader's side

    def _start(self, url: str) -> None:
        point = point_of(url)
        if point is None:
            raise ValueError(f"not an address that goes on below an _id: {url[:200]}")
        self._following = (url, point)
        self._threads = [threading.Thread(target=self._fetch, args=(asker,), daemon=True) for asker in self._askers]
        for thread in self._threads:
            thread.start()
        with self._changed:
            while not self._pieces:
                self._changed.wait()

    def _next_of(self, piece: _Piece) -> Listed | None:
        """The next page of a piece; None where it has no more. Passes on what the threads have to tell meanwhile."""
        while True:
            with self._changed:
                while not (piece.pages or piece.is_whole or self._notices):
                    self._changed.wait()
                notices = list(self._notices)
                self._notices.clear()
                if not notices:
                    if not piece.pages:
                        return None
                    self._held -= 1
                    self._changed.notify_all()
                    return piece.pages.popleft()
            for seconds, why in notices:
                self._hub.tell(seconds, why)

    def _drop_first(self) -> None:
        with self._changed:
            self._pieces.popleft()
            self._changed.notify_all()
            while not self._pieces:
                self._changed.wait()

    def _last(self, page: Page) -> Page:
        """The list's last page, with the requests that were for nothing."""
        self.close()
        return msgspec.structs.replace(page, requests=self.unread_requests)

    # The threads' side

    def _notice(self, seconds: float, why: str) -> None:
        with self._changed:
            self._notices.append((seconds, why))
            self._changed.notify_all()

    def _fetch(self, hub: Hub) -> None:
        while piece := self._next_piece():
            try:
                self._follow(piece, hub)
            except BaseException as problem:  # noqa: BLE001  # raised where the pages are read
                piece.problem = problem
            with self._changed:
                piece.is_whole = True
                if piece.problem:
                    self._following = None  # nothing below it will be read
                self._changed.notify_all()

    def _next_piece(self) -> _Piece | None:
        """Begins the next piece as soon as there is room for its first page; None where there is none."""
        with self._changed:
            while self._following and not self._closed and self._held >= HELD:
                self._changed.wait()
            if self._following is None or self._closed:
                return None
            url, upper = self._following
            lower = self._plan.end_of(upper)
            self._following = (made_up(url, lower), lower) if lower else None
            piece = _Piece(url, upper, lower)
            self._pieces.append(piece)
            self._held += 1
            self._changed.notify_all()
            return piece

    def _follow(self, piece: _Piece, hub: Hub) -> None:
        """Fetches a piece's pages, each once there is room for it."""
        point = piece.upper
        for listed in hub.chain(piece.url, known=self._known, with_ids=True):
            if not is_below(listed.hub_ids, point):
                raise Astray("rows that do not lie below their cursor")
            point = min(listed.hub_ids, default=point)
            if len(listed.page.unread.texts) > len(listed.page.unchanged):  # many texts of rows, and they would be held
                listed = listed._replace(page=read_rest(listed.page))
            self._add(piece, listed)
            if listed.page.next_url is None or (piece.lower and point < piece.lower):
                return
            self._await_room(piece)

    def _add(self, piece: _Piece, listed: Listed) -> None:
        with self._changed:
            piece.pages.append(listed)
            if len(listed.hub_ids) > 1:
                self._plan.learn(max(listed.hub_ids), min(listed.hub_ids))
            if listed.page.next_url is None:
                self._following = None
            self._changed.notify_all()

    def _await_room(self, piece: _Piece) -> None:
        """The piece that is read now gets its next page in any case: all others wait for it."""
        with self._changed:
            while self._held >= HELD and not (piece is self._pieces[0] and not piece.pages):
                if self._closed:
                    raise Closed
                self._changed.wait()
            self._held += 1


def _fits(above: Listed, piece: _Piece, first: Listed) -> bool:
    """Whether a piece goes on where the last page of the one above it has ended."""
    if above.page.next_url and point_of(above.page.next_url) == piece.upper:
        return True
    return agree([hub_id for hub_id in above.hub_ids if hub_id < piece.upper], first.hub_ids)


def _lowest(listed: Listed) -> str:
    return min(listed.hub_ids, default=ABOVE_ALL)


def _without_repeats(listed: Listed, deepest: Listed) -> Page:
    """A page without the rows above the lowest one that was read before: as that page's own link would go on."""
    lowest = _lowest(deepest)
    if not listed.hub_ids or max(listed.hub_ids) < lowest:
        return listed.page
    page, before = read_rest(listed.page), read_rest(deepest.page)
    models, unchanged = page.models, set(before.unchanged)
    return msgspec.structs.replace(
        page,
        models=models.at([place for place, hub_id in enumerate(models.hub_ids) if hub_id.hex() < lowest]),
        unchanged=[number for number in page.unchanged if number not in unchanged],
        quarantined=tuple(row for row in page.quarantined if row not in before.quarantined),
    )
