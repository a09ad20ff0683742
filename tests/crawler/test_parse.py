"""One row -> one record, or a reason why not; and no row, however odd, costs its page."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import Malformed
from crawler.parse import LONGEST_RAW, parse_detail, parse_page, read_page
from crawler.records import ModelRecord, Quarantined, Relation
from crawler.rows import FIELDS, split_rows

IDENTITY = "621ffdc136468d709f180294"
CREATED = int(IDENTITY[:8], 16)
WHOLE: dict[str, Any] = {
    "_id": IDENTITY,
    "id": "alice/q-ft",
    "baseModels": {"relation": "quantized", "models": [{"_id": "0" * 24, "id": "Qwen/Q-7B"}]},
    "cardData": {"base_model": ["Qwen/Q-7B"], "license": "apache-2.0"},
    "gated": "manual",
    "disabled": False,
    "private": False,
    "createdAt": "2022-03-02T23:29:05.000Z",
    "lastModified": "2026-06-01T06:29:13.000Z",
    "likes": 5120,
    "downloads": 255316543,
    "downloadsAllTime": 3400446695,
    "library_name": "sentence-transformers",
    "pipeline_tag": "sentence-similarity",
    "safetensors": {"total": 22713728, "parameters": {"F32": 22713216}},
    "tags": ["base_model:Qwen/Q-7B", "base_model:quantized:Qwen/Q-7B", "license:mit"],
    "trendingScore": 1.5,
}


def text_of(**fields: Any) -> bytes:
    return json.dumps([{"_id": IDENTITY, "id": "a/b", **fields}]).encode()


def record_of(**fields: Any) -> ModelRecord:
    records, quarantined = parse_page(text_of(**fields))
    assert quarantined == []
    return records[0]


def quarantined_of(body: bytes) -> Quarantined:
    records, quarantined = parse_page(body)
    assert records == []
    (row,) = quarantined
    return row


def raw(inside: str) -> bytes:
    return f'[{{"_id":"{IDENTITY}","id":"a/b",{inside}}}]'.encode()


def test_a_whole_row_becomes_a_record() -> None:
    (record,), _ = parse_page(json.dumps([WHOLE]).encode())
    assert without_references(record) == {
        "hub_id": IDENTITY,
        "repo_id": "alice/q-ft",
        "created_at": 1646263745,
        "modified_at": 1780295353,
        "downloads": 255316543,
        "downloads_all_time": 3400446695,
        "likes": 5120,
        "gated": "manual",
        "disabled": False,
        "library": "sentence-transformers",
        "task": "sentence-similarity",
        "license": "mit",
        "parameters": 22713728,
    }
    assert [(one.target, one.relation, one.hub_id) for one in record.references] == [
        ("Qwen/Q-7B", Relation.QUANTIZED, "0" * 24)
    ]


def without_references(record: ModelRecord) -> dict[str, Any]:
    left_out = ("references", "evidence", "declared_hash", "fingerprint")
    return {name: getattr(record, name) for name in record.__struct_fields__ if name not in left_out}


def without_fingerprint(record: ModelRecord) -> ModelRecord:
    return msgspec.structs.replace(record, fingerprint=None)


def test_a_bare_row_is_created_when_its_id_was_made() -> None:
    record = record_of()
    assert (record.created_at, record.modified_at, record.downloads) == (CREATED, None, None)
    assert (record.gated, record.disabled, record.references) == ("no", False, ())


def test_an_empty_page_has_no_rows() -> None:
    assert parse_page(b" [] \n") == ([], [])


def test_rows_keep_their_order_beside_bad_ones() -> None:
    rows = [{"_id": f"{number:024x}", "id": f"a/{number}"} for number in range(5)]
    body = json.dumps([*rows[:2], "no object", *rows[2:]]).encode()
    records, quarantined = parse_page(body)
    assert [record.repo_id for record in records] == [row["id"] for row in rows]
    assert len(quarantined) == 1


def test_row_by_row_reads_what_the_fast_way_reads() -> None:
    rows = [
        WHOLE,
        {"_id": "1" * 24, "id": "gpt2"},
        {"_id": "2" * 24, "id": "a/ü", "gated": "auto", "tags": ["x", 'quo"te', "back\\slash", "[{,}]"]},
        {"_id": "3" * 24, "id": "a/c", "cardData": {"base_model": [["x/y"], {"a": [1, 2]}]}, "likes": 0},
        {"_id": "4" * 24, "id": "a/d", "tags": None, "cardData": None, "safetensors": None, "gated": True},
    ]
    body = json.dumps(rows, indent=1, ensure_ascii=False).encode()
    fast, _ = parse_page(body)
    slow, quarantined = parse_page(json.dumps([*rows, None], ensure_ascii=False).encode())
    assert list(map(without_fingerprint, fast)) == list(map(without_fingerprint, slow))
    assert len(quarantined) == 1
    assert list(map(json.loads, split_rows(body))) == rows


@pytest.mark.parametrize(
    "value", [None, -1, -(2**63), 1.5, 10**12 + 1, 2**63, 2**64, 10**400, "7", True, [], {}, float("nan")]
)
@pytest.mark.parametrize("field", ["downloads", "downloadsAllTime", "likes"])
def test_a_count_that_is_no_sensible_number_is_left_out(field: str, value: Any) -> None:
    record = record_of(**{field: value})
    assert (record.downloads, record.downloads_all_time, record.likes) == (None, None, None)


def test_the_largest_count_is_kept_with_what_is_odd_beside_it() -> None:
    record = record_of(downloads=10**12, likes=-5)
    assert (record.downloads, record.likes) == (10**12, None)


def test_a_number_of_more_digits_than_python_reads_costs_only_its_row() -> None:
    assert quarantined_of(raw('"likes":' + "9" * 10_000)).reason.startswith("not readable as JSON")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_know_is_left_out(value: str) -> None:
    (record,), quarantined = parse_page(raw(f'"downloads":{value},"likes":3'))
    assert (record.downloads, record.likes, quarantined) == (None, 3, [])


@pytest.mark.parametrize("value", [None, "", "soon", "2026-13-45T00:00:00Z", 7, [], {"$date": 1}])
def test_a_date_that_cannot_be_read_is_left_out(value: Any) -> None:
    record = record_of(createdAt=value, lastModified=value, likes=3)
    assert (record.created_at, record.modified_at, record.likes) == (CREATED, None, 3)


def test_a_future_date_and_one_before_the_creation_are_kept_as_given() -> None:
    record = record_of(createdAt="2999-01-01T00:00:00Z", lastModified="1969-12-31T23:59:59Z")
    assert (record.created_at, record.modified_at) == (32472144000, -1)


def test_a_date_without_a_zone_is_utc() -> None:
    assert record_of(createdAt="2022-03-02T23:29:05").created_at == 1646263745


@pytest.mark.parametrize(
    ("value", "gated"),
    [(False, "no"), (None, "no"), (True, "yes"), ("auto", "auto"), ("manual", "manual"), ("x", "yes")],
)
def test_gating_is_one_of_four_words(value: Any, gated: str) -> None:
    assert record_of(gated=value).gated == gated


@pytest.mark.parametrize(
    ("fields", "license_"),
    [
        ({"tags": ["license:mit"]}, "mit"),
        ({"tags": ["license:mit"], "cardData": {"license": "gpl"}}, "mit"),
        ({"cardData": {"license": ["gpl", "mit"]}}, "gpl"),
        ({"cardData": {"license": 7}}, None),
        ({"cardData": {"license": []}}, None),
        ({"cardData": {"license": "x" * 5000}}, "x" * 100),
    ],
)
def test_the_licence_is_the_tags_and_else_the_cards(fields: dict[str, Any], license_: str | None) -> None:
    assert record_of(**fields).license == license_


def test_tags_that_are_no_text_are_left_out_one_by_one() -> None:
    (reference,) = record_of(tags=[7, None, ["x"], "base_model:a/c"]).references
    assert reference.target == "a/c"


@pytest.mark.parametrize("field", ["tags", "baseModels", "cardData", "safetensors", "library_name", "pipeline_tag"])
@pytest.mark.parametrize("value", [7, "odd", True])
def test_a_field_of_another_type_costs_nothing_but_itself(field: str, value: Any) -> None:
    record = record_of(**{field: value, "likes": 3})
    assert (record.likes, record.references) == (3, ())


@pytest.mark.parametrize(
    "value", [{"models": None}, {"models": [{}]}, {"models": [7]}, {"models": [{"id": None}]}, {"relation": 7}]
)
def test_base_models_of_another_shape_leave_the_word_to_the_card(value: Any) -> None:
    (reference,) = record_of(baseModels=value, cardData={"base_model": "a/c"}).references
    assert reference.target == "a/c"


def test_a_base_whose_id_is_no_hub_id_is_named_without_it() -> None:
    (reference,) = record_of(baseModels={"models": [{"_id": "short", "id": "a/c"}]}).references
    assert (reference.target, reference.hub_id) == ("a/c", None)


def test_an_identity_in_capitals_is_the_same_identity() -> None:
    assert parse_page(text_of(_id=IDENTITY.upper()))[0][0].hub_id == IDENTITY


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"_id": IDENTITY}, "id is missing or no text"),
        ({"id": "a/b"}, "_id is missing or no text"),
        ({"_id": 7, "id": "a/b"}, "_id is missing or no text"),
        ({"_id": IDENTITY, "id": None}, "id is missing or no text"),
        ({"_id": IDENTITY, "id": "a/\ud800"}, "id is missing or no text"),
        ({"_id": "xyz", "id": "a/b"}, "_id is not 24 hex digits"),
        ({"_id": IDENTITY + "0", "id": "a/b"}, "_id is not 24 hex digits"),
        ({"_id": IDENTITY, "id": ""}, "id is empty"),
        ({"_id": IDENTITY, "id": "a/\0"}, "id is empty"),
        ({"_id": IDENTITY, "id": "a/" + "b" * 300}, "id is empty"),
        ([], "a row is an object, this is a list"),
        ("a/b", "a row is an object, this is a str"),
        (7, "a row is an object, this is a int"),
        (None, "a row is an object, this is a NoneType"),
    ],
)
def test_a_row_without_an_identity_is_quarantined_with_the_reason_and_its_text(row: Any, reason: str) -> None:
    found = quarantined_of(json.dumps([row]).encode())
    assert found.reason.startswith(reason)
    assert json.loads(found.raw) == row


@pytest.mark.parametrize(
    "name", ["a/" + "b" * 94 + "cd", "gpt2", "a/b.c", "a/ü", "a/u\u0308", "a/\u202eb", "=cmd()", "a/\x1b[31m"]
)
def test_an_unusual_id_is_kept_as_it_is(name: str) -> None:
    assert record_of(id=name).repo_id == name


@pytest.mark.parametrize(
    "body",
    [
        text_of(private=True, cardData={"secret": "s3cret"}),
        text_of(private="yes", cardData={"secret": "s3cret"}),
        text_of(private=1, cardData={"secret": "s3cret"}),
        text_of(private=True, _id="no hex", cardData={"secret": "s3cret"}),
        b'[{"private":true,"secret":"s3cret"}]',
        b'[{"private":"yes","secret":"s3cret"}]',
        b'[{"private" : true,"secret":"s3cret","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}]",
        raw('"private":true,"secret":"s3cret","library_name":"').replace(b"}]", b'\xff"}]'),
    ],
    ids=["true", "word", "number", "bad _id", "no id", "word, no id", "unreadable", "no UTF-8"],
)
def test_nothing_of_a_private_row_is_kept(body: bytes) -> None:
    assert quarantined_of(body).raw == ""


def test_nesting_too_deep_to_read_costs_only_its_row() -> None:
    for deep in ("[" * 200_000 + "]" * 200_000, '{"a":' * 200_000 + "1" + "}" * 200_000):
        body = raw(f'"x":{deep}')[:-1] + b',{"_id":"' + b"1" * 24 + b'","id":"c/d"}]'
        records, quarantined = parse_page(body)
        assert [record.repo_id for record in records] in (["c/d"], ["a/b", "c/d"])
        assert len(records) + len(quarantined) == 2


def test_of_a_key_given_twice_the_last_stands() -> None:
    (record,), _ = parse_page(raw('"likes":1,"likes":2'))
    assert record.likes == 2


def test_lone_surrogates_in_a_row_do_not_cost_it() -> None:
    record = record_of(library_name="\ud800", tags=["license:\udfff", "base_model:a/\ud800"], likes=3)
    assert record.likes == 3
    assert not record.references[0].well_formed


def test_text_that_is_no_utf8_is_quarantined_readably() -> None:
    found = quarantined_of(b'[{"_id":"' + IDENTITY.encode() + b'","id":"a/\xff"}]')
    assert "\ufffd" in found.raw


def test_a_quarantined_text_is_cut_at_64_kilobytes() -> None:
    assert len(quarantined_of(json.dumps(["x" * 100_000]).encode()).raw) == LONGEST_RAW


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{}",
        b'{"error":"x"}',
        b"null",
        b'"[]"',
        b"<html>504</html>",
        b"[",
        b'[{"_id":"',
        b'[{"id":"a/b"},{"id":"]',
        b'[{"id":[1]',
        b"[]]",
        b"\xff\xfe[]",
    ],
)
def test_a_body_that_is_no_whole_array_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_page(body)
    assert caught.value.retryable


def test_a_page_cut_anywhere_is_malformed_and_never_a_shorter_page() -> None:
    body = json.dumps([WHOLE, {**WHOLE, "_id": "1" * 24, "tags": ['x"]', "\\"]}]).encode()
    for end in range(len(body)):
        with pytest.raises(Malformed):
            parse_page(body[:end])


def test_a_detail_is_read_with_the_hubs_own_count_of_children() -> None:
    detail = parse_detail(json.dumps({**WHOLE, "childrenModelCount": {"adapter": 134, "merge": 7}}).encode())
    assert (detail.record.repo_id, detail.children) == ("alice/q-ft", {"adapter": 134, "merge": 7})


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"{}", b'{"id":"a/b"}', b'{"_id":'])
def test_a_detail_that_is_no_model_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_detail(body)
    assert caught.value.retryable


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside, max_size=4),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries(
    {"_id": st.just(IDENTITY) | ANYTHING, "id": st.just("a/b") | ANYTHING},
    optional={name: ANYTHING for name in FIELDS if name not in ("_id", "id")}
    | {
        "tags": st.lists(st.text(st.characters()).map("base_model:".__add__) | ANYTHING),
        "cardData": st.dictionaries(st.sampled_from(["base_model", "base_model_relation", "license"]), ANYTHING),
        "baseModels": st.fixed_dictionaries(
            {"models": st.lists(st.fixed_dictionaries({"id": st.text(st.characters())}))}
        ),
    },
)


@settings(max_examples=300)
@given(st.lists(ROWS | ANYTHING, max_size=6), st.booleans())
def test_every_row_of_any_array_is_a_record_or_quarantined(rows: list[Any], ascii_only: bool) -> None:  # noqa: FBT001
    body = json.dumps(rows, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    records, quarantined = parse_page(body)
    assert len(records) + len(quarantined) == len(rows)


@settings(max_examples=300)
@given(st.binary() | st.text('[]{}",:\\ a1').map(lambda text: f"[{text}]".encode()))
def test_any_body_is_read_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        records, quarantined = parse_page(body)
        assert len(records) + len(quarantined) <= len(body)


@pytest.mark.parametrize("size", [3 << 20, 16 << 20])
def test_a_body_of_millions_of_rows_is_counted_before_it_is_taken_apart(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"[" + b"0," * (size // 2) + b"0]"
    monkeypatch.setattr("crawler.rows._texts", None)  # who takes it apart now fails otherwise
    with pytest.raises(Malformed, match="more than 1,000 rows"):
        read_page(body, most=1000)
