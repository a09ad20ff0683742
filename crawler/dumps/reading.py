"""A dump's file -> pages, each read by the rules of a listing's pages. Which columns there are is `columns`.

The file is read a piece at a time: memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from crawler.dumps.columns import COLUMNS, Reading, nothing, reading
from crawler.errors import UnreadableDump
from crawler.parse import read_page
from crawler.records import Page
from crawler.times import seconds

PAGE = 1_000
"""Rows of a page, as many as the Hub lists in one."""
_BUFFER = 1 << 20  # bytes of a column that are read at once
_TIMES = ("createdAt", "lastModified")
_ALIASES = {"modelId": "id"}
"""Older dumps' names of columns."""

Identify: TypeAlias = Callable[[Sequence[str], Sequence[int | None]], Sequence[str]]
"""(names, creation in seconds) of rows without an `_id` -> the `_id` of each."""


class Dump:
    """An opened dump. Raises `UnreadableDump` for a file that is none, by the column where that is the reason."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = pq.ParquetFile(path, buffer_size=_BUFFER)
        except (pa.ArrowException, OSError) as problem:
            raise UnreadableDump(f"{path} cannot be read as Parquet: {_first_line(problem)}") from problem
        schema = self._file.schema_arrow
        self._columns = {_ALIASES.get(name, name): name for name in _ALIASES if name in schema.names}
        self._columns |= {name: name for name in COLUMNS if name in schema.names}
        if "id" not in self._columns:
            raise UnreadableDump(f"{path} has no column 'id', the models' names. It has: {', '.join(schema.names)}.")
        try:
            self._readings = {name: reading(name, schema.field(own).type) for name, own in self._columns.items()}
        except UnreadableDump as problem:
            raise UnreadableDump(f"{path}: {problem}. Cast it, or leave the column out.") from problem
        self.rows: int = self._file.metadata.num_rows
        self.missing = [name for name in COLUMNS if name not in self._columns]
        """Columns that are read where they are there, and are not."""

    def newest(self, now: int) -> int | None:
        """The latest moment that any row tells, in seconds since 1970; None for none. Later ones than `now` are dirt."""
        found = 0
        for columns, length in self._batches(0, [name for name in _TIMES if name in self._columns]):
            for name in _TIMES:
                told = self._values(name, columns, length)
                found = max(found, max((one for one in seconds(told) if one is not None and one <= now), default=0))
        return found or None

    def pages(self, start: int, identify: Identify) -> Iterator[Page]:
        """The pages from a row on, which was where a page ended: `next_url` is the number of the next page's row."""
        done = start
        for columns, length in self._batches(start, list(self._columns)):
            done += length
            contents = read_page(self._listed(columns, length, identify))
            next_row = str(done) if done < self.rows else None
            yield Page(contents.models, tuple(contents.quarantined), next_row, 0)
        if done == start:
            yield read_nothing()

    def _listed(self, columns: dict[str, pa.Array], length: int, identify: Identify) -> bytes:
        """The rows as a listing has them."""
        found = {name: self._values(name, columns, length) for name in self._columns}
        hub_ids = found.setdefault("_id", [None] * length)
        unknown = [place for place, hub_id in enumerate(hub_ids) if hub_id is None]
        if unknown:
            created = seconds(found.get("createdAt", [None] * length))
            names = [found["id"][place] or "" for place in unknown]
            for place, hub_id in zip(unknown, identify(names, [created[place] for place in unknown]), strict=True):
                hub_ids[place] = hub_id
        names_of_columns = list(found)
        return msgspec.json.encode(
            [dict(zip(names_of_columns, row, strict=True)) for row in zip(*found.values(), strict=True)]
        )

    def _values(self, name: str, columns: dict[str, pa.Array], length: int) -> list[object]:
        read: Reading = self._readings.get(name, nothing)
        return read(columns[name]) if name in columns else [None] * length

    def _batches(self, start: int, names: Sequence[str]) -> Iterator[tuple[dict[str, pa.Array], int]]:
        """The columns of at most a page's rows, and how many rows these are. A page ends where a row group does."""
        first = 0
        wanted = [self._columns[name] for name in names]
        for group in range(self._file.metadata.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            skipped, first = max(start - first, 0), first + rows
            if skipped < rows:
                yield from self._of_group(group, skipped, dict(zip(names, wanted, strict=True)))

    def _of_group(self, group: int, skipped: int, wanted: dict[str, str]) -> Iterator[tuple[dict[str, pa.Array], int]]:
        batches = self._file.iter_batches(PAGE, row_groups=[group], columns=list(wanted.values()))
        try:
            for batch in batches:
                if skipped >= len(batch):
                    skipped -= len(batch)
                    continue
                rest, skipped = batch.slice(skipped), 0
                yield {name: rest[own] for name, own in wanted.items()}, len(rest)
        except (pa.ArrowException, OSError) as problem:
            raise UnreadableDump(
                f"{self._path} is damaged in row group {group}: {_first_line(problem)} Get the file anew."
            ) from problem


def read_nothing() -> Page:
    """The page of a dump without rows."""
    contents = read_page(b"[]")
    return Page(contents.models, (), None, 0)


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")[:200] + "."
