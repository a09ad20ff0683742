"""GET /api/models answers as WIRE says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from crawler.replica.fields import LIST_WORDS


def cursor(condition: Any) -> str:
    return base64.b64encode(json.dumps(condition).encode()).decode()


def test_created_at_lists_newest_first(hub: Any) -> None:
    assert hub.ids() == ["carol/other", "bob/gguf", "alice/ft", "Qwen/Q"]


def test_direction_is_ignored(hub: Any) -> None:
    assert hub.ids("?sort=createdAt&direction=1") == hub.ids("?sort=createdAt&direction=-1") == hub.ids()


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("likes", "carol/other"),
        ("downloads", "alice/ft"),
        ("lastModified", "carol/other"),
        ("trendingScore", "Qwen/Q"),
    ],
)
def test_a_sort_puts_its_highest_first(hub: Any, sort: str, first: str) -> None:
    assert hub.ids(f"?sort={sort}")[0] == first


def test_equal_keys_are_listed_newest_first(hub: Any) -> None:
    assert hub.ids("?sort=likes") == ["carol/other", "alice/ft", "Qwen/Q", "bob/gguf"]


def test_the_default_sort_is_trending(hub: Any) -> None:
    assert hub.ids("") == hub.ids("?sort=trendingScore")


def test_an_unknown_sort_is_refused(hub: Any) -> None:
    assert hub.get("?sort=size").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=base_model:Qwen/Q", ["alice/ft"]),
        ("filter=base_model:finetune:Qwen/Q", ["alice/ft"]),
        ("filter=base_model:adapter:Qwen/Q", []),
        ("filter=base_model:Qwen", []),
        ("filter=license:mit", ["carol/other", "Qwen/Q"]),
        ("author=carol", ["carol/other"]),
        ("pipeline_tag=text-generation", ["Qwen/Q"]),
        ("search=GG", ["bob/gguf"]),
        ("filter=license:mit&author=Qwen", ["Qwen/Q"]),
        ("filter=license:mit&filter=base_model:Qwen/Q", []),
    ],
)
def test_a_filter_keeps_the_rows_that_have_it(hub: Any, query: str, found: list[str]) -> None:
    assert hub.ids(f"?sort=createdAt&{query}") == found


@pytest.mark.parametrize("parameter", ["offset=2", "skip=2", "library=peft", "other=x", "dataset=y"])
def test_a_parameter_that_the_hub_ignores_changes_nothing(hub: Any, parameter: str) -> None:
    assert hub.ids(f"?sort=createdAt&{parameter}") == hub.ids()


def test_expand_shows_identity_and_what_was_asked(hub: Any) -> None:
    assert hub.get("?sort=likes&expand=likes&expand=author").json()[0] == {
        "_id": "660000040000000000000004",
        "id": "carol/other",
        "likes": 9,
        "author": "carol",
    }


def test_a_field_without_value_is_absent(hub: Any) -> None:
    assert [("cardData" in row) for row in hub.get("?sort=createdAt&expand=cardData").json()] == [
        False,
        True,
        False,
        False,
    ]


def test_one_unknown_word_refuses_the_request_and_lists_the_legal_ones(hub: Any) -> None:
    answer = hub.get("?expand=likes&expand=nonsense")
    assert answer.status_code == 400
    assert all(f'"{word}"' in answer.json()["error"] for word in LIST_WORDS)


def test_children_are_not_told_in_lists(hub: Any) -> None:
    assert hub.get("?expand=childrenModelCount").status_code == 400


@pytest.mark.parametrize("flag", ["full=True", "cardData=true", "config=1"])
def test_flags_never_come_with_expand(hub: Any, flag: str) -> None:
    assert hub.get(f"?expand=likes&{flag}").status_code == 400


def test_card_data_is_shown_when_its_flag_is_set(hub: Any) -> None:
    plain, asked = (hub.get(f"?sort=createdAt{flag}").json()[1] for flag in ("", "&cardData=True"))
    assert "cardData" not in plain
    assert asked == {**plain, "cardData": {"a": 1}}


def test_full_adds_the_last_change(hub: Any) -> None:
    assert hub.get("?sort=createdAt&full=True").json()[0]["lastModified"] == "2026-01-01T00:00:00.000Z"


def test_the_next_link_keeps_the_question_and_the_host(hub: Any) -> None:
    url = hub.get("?sort=createdAt&limit=2&filter=license:mit&limit=1").links["next"]["url"]
    assert url.startswith(f"{hub.url}/api/models?")
    assert "filter=license%3Amit" in url


def test_the_last_page_has_no_link(hub: Any) -> None:
    assert "Link" not in hub.get("?limit=4").headers


@pytest.mark.parametrize("sort", ["createdAt", "likes", "downloads", "lastModified", "trendingScore"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_are_the_list_in_pieces(hub: Any, sort: str, limit: int) -> None:
    pages = list(hub.pages(f"?sort={sort}&limit={limit}"))
    assert [row["id"] for page in pages for row in page] == hub.ids(f"?sort={sort}")
    assert len(pages) == -(-4 // limit)


def test_a_filtered_list_has_pages_too(hub: Any) -> None:
    pages = list(hub.pages("?filter=license:mit&sort=likes&limit=1"))
    assert [row["id"] for page in pages for row in page] == ["carol/other", "Qwen/Q"]


def test_the_cursor_of_created_at_is_the_last_row_s_id(hub: Any) -> None:
    url = hub.get("?sort=createdAt&limit=2").links["next"]["url"]
    text = base64.b64decode(url.partition("cursor=")[2].replace("%3D", "="))
    assert json.loads(text) == {"_id": {"$lt": "660000030000000000000003"}}


def test_a_made_up_cursor_starts_anywhere_in_time(hub: Any) -> None:
    made = cursor({"_id": {"$lt": "66000002ffffffffffffffff"}})
    assert hub.ids(f"?sort=createdAt&cursor={made}") == ["alice/ft", "Qwen/Q"]


@pytest.mark.parametrize("made", ["!!", cursor([]), cursor({"_id": "x"}), cursor({"likes": 1})])
def test_a_cursor_of_another_make_is_refused(hub: Any, made: str) -> None:
    assert hub.get("", params={"sort": "createdAt", "cursor": made}).status_code == 400


def test_a_limit_above_a_thousand_is_a_thousand(open_hub: Any) -> None:
    hub = open_hub(*({"id": f"a/{number}"} for number in range(1001)))
    assert [len(page) for page in hub.pages("?limit=5000")] == [1000, 1]


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_no_count_is_refused(hub: Any, limit: str) -> None:
    assert hub.get(f"?limit={limit}").status_code == 400


def test_an_empty_hub_lists_nothing(open_hub: Any) -> None:
    assert open_hub().get("?sort=createdAt").json() == []


def test_the_catalogue_can_be_swapped_while_it_runs(hub: Any, open_hub: Any) -> None:
    hub.replica.catalogue = open_hub({"id": "new/one"}).replica.catalogue
    assert hub.ids() == ["new/one"]
