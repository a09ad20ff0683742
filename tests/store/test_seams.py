"""Stored models at which a sweep may be cut: less than a page apart, from the newest to the oldest."""

from __future__ import annotations

from itertools import pairwise

from store.seams import APART, seams
from tests.store.conftest import Store


def listed(numbers: range) -> list[dict[str, str]]:
    """Models as a sweep lists them, the newest, which has the highest number, first."""
    return [{"_id": f"{number:024x}", "id": f"a/m{number}"} for number in reversed(numbers)]


def test_between_two_seams_lies_less_than_a_page(store: Store) -> None:
    store.sweep(listed(range(2_500)))
    store.sweep(listed(range(4_000)))
    found = [int(hub_id, 16) for hub_id in seams(store.connection)]
    assert len(found) == 4_000 // APART
    assert all(0 < newer - older <= 1_000 + APART for newer, older in pairwise([4_000, *found, 0]))
    assert sum(newer - older <= APART for newer, older in pairwise(found)) >= 2


def test_hardly_anything_stored_makes_none(store: Store) -> None:
    store.sweep(listed(range(APART - 1)))
    assert seams(store.connection) == []
