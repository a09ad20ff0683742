"""What is asked of a Hub: listings page by page, and one model in detail.

It holds the chain of pages and what to do about fields that a server does not know. How a question gets its answer
(quota, tries, redirects) is `crawler.asking`; which lists to ask for is `sweep`, `walk` and `changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Self

from crawler.asking import Answer, Asker, Patience
from crawler.errors import Astray, BadRequest, ForeignLink, Malformed, NotFound
from crawler.expand import CHILDREN, EXPAND, LINEAGE, limit_of, without, words_of
from crawler.known import KnownRows
from crawler.parse import Contents, parse_detail, parse_page, read_page
from crawler.records import BaseDetail, Page
from crawler.seams import identities
from crawler.trail import Trail

__all__ = ["Answer", "Hub", "Listed", "Patience"]

MOST_ROWS = 100_000
"""On a page. WIRE: a Hub gives 1,000; that a larger `limit` is cut down to it is not sure."""


class Listed(NamedTuple):
    """A page, the seconds of its round trip and of its reading, and its rows' `_id`s where they were wanted."""

    page: Page
    round_trip: float
    reading: float
    hub_ids: list[str]


class Hub(Asker):
    """A client of one Hub: `Hub(endpoint, token=..., on_wait=...)`; see `Asker` for every argument.

    `refused` holds the expand words that this server does not know, once it has refused one; None before.
    """

    refused: frozenset[str] | None = None

    def list_url(self, params: Iterable[tuple[str, str]]) -> str:
        """The address of a model listing with these parameters."""
        return self.endpoint.list_url(params)

    def detail(self, repo_id: str) -> BaseDetail:
        """One model from the detail route, with the Hub's count of its direct children where it tells one."""
        try:
            return self._detail(repo_id, CHILDREN)
        except BadRequest as problem:
            if problem.status != 400:
                raise
        if self.refused is None:
            self.refused = self._refused_of(EXPAND)
        try:
            return self._detail(repo_id, CHILDREN)
        except BadRequest:
            return self._detail(repo_id)

    def pages(self, url: str, *, base: str | None = None, known: KnownRows | None = None) -> Generator[Page]:
        """A listing page by page, along `Link: rel="next"`; with `known`, see `Page` for what is told of the rows.

        Where the next link leaves the endpoint or has been met already, the page is yielded first, with its own
        address as `next_url` (asked again, it may lead on), and `ForeignLink` or `Astray` follows.
        """
        return (listed.page for listed in self.chain(url, base=base, known=known))

    def chain(
        self, url: str, *, base: str | None = None, known: KnownRows | None = None, with_ids: bool = False
    ) -> Generator[Listed]:
        """The same with what each page took, and `with_ids` the `_id`s of its rows."""
        self._require_own(url)
        return self._chain(url, base, partial(_read, known=known, with_ids=with_ids))

    def another(self, on_wait: Callable[[float, str], None]) -> Self:
        """One more client of the Hub, for another thread; what it answers 400 to is no matter of unknown fields."""
        other = super().another(on_wait)
        other.refused = self.refused or frozenset()
        return other

    # Pages

    def _chain(self, url: str, base: str | None, read: Reading) -> Generator[Listed]:
        trail = Trail()
        here: str | None = url
        while here is not None:
            (contents, hub_ids), answer = self._ask_page(here, base, read, trail)
            trail.add(here, contents)
            problem = self._problem_of(here, answer.link_next, trail)
            page = Page(
                models=contents.models,
                quarantined=tuple(contents.quarantined),
                unchanged=contents.unchanged,
                unread=contents.unread,
                next_url=here if problem else answer.link_next,
                requests=answer.requests,
                base=base,
                requests_left=self.quota.remaining if self.quota else None,
            )
            yield Listed(page, answer.round_trip, answer.reading, hub_ids)
            if problem:
                raise problem
            here = answer.link_next

    def _problem_of(self, here: str, link: str | None, trail: Trail) -> Malformed | None:
        """Why a next link is not followed; None where it may be, or there is none."""
        if link is None:
            return None
        if not self.endpoint.holds(link):
            told = self._clean(f"{here}: its next link is {link}, not of {self.endpoint.address}; not followed")
            return ForeignLink(told)
        if trail.leads_back(here, link):
            return Astray(self._clean(f"{here}: its next link leads back to a page already read: {link}"))
        return None

    def _ask_page(
        self, url: str, base: str | None, read: Reading, trail: Trail
    ) -> tuple[tuple[Contents, list[str]], Answer]:
        """One page that goes on where its address says; `Astray` where twice in a row it does not."""
        found, answer = self._ask_surely(url, base, read, trail.fullest)
        if not trail.is_astray(url, found[0]):
            return found, answer
        again, second = self._ask_surely(url, base, read, trail.fullest)
        if trail.is_astray(url, again[0]):
            raise Astray(self._clean(f"{url}: it is answered with rows of another page; the server loses its cursors"))
        return again, replace(second, requests=answer.requests + second.requests)

    def _ask_surely(
        self, url: str, base: str | None, read: Reading, fullest: int
    ) -> tuple[tuple[Contents, list[str]], Answer]:
        """One page; where it is doubtful it is asked for once more, and the answer that tells more is believed."""
        found, answer = self._ask_list(url, read)
        asked_for = limit_of(url)
        full = asked_for if base else min(asked_for, fullest or asked_for)
        if not _is_doubtful(found[0].rows, answer.link_next, base=base, full=full):
            return found, answer
        again, second = self._ask_list(url, read)
        requests = answer.requests + second.requests
        tells_more = (again[0].rows, second.link_next is not None) > (found[0].rows, answer.link_next is not None)
        return (
            (again, replace(second, requests=requests)) if tells_more else (found, replace(answer, requests=requests))
        )

    # Fields that a server does not know

    def _ask_list(self, url: str, read: Reading) -> tuple[tuple[Contents, list[str]], Answer]:
        """One page; where the server refuses a field, asked again without it."""
        url = without(url, self.refused or ())
        try:
            return self.ask(url, read)
        except BadRequest as problem:
            if problem.status != 400 or self.refused is not None:
                raise
            self.refused = self._refused_of(words_of(url))
            if not self.refused or self.refused >= LINEAGE:
                raise
        return self.ask(without(url, self.refused), read)

    def _refused_of(self, words: Iterable[str]) -> frozenset[str]:
        """The words refused when asked alone: whatever a 400 says in words, this is sure."""
        return frozenset(word for word in words if not self._knows(word))

    def _knows(self, word: str) -> bool:
        try:
            self.ask(self.list_url([("limit", "1"), ("expand", word)]), parse_page)
        except BadRequest as problem:
            if problem.status != 400:
                raise
            return False
        return True

    def _detail(self, repo_id: str, *more: str) -> BaseDetail:
        words = [word for word in EXPAND if word not in (self.refused or ())]
        try:
            url = self.endpoint.model_url(repo_id, [*words, *more])
        except ValueError as problem:
            raise NotFound(self._clean(f"{problem}; check its spelling"), url=self.endpoint.address) from problem
        return self.ask(url, parse_detail)[0]


def _is_doubtful(rows: int, link: str | None, *, base: str | None, full: int) -> bool:
    """Whether a page may have lost its rows or its link on the way: then a list would be cut short without a word.

    A Hub's page is empty only where a list is, as those of most bases are, and full without a next page only where
    the list's length happens to be a multiple of the page's: of what was asked for, or of what this Hub gives.
    """
    if not rows:
        return base is None or link is not None
    return link is None and rows >= full


Reading = Callable[[bytes], tuple[Contents, list[str]]]


def _read(body: bytes, *, known: KnownRows | None, with_ids: bool) -> tuple[Contents, list[str]]:
    return read_page(body, known, most=MOST_ROWS), identities(body) if with_ids else []
