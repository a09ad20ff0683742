"""Checks of the Hub by one request: whether it answers and takes the token, what is left of the quota, its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crawler.asking import Answer
from crawler.endpoint import Endpoint
from crawler.errors import CrawlError, Unauthorized
from crawler.hub import Hub
from crawler.limits import Quota, has_room, http_date
from jobs.doctor.check import Check, State
from jobs.settings import Settings

OFF_BY = 60.0
"""Seconds by which clocks may differ: more shifts what `changes` asks for, which allows for 48 hours."""
FAR_OFF_BY = 86400.0


def answers(settings: Settings, token: str | None, clock: Callable[[], float]) -> Iterator[Check]:
    """Endpoint, token, quota and clock, as far as an answer tells of them."""
    try:
        with Hub(settings.endpoint, token=token) as hub:
            answer = hub.get(hub.list_url([("limit", "1"), ("sort", "createdAt"), ("expand", "createdAt")]))
            quota = hub.quota
    except Unauthorized as error:
        name = "token" if token else "hub"
        yield Check(name, "problem", str(error), "Set HF_TOKEN anew, or leave it out: listings need none.")
        return
    except (CrawlError, ValueError) as error:
        yield Check("hub", "problem", str(error), "Check --endpoint and HF_TOKEN; --offline leaves this out.")
        return
    yield _endpoint(settings.endpoint)
    yield Check("token", "ok", "accepted" if token else "none: the anonymous quota")
    yield _quota(quota)
    yield _clock(answer, clock())


def _endpoint(address: str) -> Check:
    if Endpoint.parse(address).is_private:
        return Check("hub", "ok", f"{address} answers")
    return Check("hub", "warning", f"{address} answers, and whoever is between can change what it says", "Use https.")


def _quota(quota: Quota | None) -> Check:
    if quota is None:
        return Check("quota", "ok", "none told")
    finding = f"{quota.remaining:,} of {quota.limit:,} requests left for {quota.reset_in:.0f} s"
    if has_room(quota):
        return Check("quota", "ok", finding)
    advice = "Others at this address, or with this token, use it up: a crawl waits for it. A token has a larger one."
    return Check("quota", "warning", finding, advice)


def _clock(answer: Answer, now: float) -> Check:
    """Half a round trip and a second of rounding are no difference."""
    date = next((value for name, value in answer.headers.items() if name.lower() == "date"), "")
    theirs = http_date(date)
    if theirs is None:
        return Check("clock", "ok", "the Hub does not tell its own")
    off = max(abs(now - theirs) - answer.round_trip - 1, 0.0)
    finding = f"{off:,.0f} s {'behind' if now < theirs else 'ahead of'} the Hub's" if off else "as the Hub's"
    if off <= OFF_BY:
        return Check("clock", "ok", finding)
    state: State = "problem" if off > FAR_OFF_BY else "warning"
    return Check("clock", state, finding, "Set this machine's clock (NTP): crawls are dated by it.")
