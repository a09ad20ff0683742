"""A base that is not there any more, whatever its number, does not end the computation of those who name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import pipelines
from jobs.settings import read_settings
from tests.jobs.program import listed, model, opened_hub
from tests.reliability.crawling import left, quick


@pytest.mark.parametrize("gone", [0, 1])
def test_a_missing_base_named_by_its_id_may_have_the_highest_number(tmp_path: Path, gone: int) -> None:
    base = model(1, "a/base")  # the oldest: the last that a first sweep stores
    named = {"relation": "finetune", "models": [{"_id": base["_id"], "id": "a/base"}]}
    rows = [base, *(model(number, f"a/m{number}", baseModels=named) for number in range(2, 70))]
    with opened_hub(rows) as hub, quick():
        settings = read_settings({"db": str(tmp_path / "m.db"), "endpoint": hub.url}, {}, tmp_path)
        pipelines.run_sweep(settings, None, fresh=False)
        hub.replica.catalogue = listed(rows[gone:])
        pipelines.run_sweep(settings, None, fresh=False)
    assert (left(tmp_path / "m.db").ledger["state"], left(tmp_path / "m.db").ledger["missing"]) == ("complete", gone)
