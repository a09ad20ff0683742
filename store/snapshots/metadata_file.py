"""metadata.yaml: what Datasette shows of lineage.db, its tables, their columns, and the questions of `canned`.

Texts are in double quotes as JSON has them, which is YAML too; SQL stands in blocks, as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from store.snapshots.canned import CANNED, Canned
from store.snapshots.dictionary import LINEAGE_COLUMNS, LINEAGE_TABLES
from store.snapshots.marks import Mark

METADATA = "metadata.yaml"


def write_metadata(mark: Mark, path: Path) -> None:
    """Writes the file. `datasette lineage.db --metadata metadata.yaml` serves both."""
    path.write_text("".join(f"{line}\n" for line in _lines(mark)), encoding="utf-8")


def _lines(mark: Mark) -> Iterator[str]:
    partial = "" if mark.is_complete else " (PARTIAL)"
    yield f"title: {_quoted(f'Open-model lineage on {mark.date}{partial}')}"
    yield f"description: {_quoted(f'{mark.sentence} It cannot see {mark.crawl.unseen}.')}"
    yield f"source: {_quoted('Hugging Face Hub')}"
    yield f"source_url: {_quoted(mark.crawl.endpoint)}"
    yield "databases:"
    yield "  lineage:"
    yield f"    description: {_quoted(mark.sentence)}"
    yield "    tables:"
    for table, meaning in LINEAGE_TABLES.items():
        yield f"      {table}:"
        yield f"        description: {_quoted(meaning)}"
        yield from ["        label_column: name"] * (table == "nodes")
        columns = LINEAGE_COLUMNS.get(table, {})
        yield from ["        columns:"] * bool(columns)
        yield from (f"          {column}: {_quoted(said)}" for column, said in columns.items())
    yield "    queries:"
    for canned in CANNED:
        yield from _question(canned)


def _question(canned: Canned) -> Iterator[str]:
    yield f"      {canned.name}:"
    yield f"        title: {_quoted(canned.title)}"
    yield f"        description: {_quoted(canned.description)}"
    if canned.parameters:
        yield f"        params: [{', '.join(canned.parameters)}]"
    yield "        sql: |-"
    yield from (f"          {line}" for line in canned.sql.strip().splitlines())


def _quoted(text: str) -> str:
    return json.dumps(text)
