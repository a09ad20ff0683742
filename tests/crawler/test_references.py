"""What a row declares: every form in which people and the Hub name a base."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import references
from crawler.records import Reference, Relation, Source
from crawler.references import LONGEST_TARGET, declared, tidy


def from_card(base: Any, relation: Any = None) -> tuple[Reference, ...]:
    references, evidence = declared(None, (), base, relation)
    assert evidence == ()
    return references


def from_tags(*tags: str) -> tuple[Reference, ...]:
    return declared(None, tags, None, None)[0]


def named(references: tuple[Reference, ...]) -> list[str]:
    return [reference.target for reference in references]


@pytest.mark.parametrize(
    "text",
    [
        "a/b",
        " a/b ",
        "a/b\n",
        "\ta/b\r\n",
        "a/b/",
        "a/b.git",
        "a/b.git/",
        "a/b@main",
        "a/b@refs/pr/3",
        "https://huggingface.co/a/b",
        "http://huggingface.co/a/b/",
        "HTTPS://HuggingFace.co/a/b",
        "https://www.huggingface.co/a/b",
        "https://huggingface.co/a/b/tree/main",
        "https://huggingface.co/a/b/blob/main/README.md",
        "https://huggingface.co/a/b?library=transformers#usage",
        "https://huggingface.co/a/b.git",
        "https://hf.co/a/b",
        "hf.co/a/b",
        "huggingface.co/a/b@main",
    ],
)
def test_a_name_is_tidied_out_of_every_form_that_means_it(text: str) -> None:
    assert tidy(text) == ("a/b", True)


@pytest.mark.parametrize("text", ["gpt2", "https://huggingface.co/gpt2", "https://hf.co/gpt2/tree/main"])
def test_a_legacy_single_name_is_well_formed(text: str) -> None:
    assert tidy(text) == ("gpt2", True)


def test_case_and_dots_in_a_name_stay() -> None:
    assert tidy("Qwen/Qwen2.5-7B_v1.git") == ("Qwen/Qwen2.5-7B_v1", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "/",
        "/cache/models/Qwen",
        "./output",
        "../output",
        "~/models/q",
        "a/b/c",
        "C:\\models\\q",
        "C:/models/q",
        "models\\q",
        "https://huggingface.co/datasets/a/b",
        "https://huggingface.co/spaces/a/b",
        "hf.co/collections/a/b",
        "datasets/a/b",
        "https://example.com/a/b",
        "https://huggingface.co/",
        "my model",
        "a/b:Q4_K_M",
        "é/b",
        "a/b\u202ec",
        "a/b\0",
        "a/\x1b[31mb",
        "=cmd()",
        "@a/b",
    ],
)
def test_a_text_that_names_no_model_is_malformed(text: str) -> None:
    assert not tidy(text)[1]


def test_a_malformed_text_stays_readable() -> None:
    assert tidy(" /cache/models/Qwen ")[0] == "/cache/models/Qwen"


def test_an_endless_text_is_cut_and_malformed() -> None:
    assert tidy("x" * 100_000) == ("x" * LONGEST_TARGET, False)


def test_a_lone_surrogate_and_a_nul_become_text_that_can_be_stored() -> None:
    for text in ("a/\ud800", "a/\0"):
        target, well_formed = tidy(text)
        assert target.encode()
        assert "\0" not in target
        assert not well_formed


@given(st.text(st.characters()))
def test_tidying_twice_is_tidying_once_for_a_name(text: str) -> None:
    target, well_formed = tidy(text)
    if well_formed:
        assert tidy(target) == (target, True)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("a/b", ["a/b"]),
        (["a/b", "c/d"], ["a/b", "c/d"]),
        ([["a/b", ["c/d"]], "e/f"], ["a/b", "c/d", "e/f"]),
        (None, []),
        ([], []),
    ],
)
def test_a_card_names_bases_as_a_string_or_a_list_of_any_depth(base: Any, expected: list[str]) -> None:
    references = from_card(base)
    assert named(references) == expected
    assert all(reference.well_formed and reference.source == Source.CARD for reference in references)


@pytest.mark.parametrize("base", ["", " ", 7, 1.5, True, float("nan"), {"name": "a/b"}, [None], [[7]], {"a": "\ud800"}])
def test_a_card_whose_base_is_no_name_gives_one_malformed_reference(base: Any) -> None:
    (reference,) = from_card(base)
    assert not reference.well_formed


def test_ten_thousand_entries_are_ten_thousand_references_in_order() -> None:
    bases = [f"a/b{number}" for number in range(10_000)]
    assert named(from_card(bases)) == bases


def test_a_nested_list_too_deep_for_recursion_is_read() -> None:
    nested: Any = "a/b"
    for _ in range(200_000):
        nested = [nested]
    assert named(from_card(nested)) == ["a/b"]


def test_a_repeated_base_is_one_reference_with_a_count() -> None:
    (reference,) = from_card(["a/b", "https://hf.co/a/b", "a/b@main"])
    assert (reference.target, reference.times) == ("a/b", 3)


@pytest.mark.parametrize("relation", list(Relation))
def test_a_card_tells_its_relation(relation: Relation) -> None:
    assert from_card("a/b", relation.word)[0].relation == relation


@pytest.mark.parametrize("word", ["distilled", "FINETUNE", "", None, 7, ["finetune"], {"a": 1}])
def test_an_unknown_relation_in_a_card_is_unknown(word: Any) -> None:
    assert from_card("a/b", word)[0].relation == Relation.UNKNOWN


@pytest.mark.parametrize("relation", ["finetune", "adapter", "quantized", "merge"])
def test_a_pair_of_tags_is_one_reference(relation: str) -> None:
    (reference,) = from_tags("base_model:a/b", f"base_model:{relation}:a/b")
    assert (reference.target, reference.relation.word, reference.times) == ("a/b", relation, 1)
    assert reference.source == Source.TAG


def test_either_form_of_tag_alone_is_a_reference() -> None:
    assert from_tags("base_model:a/b")[0].relation == Relation.UNKNOWN
    assert from_tags("base_model:merge:a/b")[0].relation == Relation.MERGE


def test_the_order_of_a_tag_pair_does_not_matter() -> None:
    assert from_tags("base_model:merge:a/b", "base_model:a/b") == from_tags("base_model:a/b", "base_model:merge:a/b")


def test_a_pair_given_twice_counts_twice() -> None:
    assert from_tags(*("base_model:a/b", "base_model:merge:a/b") * 2)[0].times == 2


def test_an_unknown_word_in_a_tag_is_a_relation_and_no_part_of_the_name() -> None:
    (reference,) = from_tags("base_model:a/b", "base_model:distilled:a/b")
    assert (reference.target, reference.relation) == ("a/b", Relation.UNKNOWN)


def test_of_several_relations_to_one_base_the_first_known_stands() -> None:
    (reference,) = from_tags("base_model:a/b", "base_model:odd:a/b", "base_model:adapter:a/b", "base_model:merge:a/b")
    assert reference.relation == Relation.ADAPTER


def test_several_bases_keep_their_own_relations_and_order() -> None:
    found = from_tags("base_model:c/d", "base_model:a/b", "base_model:merge:a/b", "base_model:adapter:c/d")
    assert [(one.target, one.relation) for one in found] == [("c/d", Relation.ADAPTER), ("a/b", Relation.MERGE)]


@pytest.mark.parametrize(
    "tag", ["base_model:https://hf.co/a/b", "base_model:finetune:https://hf.co/a/b", "base_model:a/b\n"]
)
def test_an_address_or_a_newline_in_a_tag_is_tidied(tag: str) -> None:
    assert named(from_tags(tag)) == ["a/b"]


@pytest.mark.parametrize("path", ["C:\\models\\q", "c:\\models\\q", "c:/models/q"])
def test_a_drive_letter_in_a_tag_is_no_relation(path: str) -> None:
    (reference,) = from_tags(f"base_model:{path}")
    assert (reference.target, reference.well_formed) == (path, False)


def test_base_models_win_over_tags_and_tags_over_the_card() -> None:
    base_models = ("adapter", (("0" * 24, "a/b"),))
    tags = ("base_model:a/b", "base_model:merge:a/b")
    assert declared(base_models, tags, "a/b", "quantized")[0] == (
        Reference("a/b", Relation.ADAPTER, Source.BASE_MODELS, "0" * 24),
    )
    assert declared(None, tags, "a/b", "quantized")[0][0].source == Source.TAG


def test_base_models_that_name_none_leave_the_word_to_the_tags() -> None:
    assert declared(("finetune", ()), ("base_model:a/b",), None, None)[0][0].source == Source.TAG


def test_sources_that_agree_leave_no_evidence() -> None:
    assert declared(None, ("base_model:a/b",), ["a/b", "a/b/"], None)[1] == ()


def test_a_card_that_disagrees_with_the_tags_is_kept_as_evidence() -> None:
    references, evidence = declared(None, ("base_model:a/b",), ["c/d"], None)
    assert named(references) == ["a/b"]
    assert [(one.target, one.source) for one in evidence] == [("c/d", Source.CARD)]


def test_each_source_that_disagrees_is_evidence_of_its_own() -> None:
    _, evidence = declared(("", ((None, "a/b"),)), ("base_model:c/d",), "e/f", None)
    assert [(one.target, one.source) for one in evidence] == [("c/d", Source.TAG), ("e/f", Source.CARD)]


def test_a_row_that_names_no_base_declares_nothing() -> None:
    assert declared(None, (), None, "finetune") == ((), ())


NAMES = st.sampled_from(["a/b", "a/b/", "c/d", "e", "", "x:y", "finetune:a/b", " a/b"])
TAGS = st.builds("base_model:{}{}".format, st.sampled_from(["", "finetune:", "odd:", "adapter:"]), NAMES)


@given(
    st.sampled_from(["finetune", "adapter", "odd", ""]),
    st.lists(st.tuples(st.none() | st.just("0" * 24), NAMES), max_size=2).map(tuple),
    st.lists(TAGS, max_size=3).map(tuple),
    st.none() | NAMES | st.lists(NAMES, max_size=2),
)
def test_one_base_named_alike_by_all_sources_is_read_as_any_other(
    relation: str, bases: tuple[tuple[str | None, str], ...], tags: tuple[str, ...], card: Any
) -> None:
    assert declared((relation, bases), tags, card, None) == references._weighed((relation, bases), tags, card, None)


@pytest.mark.parametrize("address", ["hf.co/gpt2", "HuggingFace.co/gpt2", "www.hf.co/gpt2"])
def test_an_address_that_looks_like_a_name_is_none(address: str) -> None:
    assert tidy(address) == ("gpt2", True)
