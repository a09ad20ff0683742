"""README.md of a snapshot: the card of a Hub dataset, with the head that the Hub reads, and what each column is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from store.snapshots.dictionary import COLUMNS, TABLES
from store.snapshots.marks import Mark

README = "README.md"

_TYPES = {"double": "float64"}
"""Arrow's words for which the Hub has others."""


def write_card(mark: Mark, schemas: Mapping[str, pa.Schema], rows: Mapping[str, int], path: Path) -> None:
    """Writes the file; `schemas` and `rows` are those of each table that is a Parquet file."""
    lines = [*_head(mark, schemas, rows), "", *_body(mark, schemas, rows)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _head(mark: Mark, schemas: Mapping[str, pa.Schema], rows: Mapping[str, int]) -> Iterator[str]:
    """The YAML between two lines of dashes. Texts are quoted as JSON has them, which is YAML too."""
    yield "---"
    yield f"pretty_name: {json.dumps(_title(mark))}"
    yield "license: other"
    yield "license_name: hugging-face-terms-of-service"
    yield "license_link: https://huggingface.co/terms-of-service"
    yield f"tags: [lineage, base-models, hub-metadata{', partial' * (not mark.is_complete)}]"
    yield "configs:"
    for place, table in enumerate(schemas):
        yield f"- config_name: {table}"
        yield f"  data_files: {table}.parquet"
        yield from ["  default: true"] * (place == 0)
    yield "dataset_info:"
    for table, schema in schemas.items():
        yield f"- config_name: {table}"
        yield "  features:"
        for field in schema:
            yield f"  - name: {field.name}"
            yield f"    dtype: {_TYPES.get(str(field.type), str(field.type))}"
        yield "  splits:"
        yield "  - name: train"
        yield f"    num_examples: {rows[table]}"
    yield "---"


def _body(mark: Mark, schemas: Mapping[str, pa.Schema], rows: Mapping[str, int]) -> Iterator[str]:
    crawl = mark.crawl
    yield f"# {_title(mark)}"
    yield ""
    yield f"**{mark.sentence}**" if not mark.is_complete else mark.sentence
    yield ""
    yield f"Where do the open models on {crawl.endpoint} come from, and what has been built on them?"
    yield f"This is what was known at {crawl.finished_at} (UTC). It cannot see {crawl.unseen}."
    yield ""
    yield "| file | rows | is |"
    yield "|---|---:|---|"
    for table, meaning in TABLES.items():
        yield f"| `{table}.parquet` | {rows[table]:,} | {meaning} |"
    yield "| `quality.json` | | What became of every reference, and how complete tracked bases are. |"
    yield "| `lineage.db` | | The same as one SQLite file: `datasette lineage.db --metadata metadata.yaml`. |"
    yield "| `metadata.yaml` | | For Datasette: what the tables and columns are, and questions to ask. |"
    yield "| `manifest.json` | | The crawl, the program, and the size and SHA-256 of every file. |"
    yield ""
    yield "`sha256sum --check SHA256SUMS` tells whether a copy is whole. The names and figures of models belong"
    yield "to the Hub and to those who publish there."
    for table, schema in schemas.items():
        yield from ["", f"## {table}", "", "| column | type | is |", "|---|---|---|"]
        yield from (f"| `{field.name}` | {field.type} | {COLUMNS[table][field.name]} |" for field in schema)


def _title(mark: Mark) -> str:
    return f"Open-model lineage on {mark.date}{' (partial)' if not mark.is_complete else ''}"
