"""The Hub's own client, unmodified, takes the replica for a Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from crawler.replica.generate import generate
from crawler.replica.rows import load_rows
from crawler.replica.server import Replica, running

COUNT = 2500


@pytest.fixture(autouse=True)
def _no_hidden_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its headers would otherwise be asked for from the real Hub (WIRE, Client library)."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY", True)


@pytest.mark.parametrize("sort", ["created_at", "last_modified", "downloads", "likes", "trending_score"])
def test_it_lists_every_model_once_page_after_page(
    sort: Literal["created_at", "last_modified", "downloads", "likes", "trending_score"],
) -> None:
    replica = Replica(generate(COUNT, 1))
    with running(replica) as url:
        ids = [found.id for found in HfApi(endpoint=url, token=False).list_models(sort=sort, expand=["author"])]
    assert (len(ids), len(set(ids)), replica.requests) == (COUNT, COUNT, 3)


def test_it_reads_lineage_out_of_rows() -> None:
    with running(Replica(generate(COUNT, 1))) as url:
        found = list(HfApi(endpoint=url, token=False).list_models(filter="base_model:Qwen/Qwen3-8B", full=True))
    assert found
    assert all("base_model:Qwen/Qwen3-8B" in (one.tags or []) for one in found)


def test_it_reads_one_model() -> None:
    with running(Replica(generate(COUNT, 1))) as url:
        found = HfApi(endpoint=url, token=False).model_info("Qwen/Qwen3-8B", expand=["childrenModelCount", "tags"])
    assert found.id == "Qwen/Qwen3-8B"
    assert set(found.__dict__["children_model_count"]) == {"adapter", "finetune", "merge", "quantized"}


def test_it_reads_a_whole_model() -> None:
    with running(Replica(generate(COUNT, 1))) as url:
        found = HfApi(endpoint=url, token=False).model_info("Qwen/Qwen3-8B")
    assert found.author == "Qwen"


def test_it_follows_a_rename() -> None:
    with running(Replica(generate(COUNT, 1))) as url:
        assert HfApi(endpoint=url, token=False).model_info("gpt2").id == "openai-community/gpt2"


def test_it_calls_a_missing_model_not_found() -> None:
    with running(Replica(generate(10, 1))) as url, pytest.raises(RepositoryNotFoundError):
        HfApi(endpoint=url, token="hf_any").model_info("no/such")  # noqa: S106 - any will do


def test_it_lists_the_real_rows(radar: Path) -> None:
    with running(Replica(load_rows(radar / "2026-08-19T0936.jsonl.gz"))) as url:
        found = HfApi(endpoint=url, token=False).list_models(sort="created_at", expand=["baseModels", "tags"])
        ids: list[Any] = [one.id for one in found]
    assert (len(ids), len(set(ids))) == (10_288 - 298, 10_288 - 298)
