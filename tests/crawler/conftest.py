"""A client of a scripted server whose waits are listed, never slept."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from crawler.hub import Hub
from tests.crawler.scripted import (
    Waits,
)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def make_hub(httpserver: HTTPServer, waits: Waits) -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def make(endpoint: str | None = None, **more: Any) -> Hub:
        settings: dict[str, Any] = {"clock": waits.clock, "sleep": waits.sleep, "rng": random.Random(1), **more}
        made.append(Hub(endpoint or httpserver.url_for(""), **settings))
        return made[-1]

    yield make
    for hub in made:
        hub.close()
