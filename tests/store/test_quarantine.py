"""Rows that could not be stored: shown with their reasons, and a model as soon as they can be read."""

from __future__ import annotations

from typing import Any

import pytest

from store.quarantine import Reason, reasons, rows
from store.standing import standing
from store.writer import PageWriter
from tests.store.conftest import Store, row

NO_ID = {"_id": "nonsense", "id": "a/1"}


def found(store: Store, as_of: str | None = None) -> list[Reason]:
    return reasons(store.connection, standing(store.connection, as_of))


def test_each_reason_has_its_rows_and_an_example(store: Store) -> None:
    store.sweep([row("Qwen/A"), NO_ID, NO_ID | {"id": "a/2"}, 7])
    hex_digits, no_object = found(store)
    assert (hex_digits.reason, hex_digits.rows, hex_digits.earlier) == ("_id is not 24 hex digits", 2, 0)
    assert hex_digits.example == '{"_id": "nonsense", "id": "a/1"}'
    assert (no_object.rows, no_object.example) == (1, "7")


def test_every_row_is_there_with_its_text(store: Store) -> None:
    store.sweep([row("Qwen/A"), NO_ID | {"likes": 3}])
    (one,) = rows(store.connection, standing(store.connection))
    assert (one.crawl, one.raw, one.earlier) == (1, '{"_id": "nonsense", "id": "a/1", "likes": 3}', False)


@pytest.mark.parametrize("private", [{"private": True}, {"private": True, "_id": "nonsense"}])
def test_nothing_of_a_private_row_is_there(store: Store, private: dict[str, Any]) -> None:
    store.sweep([row("Qwen/A"), row("secret/name", **private)])
    assert [one.raw for one in rows(store.connection, standing(store.connection))] == [""]


def test_a_row_that_an_older_version_could_not_read_is_a_model_after_the_next_sweep(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [row("Qwen/A"), row("b/a-long-name", ["Qwen/A"])]
    with monkeypatch.context() as older:
        older.setattr("crawler.parse.LONGEST_ID", 8)
        assert store.sweep(listed, knowing=True).quarantined == 1
    crawl = store.sweep(listed, knowing=True)
    assert (crawl.new, crawl.same, crawl.quarantined) == (1, 1, 0)
    assert store.all("SELECT resolved FROM computation ORDER BY crawl_id") == [0, 1]


def test_what_was_noted_of_it_is_of_an_earlier_crawl_then(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("crawler.parse.LONGEST_ID", 3)
        store.sweep([row("a/1"), row("b/22")])
    store.sweep([row("a/1"), row("b/22")])
    assert [(one.rows, one.earlier, one.crawl) for one in found(store)] == [(0, 1, 1)]
    assert [one.earlier for one in rows(store.connection, standing(store.connection))] == [True]


def test_what_changes_found_since_the_sweep_is_not_earlier(store: Store) -> None:
    store.sweep([row("a/1"), NO_ID])
    store.sweep([NO_ID], kind="changes")
    assert [(one.rows, one.earlier) for one in found(store)] == [(2, 0)]


def test_as_of_an_earlier_crawl_later_ones_are_not_there(store: Store) -> None:
    store.sweep([row("a/1"), NO_ID])
    store.sweep([row("a/1"), 7])
    assert [one.example for one in found(store, "1")] == ['{"_id": "nonsense", "id": "a/1"}']
    assert {one.example: one.earlier for one in found(store)} == {"7": 0, '{"_id": "nonsense", "id": "a/1"}': 1}


def test_a_model_whose_row_cannot_be_read_is_listed_and_keeps_what_it_declared(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [row("Qwen/A"), row("b/22", ["Qwen/A"]), *(row(f"c/{number}") for number in range(100))]
    store.sweep(listed)
    with monkeypatch.context() as later:
        later.setattr("crawler.parse.LONGEST_ID", 5)
        crawl = store.sweep([*listed[:1], row("b/22") | {"id": "b/22-renamed"}, *listed[2:]])
    assert (crawl.quarantined, crawl.missing) == (2, 0)
    assert store.all("SELECT count(*) FROM edge") == [1]


def test_a_missing_model_whose_row_cannot_be_read_is_not_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [row("b/22"), *(row(f"c/{number}") for number in range(100))]
    store.sweep(listed)
    assert store.sweep(listed[1:]).missing == 1
    with monkeypatch.context() as later:
        later.setattr("crawler.parse.LONGEST_ID", 5)
        crawl = store.sweep([listed[0] | {"id": "b/22-renamed"}, *listed[1:]])
    assert (crawl.quarantined, crawl.gone) == (1, 0)
    assert store.sweep(listed).back == 1


def test_a_model_that_became_private_is_missing(store: Store) -> None:
    listed = [row("a/1"), *(row(f"c/{number}") for number in range(100))]
    store.sweep(listed)
    assert store.sweep([listed[0] | {"private": True}, *listed[1:]]).missing == 1


def test_a_base_s_id_in_a_row_that_cannot_be_read_lists_no_model(store: Store) -> None:
    listed = [row("a/1"), *(row(f"c/{number}") for number in range(100))]
    store.sweep(listed)
    broken = {"baseModels": {"models": [{"_id": listed[0]["_id"], "id": "a/1"}]}, "id": "d/1", "_id": "nonsense"}
    assert store.sweep([broken, *listed[1:]]).missing == 1


def test_a_row_that_could_not_be_read_is_of_the_crawl_that_goes_on_under_a_new_number(store: Store) -> None:
    listed = [row("b/1"), *(row(f"c/{number}") for number in range(100))]
    store.sweep(listed)
    crawl = store.begin()
    with PageWriter(store.connection, crawl.id) as writer:
        writer.write(store.page([row("b/1") | {"id": ""}], next_url="http://hub/next"))
    store.sweep([row("d/1")], kind="changes")
    continued = store.begin()
    assert continued.id > crawl.id
    with PageWriter(store.connection, continued.id) as writer:
        writer.write(store.page([row("d/1"), *listed[1:]]))
    assert store.finish(continued, writer).missing == 0
