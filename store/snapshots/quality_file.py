"""quality.json: what `quality --json` prints, with `state` and `note`: the form is that of docs/json.md."""

from __future__ import annotations

import json
from pathlib import Path

from store.exports.cells import iso
from store.ledger import counts, coverage
from store.snapshots.marks import Mark

QUALITY = "quality.json"


def write_quality(mark: Mark, path: Path) -> None:
    """Writes the file."""
    basis = mark.basis
    known = [base._asdict() | {"ratio": base.ratio} for base in basis.known]
    told = {
        "schema_version": 1,
        "state": mark.state,
        "note": mark.note,
        "as_of": {"crawl": basis.crawl, "finished_at": iso(basis.finished_at), "complete": basis.complete},
        "choices": {},
        "coverage": coverage(basis),
        "items": [counts(basis) | {"completeness": known}],
    }
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
