"""P7: whatever a row holds, it is stored or quarantined with a reason, and the ledger adds up to the row.

Rows are made of what has been seen and of what has not; each field is drawn from values good and dirty.
"""

# ruff: noqa: E501, RUF001 - tables of values, some of which are meant to confuse

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crawler.parse import read_page
from crawler.records import Page
from jobs.pipelines import store_pages
from jobs.progress import Progress
from store import crawls
from store.database import writing
from store.registry.loader import load_registry
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled

ROWS = scaled(2_000, 100_000)
ROWS_A_PAGE = 1000
DEEP = "[" * 50_000 + "]" * 50_000
BASES: list[Any] = [
    "a/b", "a/m1", ["a/b", "a/c"], [["a/b"], [["c/d"]]], {"a": "b"}, 7, None, "", " ", ["a/b"] * 10_000, ["a/b", "a/b"],
    "https://huggingface.co/a/b", "https://huggingface.co/a/b/tree/main", "hf.co/a/b", "a/b@rev", "a/b/", "a/b.git",
    "a/b\n", "/home/me/model", "C:\\models\\x", "datasets/a/b", "spaces/a/b", "A/B", "x" * 97, "a/" + "y" * 300,
    "ä/ö", "\ud800", "a\0b", "=cmd()", "\x1b[31m", "a/\u202eb", [None, 1.5, True, {}], float("nan"), [float("inf")],
]  # fmt: skip
COUNTS: list[Any] = [
    0, 5, None, -1, 2.5, 2**63 - 1, 2**63, 2**64, 10**30, "7", "", True, [], float("nan"), float("-inf"),
]  # fmt: skip
TIMES: list[Any] = [
    "2026-01-01T00:00:00.000Z", "2026-01-01", None, "", "soon", "2099-01-01T00:00:00.000Z", "0000-00-00T00:00:00.000Z",
    "2026-02-30T00:00:00.000Z", 0, "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "２０２６-01-01T00:00:00.000Z",
]  # fmt: skip
TEXTS: list[Any] = ["mit", None, "", 3, ["mit"], [], {}, "\ud800", "a\0b", "x" * 5000, True]
TAGS: list[Any] = [
    [], None, "base_model:a/b", ["base_model:a/b", "base_model:finetune:a/b"], ["base_model:quantized:a/b"], [None, 3, "x"],
    ["base_model:"], ["base_model:made-up:a/b"], ["license:mit", "license:\ud800"], ["base_model:a/b\nc"], {}, 5,
    ["base_model:finetune:"], ["base_model::"], ["base_model:adapter:a/b", "base_model:merge:a/b"],
]  # fmt: skip
BASE_MODELS: list[Any] = [
    None, {"relation": "finetune", "models": [{"_id": "6" * 24, "id": "a/b"}]}, {"relation": None, "models": []}, [], "a/b",
    {"models": None}, {"models": [None]}, {"relation": 4, "models": [{"id": "a/b"}]}, {"models": [{"_id": 3, "id": "\0"}]},
]  # fmt: skip
NAMES: list[Any] = [
    None, "", "a", "a/b", "a.b/c.d", "A/b", "a/B", "e\u0301/x", "\u00e9/x", "a/\u202ecod", "\x1b[2J", "=HYPERLINK(1)", "x" * 257,
    "a\0b", "\ud800", 7, ["a/b"], "../../etc/passwd", "<script>",
]  # fmt: skip
ODD_ROWS = [
    "null",
    "7",
    '"text"',
    "[]",
    "{}",
    "true",
    "NaN",
    '{"id":"a/b"}',
    '{"_id":"x","id":"a/b"}',
    DEEP,
    '{"a":' + DEEP + "}",
]


