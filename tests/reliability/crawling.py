"""Whole crawls in this process, at a speed that allows thousands: what they leave behind, and how they ended. No test.

Pages are small, nothing is waited for, and all is fetched in this process: the way from answers to tables is the
program's own.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawler import sweep
from crawler.hub import Hub
from crawler.parse import read_rest
from crawler.records import Page
from jobs import pipelines
from jobs.cli.errors import report
from jobs.progress import Progress
from jobs.settings import read_settings
from store.database import writing
from store.registry.loader import Registry, load_registry

ROWS_A_PAGE = 50
CHAINS = 3
SECONDS = 0.5  # a request may take
NAMES = "SELECT lower(hex(hub_id)), name FROM model JOIN node ON node.id = model.node_id"
REFERENCES = """
    SELECT lower(hex(model.hub_id)), base.name, reference.relation, source, times, is_evidence
    FROM reference JOIN model ON model.id = model_id JOIN node base ON base.id = reference.node_id
    WHERE until_crawl IS NULL"""
COUNTERS = "SELECT lower(hex(hub_id)), downloads, likes, created_at, modified_at, missing_since FROM model"
LEDGER = ("state", "fetched", "new", "changed", "same", "repeated", "quarantined", "models", "missing", "gone", "back")


@dataclass(frozen=True)
class Left:
    """What a crawl left: its exit code, its row in the ledger, and what is stored."""

    code: int
    ledger: dict[str, Any]
    names: frozenset[tuple[str, str]]
    references: frozenset[tuple[Any, ...]]
    counters: frozenset[tuple[Any, ...]]

    @property
    def is_complete(self) -> bool:
        return self.code == 0 and self.ledger["state"] == "complete"

    @property
    def adds_up(self) -> bool:
        """Whether fetched = new + changed + same + repeated + quarantined."""
        parts = ("new", "changed", "same", "repeated", "quarantined")
        return bool(self.ledger["fetched"] == sum(self.ledger[part] for part in parts))


class Crawler:
    """Sweeps into databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.db"
        with writing(self._empty):
            pass

    def database(self, name: str = "modelroots", *, like: Path | None = None) -> Path:
        """A new one, empty or as another is."""
        path = self._folder / f"{name}.db"
        for old in self._folder.glob(f"{name}.db*"):
            old.unlink()
        shutil.copy(like or self._empty, path)
        return path

    def database_of(self, name: str = "modelroots") -> Path:
        """The one of this name, as it is."""
        return self._folder / f"{name}.db"

    def sweep(self, database: Path, url: str, token: str | None = None) -> Left:
        settings = read_settings({"db": str(database), "endpoint": url}, {}, self._folder)
        code = 0
        try:
            pipelines.run_sweep(settings, token, fresh=False)
        except Exception as error:  # noqa: BLE001 - the program's own boundary does the same
            code = report(error)
        return left(database, code)


def left(database: Path, code: int = 0) -> Left:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f"SELECT {', '.join(LEDGER)} FROM crawl ORDER BY id DESC LIMIT 1").fetchall()
        ledger = dict(zip(LEDGER, rows[0], strict=True)) if rows else {}
        stored = (frozenset(connection.execute(query)) for query in (NAMES, REFERENCES, COUNTERS))
        return Left(code, ledger, *stored)


@contextmanager
def quick(
    *,
    ahead: bool = False,
    sleep: Callable[[float], object] = bool,
    deadline: float = SECONDS,
    rows: int = ROWS_A_PAGE,
) -> Iterator[None]:
    """Within it a sweep asks for small pages and waits for nothing; `ahead`: with several chains after three pages."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sweep, "PAGE_SIZE", str(rows))
        patched.setattr(sweep.Times, "useful_chains", _chains if ahead else lambda *_: 1)
        patched.setattr(pipelines, "apart", _here(sleep, deadline))
        patched.setattr(pipelines, "load_registry", _registry)
        patched.setattr(Progress, "waiting", lambda *_: None)
        yield


@cache
def _registry(path: Path | None) -> Registry:
    """Read once: it is the same for all, and takes as long as two pages."""
    return load_registry(path)


def _chains(times: sweep.Times, _: object) -> int:
    """After so few pages that their width is known."""
    return CHAINS if len(times._round_trips) > 2 else 1


def _here(sleep: Callable[[float], object], deadline: float) -> Callable[..., Iterator[Page]]:
    def pages(listing: Callable[[Hub], Iterator[Page]], make_hub: Callable[..., Hub], **more: Any) -> Iterator[Page]:
        with make_hub(sleep=sleep, deadline=deadline, **more) as hub:
            yield from map(read_rest, listing(hub))

    return pages
