"""The program in an empty folder, and Hubs that run beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from crawler.replica.catalogue import Catalogue
from store.database import writing
from tests.jobs.program import Program, Reader, Row, RunningHub, opened_hub, small_rows

OpenHub = Callable[..., RunningHub]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them: making one takes most of a short crawl's time."""
    path = tmp_path_factory.mktemp("migrated") / "modelroots.db"
    with writing(path):
        pass
    return path


@pytest.fixture
def prepared(program: Program, migrated: Path) -> Program:
    """The program beside a database in which nothing is stored."""
    shutil.copy(migrated, program.database)
    return program


@pytest.fixture
def open_hub() -> Iterator[OpenHub]:
    """Opens a Hub over rows or a catalogue, with a replica's options; closes it after the test."""
    with ExitStack() as opened:

        def hub(source: Iterable[Row] | Catalogue, **options: Any) -> RunningHub:
            return opened.enter_context(opened_hub(source, **options))

        yield hub


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A program over a finished sweep of `small_rows`: to be asked, never written to."""
    program = Reader(tmp_path_factory.mktemp("asked"))
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program