def made_row(draw: random.Random, number: int) -> str:
    """The text of one row: mostly sound, with a few fields that are not."""
    if draw.random() < 0.02:
        return draw.choice(ODD_ROWS)
    hub_id = f"{0x66000000 + draw.randrange(1 << 24):08x}{draw.randrange(1 << 64):016x}"
    row: dict[str, Any] = {"_id": hub_id, "id": f"a/m{number}", "tags": [], "likes": 1, "downloads": 2}
    dirty: dict[str, list[Any]] = {
        "id": NAMES, "_id": [None, 3, "", "g" * 24, hub_id.upper(), "\ud800" * 24, hub_id + "0"], "tags": TAGS,
        "baseModels": BASE_MODELS, "cardData": [None, [], "x", *({"base_model": base} for base in BASES)],
        "createdAt": TIMES, "lastModified": TIMES, "downloads": COUNTS, "downloadsAllTime": COUNTS, "likes": COUNTS,
        "gated": [True, False, "auto", "manual", "odd", None, 3], "disabled": [True, None, "yes"], "private": [False, None, 0],
        "library_name": TEXTS, "pipeline_tag": TEXTS, "safetensors": [None, {}, {"total": 5}, {"total": -1}, {"total": "x"}, 3],
        "config": [{}], "made up": [[]],
    }  # fmt: skip
    for field in draw.sample(sorted(dirty), draw.choice((0, 0, 1, 1, 2, 5, 17))):
        row[field] = draw.choice(dirty[field])
    text = json.dumps(row, ensure_ascii=draw.random() < 0.5 or "\\ud800" in json.dumps(row))
    return text[:-1] + ',"likes":3}' if draw.random() < 0.02 else text


def bodies(seed: int) -> Iterator[list[str]]:
    """Pages of rows; now and then one that an earlier page has held already."""
    draw = random.Random(seed)
    before: list[str] = []
    for first in range(0, ROWS, ROWS_A_PAGE):
        page = [made_row(draw, first + number) for number in range(ROWS_A_PAGE - 5)]
        page += [draw.choice(before or page) for _ in range(5)]
        before = page
        yield page


def stored(connection: sqlite3.Connection, pages: Iterator[list[str]]) -> crawls.CrawlRow:
    """A whole crawl of these pages."""
    begin = partial(crawls.begin_or_resume, endpoint="http://hub", question="{}", now=int(time.time()), version="1")
    crawl = begin(connection, "sweep", fresh=True)
    return store_pages(
        connection, crawl, map(page_of, enumerate(pages, start=1)), load_registry(None), Progress("rows", expected=None)
    )


def page_of(numbered: tuple[int, list[str]]) -> Page:
    number, rows = numbered
    found = read_page(f"[{','.join(rows)}]".encode())
    assert len(found.models) + len(found.quarantined) == len(rows)
    assert all(row.reason for row in found.quarantined)
    is_last = number * ROWS_A_PAGE >= ROWS
    next_url = None if is_last else f"http://hub/{number}"
    return Page(models=found.models, quarantined=tuple(found.quarantined), next_url=next_url, requests=1)


def parts(crawl: crawls.CrawlRow) -> int:
    return crawl.new + crawl.changed + crawl.same + crawl.repeated + crawl.quarantined


@pytest.mark.parametrize("seed", [SEED])
def test_every_row_is_stored_or_quarantined_on_every_run(seed: int, tmp_path: Path, tried: Tried) -> None:
    with writing(tmp_path / "rows.db") as connection:
        first = stored(connection, bodies(seed))
        again = stored(connection, bodies(seed))
        other = stored(connection, bodies(seed + 100))
    rows = -(-ROWS // ROWS_A_PAGE) * ROWS_A_PAGE
    assert [(crawl.fetched, parts(crawl)) for crawl in (first, again, other)] == [(rows, rows)] * 3
    assert (again.new, again.models, again.quarantined) == (0, first.models, first.quarantined)
    with closing(sqlite3.connect(tmp_path / "rows.db")) as connection:
        kept = connection.execute("SELECT count(*) FROM quarantine WHERE crawl_id = ? AND reason != ''", (first.id,))
        assert kept.fetchone()[0] == first.quarantined > 0
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    result = f"{first.quarantined:,} in quarantine with a reason, the others stored, and the ledger adds up"
    tried("generated rows, listed twice and then others over the same store", rows, result)
