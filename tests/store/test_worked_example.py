"""METHOD's worked example, number by number, through the writer, the arrays and the tables."""

from __future__ import annotations

from typing import Any

import pytest

from store.derivatives import Derivatives, derivatives
from store.registry.loader import Registry, load_registry
from store.standing import standing
from tests.store.conftest import Store, row

EXAMPLE: list[dict[str, Any]] = [
    row("Qwen/Q-7B"),
    row("Qwen/Q-7B-Instruct", ["Qwen/Q-7B"]),
    row("meta-llama/L-8B"),
    row("deepseek-ai/R1-Distill-Q-7B", ["Qwen/Q-7B"]),
    row("alice/q-ft", ["Qwen/Q-7B-Instruct"]),
    row("alice/q-ft-lora", ["alice/q-ft"], "adapter"),
    row("bob/q-gguf", ["Qwen/Q-7B-Instruct"], "quantized"),
    row("bob/r1-gguf", ["deepseek-ai/R1-Distill-Q-7B"], "quantized"),
    row("carol/blend", ["alice/q-ft", "dave/l-ft", "alice/q-ft"], "merge"),
    row("dave/l-ft", ["meta-llama/L-8B"]),
    row("erin/ghost-ft", ["Qwen/Gone"]),
    row("frank/self", ["frank/self"]),
    row("gina/a", ["gina/b"]),
    row("gina/b", ["gina/a"]),
    row("hank/path", ["/cache/models/Qwen"]),
]
COUNTS = {
    "Qwen/Q-7B": (None, 2, 5, 7),
    "qwen": (2, 4, 3, 7),
    "deepseek": (1, 1, 0, 1),
    "llama": (1, 1, 1, 2),
    "Qwen/Gone": (None, 1, 0, 1),
    "gina/a": (None, 1, 0, 1),
    "frank/self": (None, 0, 0, 0),
}
LEDGER = {
    "models": 15,
    "models_declaring": 13,
    "references_declared": 15,
    "repeats": 1,
    "resolved": 12,
    "edges": 11,
    "dangling": 1,
    "ghosts": 1,
    "malformed": 1,
    "self_references": 1,
    "cycles": 1,
    "models_in_cycles": 2,
}


@pytest.fixture
def example(store: Store) -> Store:
    store.sweep(EXAMPLE)
    return store


def ask(store: Store, name: str, registry: Registry | None = None) -> Derivatives:
    found = derivatives(store.connection, name, registry or store.registry, standing(store.connection))
    assert found is not None
    return found


@pytest.mark.parametrize("name", COUNTS)
def test_derivatives(example: Store, name: str) -> None:
    found = ask(example, name)
    assert (found.official, found.direct, found.indirect, found.total) == COUNTS[name]


def test_derivatives_of_a_family_by_relation(example: Store) -> None:
    assert ask(example, "qwen").relations == {"finetune": 3, "adapter": 1, "quantized": 2, "merge": 1, "unknown": 0}


@pytest.mark.parametrize("item", LEDGER)
def test_the_ledger(example: Store, item: str) -> None:
    assert standing(example.connection).ledger[item] == LEDGER[item]


def test_a_ghost_is_called_one(example: Store) -> None:
    assert ask(example, "Qwen/Gone").kind == "ghost"


@pytest.mark.parametrize("name", ["qwen", "deepseek", "llama"])
def test_a_registry_given_with_the_question_counts_the_same(example: Store, name: str) -> None:
    """Under other rules no table has the answer: the recursive query must agree with the arrays."""
    computed = ask(example, name)
    rules = example.path.parent / "other"
    rules.mkdir()
    text = (example.path.parent / "families.toml").read_text(encoding="utf-8")
    (rules / "families.toml").write_text(text + '[more]\npublishers = ["alice"]\n', encoding="utf-8")
    other = load_registry(rules)
    assert ask(example, name, other) == computed
    assert ask(example, "more", other).total == 1
