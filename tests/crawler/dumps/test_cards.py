"""Cards as text."""

from __future__ import annotations

import pytest

from crawler.dumps.cards import card_of


def test_a_card_in_json_says_its_base_and_licence() -> None:
    found = card_of('{"base_model": ["a/b", "c/d"], "license": "mit", "language": ["en"]}')
    assert found == {"base_model": ["a/b", "c/d"], "base_model_relation": None, "license": "mit"}


@pytest.mark.parametrize(
    "text",
    [
        "base_model: a/b\nlicense: mit\n",
        "---\nbase_model: a/b\nlicense: mit\n---\n# A model\n",
        "{'base_model': 'a/b', 'license': 'mit'}",
    ],
)
def test_a_card_in_yaml_says_the_same(text: str) -> None:
    assert card_of(text) == {"base_model": "a/b", "base_model_relation": None, "license": "mit"}


@pytest.mark.parametrize("text", [None, "", "  ", "null", "[1]", "just words", "{", "a: [", "\t: x", "&a [*a]"])
def test_what_is_no_card_says_nothing(text: str | None) -> None:
    assert card_of(text) is None


def test_yaml_that_stands_for_more_than_any_memory_is_no_card() -> None:
    lines = ["a: &a0 [x, x]", *(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))]
    assert card_of("\n".join([*lines, "base_model: *a11"])) is None


def test_yaml_that_would_build_objects_is_no_card() -> None:
    assert card_of("base_model: !!python/object/apply:os.getcwd []") is None
