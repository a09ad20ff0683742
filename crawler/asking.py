"""From a question to its whole answer: paced within the quota, tried again after faults, redirects followed.

Faults and quotas are kept apart: a fault has a number of tries and jitter, a quota has the wait that the server
names. It knows no listing and no model; those are `crawler.hub`. One exchange is `crawler.transport`, the pace that
several threads share `crawler.pace`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from crawler.echo import Echo
from crawler.endpoint import Endpoint, joined, next_link
from crawler.errors import ForeignLink, Malformed, QuotaExceeded, ServerFault, TokenEchoed, Unreachable
from crawler.limits import Quota, http_date, quota_wait, read_quota, retry_after
from crawler.pace import Pace
from crawler.refusals import Redactor, describe, refusal
from crawler.transport import Reply, Transport, never_connected

REDIRECTS = frozenset({301, 302, 303, 307, 308})

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long the client goes on: counts, and seconds."""

    tries: int = 5
    tries_of_the_first: int = 2  # where nobody has ever answered: a wrong port should be told within seconds
    quota_answers: int = 12  # 429s in a row; with 300 s each, an hour
    hops: int = 5
    back_off: float = 2.0  # doubled with every try, half of it drawn at random
    longest_back_off: float = 60.0
    longest_wait: float = 3600.0  # a server that asks for more has said no


@dataclass(frozen=True)
class Answer:
    """A whole answer: body, absolute next link (unchecked), head, and the requests it took, tries included.

    `round_trip` is how many seconds the last exchange took, `reading` how many its body.
    """

    body: bytes
    link_next: str | None
    headers: Mapping[str, str]
    requests: int
    round_trip: float = 0.0
    reading: float = 0.0


class Closed(Exception):
    """What was being asked when its asker was closed from another thread. No error of the Hub's."""


