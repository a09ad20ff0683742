"""A dump's file as pages of records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.dumps.reading import PAGE, Dump
from crawler.errors import UnreadableDump
from crawler.records import ModelRecord, Relation, Source

FIRST, SECOND = "6" * 24, "7" * 24


def dump(folder: Path, rows: Sequence[dict[str, Any]], **options: Any) -> Dump:
    path = folder / "models.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows)), path, **options)
    return Dump(path)


def nameless(names: Sequence[str], created: Sequence[int | None]) -> list[str]:
    """What a test takes for the `_id`s of models that have none: their number."""
    return [f"{place:024x}" for place, _ in enumerate(zip(names, created, strict=True), start=1)]


def records(found: Dump) -> list[ModelRecord]:
    return [record for page in found.pages(0, nameless) for record in page.records]


def test_a_whole_row_is_read_as_a_listing_s(tmp_path: Path) -> None:
    row = {
        "_id": FIRST, "id": "a/b", "author": "a", "createdAt": "2024-01-02T03:04:05.000Z",
        "lastModified": "2024-01-03T00:00:00.000Z", "downloads": 3, "downloadsAllTime": 4, "likes": 5,
        "trendingScore": 0.5, "pipeline_tag": "text-generation", "library_name": "transformers", "gated": "manual",
        "tags": ["license:mit"], "cardData": "{}", "safetensors": {"total": 6},
        "baseModels": {"relation": "adapter", "models": [{"_id": SECOND, "id": "c/d"}]},
    }  # fmt: skip
    (record,) = records(dump(tmp_path, [row]))
    (reference,) = record.references
    assert (record.hub_id, record.repo_id, record.created_at, record.modified_at) == (
        FIRST,
        "a/b",
        1704164645,
        1704240000,
    )
    assert (record.downloads, record.downloads_all_time, record.likes, record.parameters) == (3, 4, 5, 6)
    assert (record.task, record.library, record.gated, record.license) == (
        "text-generation",
        "transformers",
        "manual",
        "mit",
    )
    assert (reference.target, reference.relation, reference.source) == ("c/d", Relation.ADAPTER, Source.BASE_MODELS)
    assert reference.hub_id == SECOND


def test_names_alone_are_enough(tmp_path: Path) -> None:
    found = dump(tmp_path, [{"id": "a/b"}, {"id": "c/d"}])
    assert [(record.repo_id, record.hub_id) for record in records(found)] == [
        ("a/b", f"{1:024x}"),
        ("c/d", f"{2:024x}"),
    ]
    assert "baseModels" in found.missing


def test_a_stand_in_tells_no_creation(tmp_path: Path) -> None:
    assert records(dump(tmp_path, [{"id": "a/b"}]))[0].created_at is None


def test_a_row_without_an_id_beside_rows_with_one_gets_a_stand_in(tmp_path: Path) -> None:
    found = records(dump(tmp_path, [{"id": "a/b", "_id": FIRST}, {"id": "c/d", "_id": None}]))
    assert [record.hub_id for record in found] == [FIRST, f"{1:024x}"]


@pytest.mark.parametrize(
    ("row", "source"),
    [
        ({"tags": ["base_model:c/d", "base_model:merge:c/d"], "cardData": '{"base_model": "e/f"}'}, Source.TAG),
        ({"cardData": '{"base_model": "c/d", "base_model_relation": "merge"}'}, Source.CARD),
    ],
    ids=["tags", "card"],
)
def test_without_base_models_tags_and_card_tell_the_lineage(
    tmp_path: Path, row: dict[str, Any], source: Source
) -> None:
    (record,) = records(dump(tmp_path, [{"_id": FIRST, "id": "a/b"} | row]))
    assert [(one.target, one.relation, one.source) for one in record.references] == [("c/d", Relation.MERGE, source)]
    assert [one.target for one in record.evidence] == (["e/f"] if source is Source.TAG else [])


def test_older_dumps_call_the_name_model_id(tmp_path: Path) -> None:
    assert records(dump(tmp_path, [{"modelId": "a/b", "_id": FIRST}]))[0].repo_id == "a/b"


def test_columns_that_are_not_known_are_left_alone(tmp_path: Path) -> None:
    row = {"_id": FIRST, "id": "a/b", "siblings": [{"rfilename": "x"}], "spaces": 7}
    assert records(dump(tmp_path, [row]))[0].repo_id == "a/b"


def test_a_private_row_is_counted_and_nothing_of_it_kept(tmp_path: Path) -> None:
    rows = [{"_id": FIRST, "id": "a/b", "private": False}, {"_id": SECOND, "id": "c/secret", "private": True}]
    (page,) = dump(tmp_path, rows).pages(0, nameless)
    assert [record.repo_id for record in page.records] == ["a/b"]
    assert [(row.reason, row.raw) for row in page.quarantined] == [("private", "")]


@pytest.mark.parametrize(
    "row", [{"id": None}, {"id": ""}, {"id": "a\0b"}, {"id": "x" * 300}, {"id": "a/b", "_id": "7"}]
)
def test_a_row_that_cannot_be_a_model_is_in_quarantine(tmp_path: Path, row: dict[str, Any]) -> None:
    (page,) = dump(tmp_path, [{"_id": FIRST} | row, {"_id": SECOND, "id": "c/d"}]).pages(0, nameless)
    assert [record.repo_id for record in page.records] == ["c/d"]
    assert len(page.quarantined) == 1


@pytest.mark.parametrize("start", [0, 700, 1_000, 1_700, 2_100])
def test_reading_goes_on_from_any_row(tmp_path: Path, start: int) -> None:
    names = [f"a/m{number}" for number in range(2_500)]
    found = dump(tmp_path, [{"id": name} for name in names], row_group_size=1_700)
    pages = list(found.pages(start, nameless))
    assert [record.repo_id for page in pages for record in page.records] == names[start:]
    assert max(len(page.models) for page in pages) <= PAGE


def test_each_page_names_the_row_that_the_next_begins_with(tmp_path: Path) -> None:
    found = dump(tmp_path, [{"id": f"a/m{number}"} for number in range(2_500)], row_group_size=1_700)
    assert [page.next_url for page in found.pages(0, nameless)] == ["1000", "1700", None]


def test_a_dump_without_rows_has_one_empty_page(tmp_path: Path) -> None:
    path = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    (page,) = Dump(path).pages(0, nameless)
    assert (len(page.models), page.next_url) == (0, None)


def test_the_newest_moment_is_that_of_any_row_but_none_to_come(tmp_path: Path) -> None:
    rows = [
        {"id": "a/b", "createdAt": "2024-01-01T00:00:00.000Z", "lastModified": "2024-01-02T00:00:00.000Z"},
        {"id": "c/d", "createdAt": "2024-01-01T12:00:00.000Z", "lastModified": "9000-01-01T00:00:00.000Z"},
    ]
    found = dump(tmp_path, rows)
    assert found.newest(now=1_800_000_000) == 1_704_153_600
    assert found.newest(now=1_704_110_400) == 1_704_110_400


def test_no_times_have_no_newest(tmp_path: Path) -> None:
    assert dump(tmp_path, [{"id": "a/b"}]).newest(now=1_800_000_000) is None


def test_what_is_no_parquet_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("id\na/b\n", encoding="utf-8")
    with pytest.raises(UnreadableDump, match=r"models\.csv cannot be read as Parquet"):
        Dump(path)


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDump, match=r"nowhere\.parquet"):
        Dump(tmp_path / "nowhere.parquet")


def test_a_file_of_something_else_is_refused_by_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDump, match=r"no column 'id'.*It has: name, age"):
        dump(tmp_path, [{"name": "x", "age": 1}])


def test_a_table_of_an_export_or_snapshot_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDump, match=r"export --format hub-stats"):
        dump(tmp_path, [{"id": "a/b", "hub_id": FIRST, "direct_derivatives": 1}])


def test_a_wrong_type_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDump, match=r"'downloads' is of type string, and a whole number is needed.*leave the"):
        dump(tmp_path, [{"id": "a/b", "downloads": "many"}])


def test_a_damaged_file_is_refused_where_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "models.parquet"
    pq.write_table(pa.table({"id": [f"a/m{number}" for number in range(50_000)]}), path, use_dictionary=False)
    whole = bytearray(path.read_bytes())
    whole[20_000:40_000] = bytes(20_000)
    path.write_bytes(whole)
    with pytest.raises(UnreadableDump, match="damaged in row group 0"):
        list(Dump(path).pages(0, nameless))
