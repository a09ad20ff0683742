"""A fresh database, and whole crawls of hand-written Hub rows into it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from crawler.known import KnownRows
from crawler.parse import read_page, read_rest
from crawler.records import Page
from store import crawls
from store.computation import compute
from store.crawls import CrawlRow
from store.database import transaction, writing
from store.kept import Kept, taking
from store.known import fingerprints
from store.registry.loader import Registry, load_registry
from store.writer import PageWriter, Tally

REGISTRY = """
[qwen]
publishers = ["Qwen"]
[deepseek]
publishers = ["deepseek-ai"]
[llama]
publishers = ["meta-llama"]
"""


def row(name: str, bases: Sequence[str] = (), relation: str = "finetune", **more: Any) -> dict[str, Any]:
    """A listing row that declares its bases in tags, both forms of each. The `_id` follows from the name."""
    tags = [tag for base in bases for tag in (f"base_model:{base}", f"base_model:{relation}:{base}")]
    return {"_id": hub_id(name), "id": name, "tags": tags, **more}


def hub_id(name: str) -> str:
    return "66000000" + blake2b(name.encode(), digest_size=8).hexdigest()


@dataclass
class Store:
    """A database under test."""

    connection: sqlite3.Connection
    registry: Registry
    path: Path

    def begin(self, kind: str = "sweep", *, question: str = "{}", fresh: bool = False) -> CrawlRow:
        return crawls.begin_or_resume(
            self.connection, kind, endpoint="http://hub", question=question, now=1000, version="test", fresh=fresh
        )

    def page(
        self,
        rows: Sequence[Any],
        *,
        next_url: str | None = None,
        base: str | None = None,
        known: KnownRows | None = None,
    ) -> Page:
        found = read_page(json.dumps(list(rows)).encode(), known)
        quarantined = tuple(found.quarantined)
        return read_rest(Page(found.models, quarantined, next_url, 1, base, None, found.unchanged, found.unread))

    def sweep(self, rows: Sequence[Any], *, kind: str = "sweep", knowing: bool = False) -> CrawlRow:
        """One crawl of one page, to its end; `knowing` as the program does it, which reads changed rows alone."""
        crawl = self.begin(kind)
        known = KnownRows(*fingerprints(self.connection)) if knowing else None
        with taking(self.connection) if kind == "changes" else nullcontext() as take:
            with PageWriter(self.connection, crawl.id) as writer:
                writer.write(self.page(rows, known=known))
            return self.finish(crawl, writer, take)

    def finish(self, crawl: CrawlRow, writer: PageWriter, take: Callable[[], Kept | None] | None = None) -> CrawlRow:
        with transaction(self.connection):
            writer.index_names()
            finished = crawls.finish(self.connection, crawl.id, writer.listed, now=2000)
            compute(self.connection, crawl.id, self.registry, now=2000, take=take)
            crawls.forget_pages(self.connection)
        return finished

    def all(self, query: str, *parameters: Any) -> list[Any]:
        rows = self.connection.execute(query, parameters).fetchall()
        return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "families.toml").write_text(REGISTRY, encoding="utf-8")
    return load_registry(tmp_path)


@pytest.fixture
def store(tmp_path: Path, registry: Registry) -> Iterator[Store]:
    path = tmp_path / "test.db"
    with writing(path) as connection:
        yield Store(connection, registry, path)


__all__ = ["Store", "Tally", "hub_id", "row"]
