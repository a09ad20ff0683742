"""A dump's file -> pages, each read by the rules of a listing's pages. Which columns there are is `columns`.

The file is read a piece at a time: memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from crawler.dumps.columns import COLUMNS, moments, reading
from crawler.errors import UnreadableDump
from crawler.parse import read_page
from crawler.records import Page
from crawler.times import seconds

PAGE = 1_000
"""Rows of a page, as many as the Hub lists in one."""
_TIMES_AT_ONCE = 65_536
_BUFFER = 1 << 20  # bytes of a column that are read at once
_TIMES = ("createdAt", "lastModified")
_ALIASES = {"modelId": "id"}
"""Older dumps' names of columns."""

Arrays: TypeAlias = dict[str, pa.Array]
Identify: TypeAlias = Callable[[Sequence[str], Sequence[int | None]], Sequence[str]]
"""(names, creation in seconds) of rows without an `_id` -> the `_id` of each."""


class Dump:
    """An opened dump. Raises `UnreadableDump` for a file that is none, by the column where that is the reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = pq.ParquetFile(path, buffer_size=_BUFFER)
        except (pa.ArrowException, OSError) as problem:
            raise UnreadableDump(f"{path} cannot be read as Parquet: {_first_line(problem)}") from problem
        schema = self._file.schema_arrow
        self._columns = {_ALIASES.get(name, name): name for name in _ALIASES if name in schema.names}
        self._columns |= {name: name for name in COLUMNS if name in schema.names}
        if "hub_id" in schema.names and "_id" not in schema.names:
            raise UnreadableDump(
                f"{path} is a table of modelroots' own, which does not say what each model declares. "
                "`modelroots export --format hub-stats` writes a file that can be imported."
            )
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
        """The latest moment of any row, in seconds since 1970; None for none. Those after `now` are dirt."""
        found = 0
        for columns in self._batches(0, [name for name in _TIMES if name in self._columns], _TIMES_AT_ONCE):
            for array in columns.values():
                told = moments(array)
                found = max(found, int(told[told <= now].max(initial=0)))
        return found or None

    def pages(self, start: int, identify: Identify) -> Iterator[Page]:
        """The pages from a row on, which was where a page ended: `next_url` is the number of the next page's row."""
        done = start
        for columns in self._batches(start, list(self._columns), PAGE):
            done += len(columns["id"])
            contents = read_page(self._listed(columns, identify))
            next_row = str(done) if done < self.rows else None
            yield Page(contents.models, tuple(contents.quarantined), next_row, 0)
        if done == start:
            yield _EMPTY

    def _listed(self, columns: Arrays, identify: Identify) -> bytes:
        """The rows as a listing has them."""
        found = {name: read(columns[name]) for name, read in self._readings.items()}
        ids = found["id"]
        hub_ids = found.setdefault("_id", [None] * len(ids))
        unknown = [place for place, hub_id in enumerate(hub_ids) if hub_id is None]
        if unknown:
            created = seconds(found.get("createdAt") or [None] * len(ids))
            made = identify([ids[place] or "" for place in unknown], [created[place] for place in unknown])
            for place, hub_id in zip(unknown, made, strict=True):
                hub_ids[place] = hub_id
        return msgspec.json.encode(list(map(_Listed, *(found.get(name) or repeat(None) for name in COLUMNS))))

    def _batches(self, start: int, names: Sequence[str], rows: int) -> Iterator[Arrays]:
        """The columns, at most so many rows at once. No piece reaches from a row group into the next."""
        end = 0
        for group in range(self._file.metadata.num_row_groups):
            length = self._file.metadata.row_group(group).num_rows
            skipped, end = max(start - end, 0), end + length
            if names and skipped < length:
                yield from self._of_group(group, skipped, names, rows)

    def _of_group(self, group: int, skipped: int, names: Sequence[str], rows: int) -> Iterator[Arrays]:
        own = [self._columns[name] for name in names]
        try:
            for batch in self._file.iter_batches(rows, row_groups=[group], columns=own):
                if skipped < len(batch):
                    rest = batch.slice(skipped)
                    yield {name: rest[column] for name, column in zip(names, own, strict=True)}
                skipped = max(skipped - len(batch), 0)
        except (pa.ArrowException, OSError) as problem:
            raise UnreadableDump(
                f"{self.path} is damaged in row group {group}: {_first_line(problem)} Get the file anew."
            ) from problem


_EMPTY = Page(read_page(b"[]").models, (), None, 0)
_Listed = msgspec.defstruct(
    "Listed",
    [(f"field_{place}", Any, None) for place in range(len(COLUMNS))],
    rename=dict(zip((f"field_{place}" for place in range(len(COLUMNS))), COLUMNS, strict=True)),
    omit_defaults=True,
    gc=False,
)
"""A row with the dump's values; what is none is left out, as the Hub does."""


def _first_line(problem: BaseException) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")[:200] + "."
