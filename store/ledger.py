"""The ledger of METHOD, section 3, as readers are given it: its items by their public names, and what each is.

Its figures are those of a `Standing`. Imports nothing slow.
"""

from __future__ import annotations

from typing import Any

from store.standing import Standing

_PUBLIC = {"references_declared": "references"}
_COVERAGE = ("models", "models_declaring", "resolved", "dangling", "malformed", "self_references")

MEANINGS = {
    "models": "present models",
    "models_declaring": "those that declare a base",
    "references": "bases declared, mentions counted",
    "repeats": "further mentions of the same base by one model",
    "resolved": "references that name a stored model",
    "edges": "distinct (model, base) pairs among them, without self-references",
    "dangling": "references to a name that no stored model bears",
    "ghosts": "such names",
    "malformed": "references that cannot be a model's name",
    "self_references": "models that name themselves",
    "cycles": "sets of models that descend from each other",
    "models_in_cycles": "models in them",
    "disagreements": "models whose tags, card and baseModels name different bases",
}


def counts(basis: Standing) -> dict[str, int]:
    """Every item of the ledger."""
    return {_PUBLIC.get(item, item): count for item, count in basis.ledger.items()}


def coverage(basis: Standing) -> dict[str, Any]:
    """What the counts rest on: models known, those that declare a base, and what became of the references."""
    return {name: basis.ledger[name] for name in _COVERAGE} | {
        "basis": basis.basis,
        "unseen": basis.unseen,
        "warning": basis.warning,
    }
