"""The forms in which dumps have been seen to hold a column."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pyarrow as pa
import pytest

from crawler.dumps.columns import NO_TIME, moments, reading
from crawler.errors import UnreadableDump

BASES = [{"id": "a/b", "_id": "6" * 24}]
STRUCT = pa.struct([("_id", pa.string()), ("id", pa.string())])
HUB_FORM = pa.struct([("relation", pa.string()), ("models", pa.list_(STRUCT))])
NOON = datetime.datetime(2024, 5, 6, 12, 0, 7, 654_321)  # noqa: DTZ001  # some dumps have no zone
NOON_TEXT = "2024-05-06T12:00:07.000Z"
NOON_SECONDS = 1_714_996_807


def read(column: str, values: list[Any], kind: pa.DataType | None = None) -> list[Any]:
    array = pa.array(values, kind)
    return reading(column, array.type)(array)


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.binary()],
    ids=str,
)
def test_a_text_is_read_from_every_kind_of_text(kind: pa.DataType) -> None:
    assert read("id", ["a/b", None], kind) == ["a/b", None]


def test_bytes_that_are_no_text_are_read_with_marks_for_what_is_wrong() -> None:
    broken = pa.array([b"a/\xff"]).view(pa.string())
    assert reading("id", broken.type)(broken) == ["a/\ufffd"]


@pytest.mark.parametrize("kind", [pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")], ids=str)
def test_a_moment_is_read_in_every_unit(kind: pa.DataType) -> None:
    array = pa.array([NOON, None], pa.timestamp("us")).cast(kind, safe=False)
    assert reading("createdAt", kind)(array) == [NOON_TEXT, None]
    assert moments(array).tolist() == [NOON_SECONDS, NO_TIME]


def test_a_moment_of_another_zone_is_told_in_utc() -> None:
    array = pa.array([NOON], pa.timestamp("us", "UTC")).cast(pa.timestamp("us", "Asia/Tokyo"))
    assert reading("lastModified", array.type)(array) == [NOON_TEXT]
    assert moments(array).tolist() == [NOON_SECONDS]


@pytest.mark.parametrize(
    "text", [NOON_TEXT, "2024-05-06 12:00:07", "2024-05-06T12:00:07+00:00", "2024-05-06 21:00:07.65+09:00"]
)
def test_a_moment_in_words_is_told_as_the_hub_does(text: str) -> None:
    assert read("createdAt", [text]) == [NOON_TEXT]
    assert moments(pa.array([text])).tolist() == [NOON_SECONDS]


def test_a_day_is_its_first_moment() -> None:
    assert read("createdAt", [NOON.date()]) == read("createdAt", ["2024-05-06"]) == ["2024-05-06T00:00:00.000Z"]


def test_what_is_no_time_is_none() -> None:
    assert read("createdAt", ["yesterday", ""]) == [None, None]
    assert read("createdAt", [2**62], pa.timestamp("s")) == [None]


@pytest.mark.parametrize(
    ("values", "kind"),
    [([5, None], pa.uint8()), ([5.0, float("nan")], pa.float64()), ([decimal.Decimal(5), None], pa.decimal128(20, 2))],
    ids=["integers", "pandas's floats", "decimals"],
)
def test_a_count_is_whole_or_none(values: list[Any], kind: pa.DataType) -> None:
    assert read("downloads", values, kind) == [5, None]


def test_a_count_in_pieces_is_none() -> None:
    assert read("likes", [1.5, float("inf")]) == [None, None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False, None], [True, False, None]),
        (["auto", "manual", "False", "false", "True", None], ["auto", "manual", False, False, True, False]),
    ],
    ids=["truths", "texts"],
)
def test_a_gating_is_a_truth_or_its_name(values: list[Any], expected: list[Any]) -> None:
    assert read("gated", values) == expected


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string()), pa.large_list(pa.string()), pa.list_(pa.large_string())], ids=str
)
def test_tags_are_a_list_of_texts(kind: pa.DataType) -> None:
    assert read("tags", [["a", None], None, []], kind) == [["a", None], None, []]


def test_tags_may_be_json() -> None:
    assert read("tags", ['["a", "b"]', "{}", "a", None]) == [["a", "b"], None, None, None]


def test_a_card_is_text_or_struct() -> None:
    said = {"base_model": "a/b", "license": "mit"}
    for values in (['{"base_model": "a/b", "license": "mit", "x": 1}'], [said | {"x": 1}]):
        (card,) = read("cardData", values)
        assert {name: value for name, value in card.items() if value} == said


@pytest.mark.parametrize(
    "values", [[{"total": 7, "parameters": {"F32": 7}}, None], ['{"total": 7}', "nonsense"]], ids=["struct", "json"]
)
def test_weights_are_a_struct_or_json(values: list[Any]) -> None:
    first, second = read("safetensors", values)
    assert (first["total"], second) == (7, None)


def test_weights_without_a_total_are_unknown() -> None:
    assert read("safetensors", [{"parameters": 7}]) == [None]


@pytest.mark.parametrize(
    ("values", "kind", "relation"),
    [
        ([{"relation": "merge", "models": BASES}], HUB_FORM, "merge"),
        ([[{"relation": "merge", "models": BASES}]], pa.list_(HUB_FORM), "merge"),
        ([BASES], pa.list_(STRUCT), None),
        (['{"relation": "merge", "models": [{"id": "a/b", "_id": "666666666666666666666666"}]}'], None, "merge"),
    ],
    ids=["as the Hub", "a list of that", "a list of models", "json"],
)
def test_bases_are_named_in_every_form(values: list[Any], kind: pa.DataType | None, relation: str | None) -> None:
    assert read("baseModels", values, kind) == [{"models": BASES, "relation": relation}]


def test_bases_may_be_names_alone() -> None:
    assert read("baseModels", [["a/b"]]) == [{"models": [{"id": "a/b", "_id": None}], "relation": None}]


def test_several_relations_in_one_row_are_none_for_all() -> None:
    value = [{"relation": "merge", "models": BASES}, {"relation": "adapter", "models": [{"id": "c/d", "_id": None}]}]
    (found,) = read("baseModels", [value], pa.list_(HUB_FORM))
    assert found["relation"] is None
    assert [base["id"] for base in found["models"]] == ["a/b", "c/d"]


def test_no_bases_are_none() -> None:
    values = [None, {"relation": None, "models": None}, {"relation": "merge", "models": []}]
    assert read("baseModels", values, HUB_FORM) == [None, None, None]


@pytest.mark.parametrize(
    "column", ["id", "createdAt", "downloads", "gated", "private", "tags", "cardData", "baseModels"]
)
def test_a_column_of_nulls_alone_is_none_of_everything(column: str) -> None:
    assert read(column, [None, None], pa.null()) == [None, None]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("id", pa.int64()),
        ("_id", pa.list_(pa.string())),
        ("createdAt", pa.int64()),
        ("downloads", pa.string()),
        ("likes", pa.bool_()),
        ("private", pa.string()),
        ("tags", pa.list_(pa.int64())),
        ("cardData", pa.int64()),
        ("safetensors", pa.int64()),
        ("safetensors", pa.struct([("total", pa.string())])),
        ("baseModels", pa.int64()),
    ],
    ids=str,
)
def test_a_wrong_type_is_refused_by_column_and_type(column: str, kind: pa.DataType) -> None:
    with pytest.raises(UnreadableDump) as refused:
        reading(column, kind)
    assert repr(column) in str(refused.value)
    assert str(kind) in str(refused.value)
