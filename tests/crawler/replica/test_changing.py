"""Rows change before the requests that were ordered, and as each kind says."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.replica.changing import Changes

ROWS = [{"_id": f"{number:08x}{number:016x}", "id": f"a/m{number}"} for number in range(1, 4)]
ALL = {"a/m1", "a/m2", "a/m3"}


def after(open_hub: Any, changes: str, **options: Any) -> list[set[str]]:
    hub = open_hub(*ROWS, changes=changes, **options)
    return [set(hub.ids()) for _ in range(3)]


def test_a_change_comes_before_its_request_and_stays(open_hub: Any) -> None:
    first, second, third = after(open_hub, "delete@2")
    assert (first, len(second), second) == (ALL, 2, third)


def test_a_created_model_is_the_newest(open_hub: Any) -> None:
    assert open_hub(*ROWS, changes="create@1").ids() == ["created/m1", "a/m3", "a/m2", "a/m1"]


def test_a_renamed_model_answers_to_its_old_name(open_hub: Any) -> None:
    hub = open_hub(*ROWS, changes="rename@1")
    new = (set(hub.ids()) - ALL).pop()
    old = (ALL - set(hub.ids())).pop()
    assert hub.get(f"/{old}").headers["Location"].startswith(f"/api/models/{new}")


def test_an_edited_model_is_the_last_modified(open_hub: Any) -> None:
    hub = open_hub(*ROWS, changes="edit@2")
    before = hub.get("?sort=createdAt&expand=likes").json()
    edited = hub.get("?sort=lastModified&expand=likes&limit=1").json()[0]
    assert edited not in before


def test_a_hidden_model_is_back_when_it_is_shown(open_hub: Any) -> None:
    first, second, third = after(open_hub, "hide@2,show@3")
    assert (first, len(second), third) == (ALL, 2, ALL)


def test_the_same_seed_makes_the_same_changes(open_hub: Any) -> None:
    orders = "delete@0.5,create@0.5,rename@0.5"
    assert after(open_hub, orders, seed=3) == after(open_hub, orders, seed=3)


def test_a_catalogue_that_was_put_in_place_is_the_one_that_changes(open_hub: Any) -> None:
    hub, other = open_hub(*ROWS, changes="delete@1,delete@2"), open_hub(*ROWS)
    hub.ids()
    hub.replica.catalogue = other.replica.catalogue
    assert len(hub.ids()) == 2


def test_an_order_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match="no such change"):
        Changes("vanish@1", 0)
