"""Rows files: what is added to a line, what is left as it is, and what is no row at all."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from crawler.replica.bases import follows_from
from crawler.replica.catalogue import Catalogue
from crawler.replica.rows import catalogue_of, load_rows


def rows(catalogue: Catalogue) -> list[Any]:
    return [json.loads(bytes(text)) for text in catalogue.texts()]


def only(line: str) -> Any:
    (row,) = rows(catalogue_of([line.encode()]))
    return row


def derived(*tags: str) -> Any:
    lines = [{"id": "a/base"}, {"id": "a/other"}, {"id": "a/child", "tags": list(tags)}]
    found = rows(catalogue_of(json.dumps(line).encode() for line in lines))
    return next(row for row in found if row["id"] == "a/child").get("baseModels")


def test_plain_and_packed_files_are_the_same(tmp_path: Path) -> None:
    text = b'{"id": "a/b"}\n\n{"id": "a/c"}\n'
    (tmp_path / "rows.jsonl").write_bytes(text)
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(text))
    plain, packed = (rows(load_rows(tmp_path / name)) for name in ("rows.jsonl", "rows.jsonl.gz"))
    assert plain == packed
    assert len(plain) == 2


def test_a_missing_id_is_made_of_creation_and_name() -> None:
    made = only('{"id": "a/b", "createdAt": "2026-08-19T03:28:51.000Z"}')["_id"]
    assert made[:8] == "6a8522f3"
    assert len(made) == 24


def test_without_a_creation_it_is_the_floor() -> None:
    assert only('{"id": "a/b"}')["_id"][:8] == "621ffdc0"


def test_base_models_follow_from_both_tags_of_a_base() -> None:
    found = derived("base_model:a/base", "base_model:adapter:a/base")
    assert (found["relation"], [base["id"] for base in found["models"]]) == ("adapter", ["a/base"])


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param(["base_model:a/base"], id="no relation"),
        pytest.param(["base_model:merge:a/base", "base_model:merge:a/gone"], id="half dangling"),
        pytest.param(["base_model:merge:a/base", "base_model:finetune:a/other"], id="two relations"),
        pytest.param(["base_model:finetune:A/base"], id="other case"),
        pytest.param(["transformers"], id="no base"),
    ],
)
def test_base_models_stay_absent_where_they_would_say_less_than_the_tags(tags: list[str]) -> None:
    assert derived(*tags) is None


def test_a_row_s_own_base_models_are_kept() -> None:
    assert only('{"id": "a/b", "baseModels": 5, "tags": ["base_model:merge:a/b"]}')["baseModels"] == 5


@pytest.mark.parametrize("tags", [None, 5, "x", {"a": 1}, [1, None, []]])
def test_odd_tags_derive_nothing(tags: Any) -> None:
    assert follows_from(tags, lambda _name: "1") is None


DIRTY = [
    {"base_model": None},
    {"base_model": {"a": [1]}},
    {"base_model": 7},
    {"base_model": ["a", ["b"]]},
    "card",
    None,
]


@pytest.mark.parametrize("card", DIRTY)
def test_a_dirty_card_is_served_as_it_is(open_hub: Any, card: Any) -> None:
    assert open_hub({"id": "a/b", "cardData": card}).get("?expand=cardData").json()[0]["cardData"] == card


@pytest.mark.parametrize("count", [-1, 1.5, None, 2**64, 2**200, "many", [], True])
@pytest.mark.parametrize("sort", ["downloads", "lastModified"])
def test_a_dirty_count_sorts_somewhere_and_pages_go_on(open_hub: Any, sort: str, count: Any) -> None:
    hub = open_hub({"id": "a/b", sort: count}, {"id": "a/c", sort: 3}, {"id": "a/d"})
    pages = list(hub.pages(f"?sort={sort}&limit=1&expand={sort}"))
    assert sorted(row["id"] for page in pages for row in page) == ["a/b", "a/c", "a/d"]


@pytest.mark.parametrize("odd", ['"\\ud800"', "NaN", "1e999", '"\\u0000"', '["\\udfff"]'])
@pytest.mark.parametrize("field", ["tags", "likes", "pipeline_tag", "cardData"])
def test_a_value_that_only_a_lenient_reader_takes_is_served(open_hub: Any, field: str, odd: str) -> None:
    catalogue = catalogue_of([f'{{"id": "a/b", "{field}": {odd}}}'.encode(), b'{"id": "a/c"}'])
    hub = open_hub(catalogue=catalogue)
    assert len(hub.get(f"?sort=likes&expand={field}").json()) == 2
    assert field in hub.get("/a/b").json()


@pytest.mark.parametrize("hub_id", ["5", '"not hex"', "[1]"])
def test_a_strange_row_with_an_identity_is_served(open_hub: Any, hub_id: str) -> None:
    hub = open_hub(catalogue=catalogue_of([f'{{"_id": {hub_id}}}'.encode(), b'{"_id": "f", "id": 5}']))
    assert len(hub.get("?sort=createdAt").json()) == 2


@pytest.mark.parametrize("line", ["[]", "5", '"text"', "{", "nonsense", "null", '{"likes": 1}', "[" * 200_000])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a/b"}\n' + line + "\n")
    with pytest.raises(ValueError, match=r"rows\.jsonl, line 2: "):
        load_rows(file)


def test_real_rows_are_listed_without_those_removed(radar: Path) -> None:
    found = rows(load_rows(radar / "2026-08-21T0600.jsonl.gz"))
    assert len(found) == 13_283 - 611
    assert [row["_id"] for row in found] == sorted((row["_id"] for row in found), reverse=True)


def test_real_base_models_name_each_base_that_the_tags_name(radar: Path) -> None:
    for row in rows(load_rows(radar / "2026-08-21T0600.jsonl.gz")):
        tagged = {tag.split(":")[-1] for tag in row["tags"] if tag.startswith("base_model:")}
        if "baseModels" in row:
            assert {base["id"] for base in row["baseModels"]["models"]} == tagged