class Asker:
    """Asks one endpoint, one question at a time, from whatever thread; close it, or use `with`.

    `requests` counts all that went out, `quota` is the last one told. `on_wait(seconds, why)` hears of every
    wait before it begins. `sleep` and `clock` are for tests. Closing it ends what is being asked.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        deadline: float = 60.0,
        on_wait: Callable[[float, str], None] | None = None,
        patience: Patience | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.endpoint = Endpoint.parse(endpoint)
        token = _checked(token, self.endpoint)
        self._clean, self._echo = Redactor(token), Echo(token)
        self._token, self._deadline = token, deadline
        self.clock, self._sleep = clock, sleep
        self._on_wait, self._patience = on_wait, patience or Patience()
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._pace = Pace(clock)
        self._answered = False
        self._begin()

    def _begin(self) -> None:
        """What no other asker shares."""
        self._transport = self._connected()
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self.requests = 0

    def _connected(self) -> Transport:
        return Transport(self.endpoint, token=self._token, deadline=self._deadline, clock=self.clock, clean=self._clean)

    def another(self, on_wait: Callable[[float, str], None]) -> Self:
        """One more that asks beside this one: at the same pace, over a connection of its own."""
        other = copy(self)
        other._on_wait = on_wait
        other._begin()
        return other

    @property
    def is_anonymous(self) -> bool:
        return self._token is None

    @property
    def quota(self) -> Quota | None:
        return self._pace.quota

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go. A question that another thread has out, or waits to ask, raises `Closed` there."""
        self._closed.set()
        self._transport.close()

    def get(self, url: str) -> Answer:
        """Ask one address of this endpoint; one of `crawler.errors` for whatever goes wrong."""
        return self.ask(url, bytes)[1]

    def ask(self, url: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        """Ask, and read the body; where `read` finds it `Malformed` the question is tried again."""
        self._require_own(url)
        with self._lock:
            before = self.requests
            value, answer = self._tries()(self._once, url, read)
            return value, replace(answer, requests=self.requests - before)

    def _require_own(self, url: str) -> None:
        if not self.endpoint.holds(url):
            raise ForeignLink(f"{self._clean(url)}: not an address of {self.endpoint.address}; never asked")

    def _tries(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(_is_fault),
            stop=self._tried_enough,
            wait=lambda state: self._back_off(state.attempt_number),
            before_sleep=self._announce,
            sleep=self._pause,
            reraise=True,
        )

    def _tried_enough(self, state: RetryCallState) -> bool:
        problem = state.outcome.exception() if state.outcome else None
        nobody_there = not self._answered and problem is not None and never_connected(problem)
        return state.attempt_number >= (self._patience.tries_of_the_first if nobody_there else self._patience.tries)

    def _once(self, url: str, read: Callable[[bytes], T]) -> tuple[T, Answer]:
        """One try: an answer that is there, whole and readable, or an error."""
        reply = self._followed(url)
        if reply.status != 200:
            raise refusal(reply.url, reply.status, reply.headers, reply.body, self._clean)
        following = self._next_of(reply)
        began = self.clock()
        try:
            value = read(reply.body)
        except Malformed as problem:
            raise Malformed(self._clean(f"{reply.url}: {problem}"), retryable=True) from problem
        return value, Answer(reply.body, following, reply.headers, 1, reply.seconds, self.clock() - began)

    def _next_of(self, reply: Reply) -> str | None:
        try:
            return next_link(reply.url, reply.headers.get("Link", ""))
        except ValueError as problem:
            told = self._clean(f"{reply.url}: a Link that cannot be read: {problem}")
            raise Malformed(told, retryable=True) from problem

    def _followed(self, url: str) -> Reply:
        """The answer behind redirects within the endpoint; each hop is a request."""
        for _ in range(self._patience.hops + 1):
            reply = self._within_quota(url)
            if reply.status not in REDIRECTS:
                return reply
            url = self._target_of(reply)
        raise Malformed(f"{self._clean(url)}: more than {self._patience.hops} redirects; is the endpoint right?")

    def _target_of(self, reply: Reply) -> str:
        location = reply.headers.get("Location")
        if not location:
            raise Malformed(f"{self._clean(reply.url)}: a redirect to nowhere", retryable=True)
        target = joined(reply.url, location)
        if not self.endpoint.holds(target):
            here, there = self._clean(reply.url), self._clean(target)
            raise ForeignLink(f"{here}: redirected to {there}, not of {self.endpoint.address}; not followed")
        return target

    def _within_quota(self, url: str) -> Reply:
        """The first answer that is no 429. Waiting for the quota is no try, but it ends at some time too."""
        for times in range(self._patience.quota_answers):
            reply, wait = self._exchange(url, times)
            if reply.status != 429:
                return reply
            if wait > self._patience.longest_wait:
                break
        cause = describe(reply.status, reply.headers, reply.body, self._clean)
        way_out = "resume later; a token (HF_TOKEN, --token-from) has a larger quota"
        named = quota_wait(reply.headers, _time_of(reply))
        raise QuotaExceeded(f"{self._clean(url)}: {cause}: {way_out}", url=self._clean(url), wait=named)

    def _exchange(self, url: str, times: int) -> tuple[Reply, float]:
        """One request, when the pace allows it, after so many 429s; and the seconds that its answer asks to wait."""
        with self._pace.turn(self._pause) as began:
            if self._closed.is_set():
                raise Closed
            self.requests += 1
            asked_at = self.clock()
            reply = self._transport.get(url)
            self._require_no_echo(reply)
            reply = replace(reply, seconds=self.clock() - asked_at)
            self._answered = True
            wait, why = self._wait_after(reply, times)
            held = wait if wait <= self._patience.longest_wait else 0.0
            self._pace.note(began, read_quota(reply.headers), wait=held, why=why, refused=reply.status == 429)
        return reply, wait

    def _require_no_echo(self, reply: Reply) -> None:
        """Of what would be read or followed; refusals are only told, and told without it."""
        in_body = reply.status == 200 and self._echo.is_in_body(reply.body)
        if in_body or any(self._echo.is_in_address(reply.headers.get(name, "")) for name in ("Link", "Location")):
            raise TokenEchoed(
                f"{self._clean(reply.url)}: the answer holds the token that it was asked with, so nothing of it is "
                "stored. Is the endpoint right? Revoke that token, for it is passed on there, and set another"
            )

    def _wait_after(self, reply: Reply, times: int) -> tuple[float, str]:
        """The seconds that an answer asks everybody to wait, beside what its quota means, and why."""
        if reply.status == 429:
            named = quota_wait(reply.headers, _time_of(reply))
            wait = max(named or 0.0, self._back_off(times) if times or named is None else 0.0)
            return wait, "the Hub answered 429: too many requests"
        if reply.status == 503:
            asked = retry_after(reply.headers, _time_of(reply)) or 0.0
            return min(asked, self._patience.longest_back_off), "the Hub asks to come back later"
        return 0.0, ""

    def _back_off(self, times: int) -> float:
        """Seconds after so many tries: doubled each time, the upper half of it drawn at random."""
        most = min(self._patience.back_off * 2.0 ** max(times - 1, 0), self._patience.longest_back_off)
        return self._rng.uniform(most / 2, most)

    def _announce(self, state: RetryCallState) -> None:
        problem = state.outcome.exception() if state.outcome else None
        if state.next_action:
            self.tell(state.next_action.sleep, f"trying again after: {problem}")

    def tell(self, seconds: float, why: str) -> None:
        """Lets `on_wait` hear of a wait, or with 0 seconds of something else that a person should know."""
        if self._on_wait:
            self._on_wait(seconds, why)

    def _pause(self, seconds: float, why: str = "") -> None:
        if why:
            self.tell(seconds, why)
        (self._sleep or self._closed.wait)(seconds)


def _is_fault(problem: BaseException) -> bool:
    """Whether another try may help."""
    if isinstance(problem, Malformed):
        return problem.retryable
    return isinstance(problem, ServerFault | Unreachable)


def _time_of(reply: Reply) -> float:
    """When the server answered, by its own clock where it tells: a date to wait for is measured by the same."""
    told = http_date(reply.headers.get("Date", ""))
    return time.time() if told is None else told


def _checked(token: str | None, endpoint: Endpoint) -> str | None:
    """The token without blanks around; ValueError, not showing it, where it cannot or must not be sent."""
    token = (token or "").strip()
    if not token:
        return None
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError("the token holds characters that no token has: copy it again")
    if not endpoint.is_private:
        raise ValueError(
            f"a token is not sent over plain http to {endpoint.address}: use https, or leave the token out"
        )
    return token
