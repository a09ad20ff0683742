"""A Hub of a few hand-written rows, asked over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from crawler.replica.catalogue import Catalogue
from crawler.replica.rows import catalogue_of
from crawler.replica.server import Replica, running

Row = dict[str, Any]
PATIENCE = 10.0


class Hub:
    """A running replica, and short ways to ask it."""

    def __init__(self, replica: Replica, url: str) -> None:
        self.replica, self.url = replica, url

    def get(self, path: str = "", *, token: str | None = None, **keywords: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        keywords.setdefault("allow_redirects", False)
        address = path if path.startswith("http") else f"{self.url}/api/models{path}"
        return requests.get(address, headers=headers, timeout=PATIENCE, **keywords)

    def ids(self, query: str = "?sort=createdAt") -> list[str]:
        return [row["id"] for row in self.get(query).json()]

    def pages(self, query: str) -> Iterator[list[Row]]:
        answer = self.get(query)
        yield answer.json()
        while "next" in answer.links:
            answer = self.get(answer.links["next"]["url"])
            yield answer.json()


OpenHub = Callable[..., Hub]


def listed(*rows: Row) -> Catalogue:
    return catalogue_of(json.dumps(row).encode() for row in rows)


@pytest.fixture
def open_hub() -> Iterator[OpenHub]:
    """Opens a Hub with these rows (or this catalogue) and options; closes it after the test."""
    with ExitStack() as opened:

        def hub(*rows: Row, catalogue: Catalogue | None = None, **options: Any) -> Hub:
            replica = Replica(listed(*rows) if catalogue is None else catalogue, **options)
            return Hub(replica, opened.enter_context(running(replica)))

        yield hub


def model(number: int, name: str, **fields: Any) -> Row:
    """A row whose `_id` grows with its number."""
    row = {"_id": f"{0x66000000 + number:08x}{number:016x}", "id": name, "author": name.partition("/")[0]}
    return row | fields


@pytest.fixture
def family() -> list[Row]:
    """A base, a fine-tune of it, a quantization of that, and a stranger; newest last."""
    return [
        model(
            1,
            "Qwen/Q",
            likes=5,
            downloads=10,
            trendingScore=0.5,
            tags=["license:mit"],
            pipeline_tag="text-generation",
        ),
        model(2, "alice/ft", likes=5, downloads=40, tags=["base_model:Qwen/Q", "base_model:finetune:Qwen/Q"]),
        model(
            3,
            "bob/gguf",
            likes=1,
            tags=["base_model:alice/ft", "base_model:quantized:alice/ft"],
            cardData={"a": 1},
        ),
        model(4, "carol/other", likes=9, downloads=20, tags=["license:mit"], lastModified="2026-01-01T00:00:00.000Z"),
    ]


@pytest.fixture
def hub(open_hub: OpenHub, family: list[Row]) -> Hub:
    return open_hub(*family)


@pytest.fixture
def radar() -> Path:
    """The folder of real rows, which lies beside the project and not in it."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "hub" / "radar"
    if not folder.is_dir():
        pytest.skip("../shared/hub/radar is not here")
    return folder
