"""What rate-limit headers mean, and that no text in them can raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.limits import Quota, quota_wait, read_quota, retry_after, wait_before_next

POLICY = '"fixed window";"api";q=500;w=300'


def headers(state: str, policy: str = POLICY) -> dict[str, str]:
    return {"ratelimit": state, "RateLimit-Policy": policy}


def test_both_headers_make_a_quota() -> None:
    assert read_quota(headers('"api";r=499;t=295')) == Quota(500, 499, 295.0, 300.0)


def test_without_headers_there_is_no_quota_and_no_wait() -> None:
    assert read_quota({}) is None
    assert wait_before_next(None) == 0


def test_the_api_bucket_is_read_among_others() -> None:
    quota = read_quota(headers('"pages";r=1;t=9, "api";r=42;t=7'))
    assert quota is not None
    assert (quota.remaining, quota.reset_in) == (42, 7.0)


@pytest.mark.parametrize(
    ("state", "reset_in"),
    [
        ('"api";r=0', 300.0),
        ('"api";r=0;t=99999999', 300.0),
        ('"api";r=0;t=' + "9" * 5000, 300.0),
        ('"api";r=0;t=-5', 0.0),
        ('"api";r=0;t=soon', 300.0),
    ],
)
def test_an_absurd_reset_is_bounded_by_the_window(state: str, reset_in: float) -> None:
    quota = read_quota(headers(state))
    assert quota is not None
    assert quota.reset_in == reset_in


def test_an_unknown_policy_means_the_anonymous_one() -> None:
    assert read_quota({"RateLimit": '"api";r=3;t=20'}) == Quota(500, 3, 20.0, 300.0)


@given(st.text(), st.text())
def test_no_header_text_raises(state: str, policy: str) -> None:
    quota = read_quota(headers(state, policy))
    assert 0 <= wait_before_next(quota) <= 3601
    retry_after({"Retry-After": state}, 0.0)


@given(st.integers(10, 10_000))
def test_never_more_than_nine_tenths_of_a_window_are_used(limit: int) -> None:
    used = 0
    while wait_before_next(Quota(limit, limit - used, 100.0, 300.0)) == 0:
        used += 1
    assert limit * 0.9 - 1 < used <= limit * 0.9


def test_near_the_end_of_the_quota_one_waits_past_the_reset() -> None:
    assert wait_before_next(Quota(500, 51, 120.0, 300.0)) == 0
    assert wait_before_next(Quota(500, 50, 120.0, 300.0)) == 121


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        ("-3", 0.0),
        ("Thu, 01 Jan 1970 00:01:30 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("in a while", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, 30.0) == seconds


def test_a_used_up_quota_names_its_reset() -> None:
    assert quota_wait(headers('"api";r=0;t=12'), 0.0) == 13


def test_a_429_with_requests_left_names_no_wait() -> None:
    assert quota_wait(headers('"api";r=7;t=12'), 0.0) is None
    assert quota_wait({}, 0.0) is None


def test_the_longer_of_reset_and_retry_after_counts() -> None:
    assert quota_wait(headers('"api";r=0;t=12') | {"Retry-After": "40"}, 0.0) == 40
