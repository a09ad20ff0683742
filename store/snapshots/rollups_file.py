"""The computed roll-ups, one number a row: as the rows of a query, and as rollups.parquet.

A row's key is everything but its value. Where a column says nothing about a row it is null: a country has no
attribution, and a family no side.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from store.choices import METRICS, NONE, OFFICIAL, RELATIONS
from store.exports.files import atomically

SCHEMA = pa.schema(
    [
        pa.field("dimension", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("side", pa.string()),
        pa.field("attribution", pa.string()),
        pa.field("population", pa.string()),
        pa.field("distance", pa.string()),
        pa.field("relation", pa.string()),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
    ]
)
COLUMNS = tuple(SCHEMA.names)

_SUM = {distance: " + ".join(f"{distance}_{word}" for word in RELATIONS) for distance in ("direct", "total")}


def rows_query(schema: str = "main") -> str:
    """The rows in order, of the database that is attached under this name; `:crawl` is the crawl's number."""
    parts = [*_rolled_up(schema), *_counted(schema), *_split(schema)]
    return f"{' UNION ALL '.join(parts)} ORDER BY {', '.join(str(place + 1) for place in range(len(COLUMNS) - 1))}"


def write_rollups(connection: sqlite3.Connection, crawl: int, path: Path, told: Mapping[str, str]) -> int:
    """Writes the file, which says of itself what is `told`, and returns how many rows it has."""
    rows = connection.execute(rows_query(), {"crawl": crawl}).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    with atomically(path) as beside:
        pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA.with_metadata(told)), beside, compression="zstd")
    return len(rows)


def _rolled_up(schema: str) -> list[str]:
    """Countries by side, and families by attribution, under each metric.

    The whole number of a family's derivatives is left to the other tables, which have it of families without any, too.
    """
    return [
        f"""
        SELECT 'country', key, choice, NULL, population, NULL, 'all', '{metric}', {metric}
        FROM {schema}.rollup WHERE crawl_id = :crawl AND by = 'country'
        UNION ALL
        SELECT 'family', key, NULL, choice, population, {_distance()}, 'all', '{metric}', {metric}
        FROM {schema}.rollup WHERE crawl_id = :crawl AND by = 'family'
            AND NOT ('{metric}' = 'models' AND population = 'all' AND key NOT IN ('{OFFICIAL}', '{NONE}'))"""
        for metric in METRICS
    ]


def _distance() -> str:
    return f"CASE WHEN key NOT IN ('{OFFICIAL}', '{NONE}') THEN 'total' END"


def _counted(schema: str) -> list[str]:
    """Families where models count whole: official ones, and derivatives by distance and relation."""
    source = f"FROM {schema}.family_count WHERE crawl_id = :crawl"
    counts = [(distance, word, f"{distance}_{word}") for distance in _SUM for word in RELATIONS]
    counts += [(distance, "all", _SUM[distance]) for distance in _SUM]
    return [
        f"SELECT 'family', family, NULL, NULL, 'all', NULL, 'all', 'official', official {source}",
        *(
            f"SELECT 'family', family, NULL, 'any', 'all', '{distance}', '{word}', 'models', {count} {source}"
            for distance, word, count in counts
        ),
    ]


def _split(schema: str) -> list[str]:
    """Families where models are split among them."""
    counts = [("direct", "all", "direct"), ("total", "all", "total")]
    counts += [("total", word, f"total_{word}") for word in RELATIONS]
    return [
        f"SELECT 'family', family, NULL, attribution, 'all', '{distance}', '{word}', 'models', {count} "
        f"FROM {schema}.family_share WHERE crawl_id = :crawl"
        for distance, word, count in counts
    ]
