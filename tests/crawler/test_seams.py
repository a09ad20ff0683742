"""Cursors made up and read, pages that fit together or do not, and where a list is cut."""

from __future__ import annotations

import json

import pytest

from crawler.endpoint import Endpoint
from crawler.limits import Quota
from crawler.replica import cursors
from crawler.replica.orders import CREATED
from crawler.seams import PAGES_A_PIECE, Plan, agree, identities, made_up, point_of
from crawler.sweep import MEASURED, MOST_CHAINS, Times, listing

ID = "6a00000000000000000000ff"
URL = Endpoint.parse("https://hub.example/mirror").list_url(listing(sort=CREATED))


def ids(*numbers: int) -> list[str]:
    return [f"{number:024x}" for number in numbers]


# Cursors


def test_a_made_up_cursor_is_written_as_the_hub_writes_its_own() -> None:
    assert made_up(URL, ID).rpartition("cursor=")[2].replace("%3D", "=") == cursors.write(CREATED, {"_id": ID})


def test_a_made_up_address_is_the_same_question() -> None:
    again = made_up(made_up(URL, "0" * 24), ID)
    assert again == made_up(URL, ID)
    assert again.startswith(URL)
    assert point_of(again) == ID


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "",
        f"{URL}&cursor=17",
        f"{URL}&cursor=e30%3D",
        f"{URL}&cursor={cursors.write('likes', {'_id': ID, 'likes': 3})}",
        f"{URL}&cursor={cursors.write(CREATED, {'_id': ID}, filtered=True)}",
        f"{URL}&cursor={cursors.write(CREATED, {'_id': 'x'})}",
    ],
)
def test_a_cursor_of_another_form_is_no_point(url: str) -> None:
    assert point_of(url) is None


# Rows


@pytest.mark.parametrize("odd", ["{}", "7", '{"_id": 5}', '{"_id": "xyz"}', '{"_id": "\\ud800"}', "[" * 5 + "]" * 5])
def test_an_odd_row_hides_no_other(odd: str) -> None:
    row = json.dumps({"_id": ID.upper(), "id": "a/b"})
    assert identities(f"[{row}, {odd}, {row}]".encode()) == [ID, ID]


@pytest.mark.parametrize(
    ("own", "found", "fits"),
    [
        (ids(9, 8, 7), ids(9, 8, 7, 6, 5), True),
        (ids(9, 8, 7, 6), ids(9, 8), True),
        (ids(9, 8, 7), ids(9, 7, 6), True),  # 8 was deleted
        (ids(9, 7), ids(9, 8, 7), True),  # 8 was made public
        (ids(9), ids(8, 7), False),
        (ids(9, 8), ids(5, 4), False),
        (ids(*range(90, 70, -1)), ids(*range(81, 60, -1)), False),
        (ids(9), [], False),
        ([], ids(9), False),
    ],
)
def test_pieces_fit_where_they_show_the_same_rows(own: list[str], found: list[str], fits: bool) -> None:  # noqa: FBT001
    assert agree(own, found) is fits


# Pieces


def test_a_piece_ends_at_the_next_stored_model() -> None:
    plan = Plan(ids(100, 200, 300))
    assert [plan.end_of(point) for point in ids(301, 300, 200)] == ids(300, 200, 100)


def test_below_all_that_is_stored_it_ends_where_pages_as_wide_as_the_latest_would() -> None:
    plan = Plan(ids(5_000))
    for _ in range(3):
        plan.learn(*ids(4_100, 4_000))
    assert plan.end_of(*ids(4_000)) == ids(4_000 - 100 * PAGES_A_PIECE)[0]


def test_a_stored_model_far_away_does_not_make_a_long_piece() -> None:
    plan = Plan(ids(7))
    plan.learn(*ids(4_100, 4_000))
    assert plan.end_of(*ids(4_000)) == ids(4_000 - 100 * PAGES_A_PIECE)[0]


def test_a_page_over_a_time_with_nothing_is_not_asked_for_again_and_again() -> None:
    plan = Plan()
    for _ in range(9):
        plan.learn(*ids(100_100, 100_000))
    plan.learn(*ids(99_000, 5_000))
    assert plan.end_of(*ids(98_000)) == ids(5_000 - 100 * PAGES_A_PIECE)[0]


def test_the_last_piece_ends_with_the_list() -> None:
    plan = Plan()
    assert plan.end_of(ID) is None
    plan.learn(*ids(300, 200))
    assert plan.end_of(*ids(200)) is None


# How many at once


@pytest.mark.parametrize(
    ("limit", "round_trip", "work", "chains"),
    [
        (500, 0.22, 0.01, 1),
        (1_000, 0.22, 0.01, 1),
        (2_500, 0.22, 0.01, 2),
        (10_000, 0.22, 0.01, 8),
        (10_000, 0.22, 0.2, 2),
        (10_000, 0.22, 0.3, 1),
        (1_000_000, 0.01, 0.001, 1),
        (1_000_000, 9.0, 0.001, MOST_CHAINS),
    ],
)
def test_as_many_chains_as_round_trips_leave_time_for(limit: int, round_trip: float, work: float, chains: int) -> None:
    times = Times()
    for _ in range(MEASURED):
        times.add(round_trip, work)
    assert times.useful_chains(Quota(limit, limit, 300.0, 300.0)) == chains


def test_one_chain_where_no_quota_is_told_or_little_measured() -> None:
    times = Times()
    for _ in range(MEASURED - 1):
        times.add(1.0, 0.0)
    assert times.useful_chains(Quota(10_000, 10_000, 300.0, 300.0)) == 1
    times.add(1.0, 0.0)
    assert times.useful_chains(None) == 1
