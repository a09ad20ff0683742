"""Blocks of a table's rows, read by as many threads as there are connections, and given in order.

SQLite, Arrow and zstd let other threads run meanwhile, so two connections keep two cores busy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from typing import TypeAlias, TypeVar

from store.arrays import Ints
from store.exports.reading import Reader

ROWS = 32_768
"""Of a block, at the most: each block takes a few milliseconds beside its rows, and is some 15 MB as text."""

AHEAD = 4
"""Blocks under way or waiting to be written: each of two threads has one, and one waits to be written meanwhile."""

Block: TypeAlias = tuple[int, int]
Of = TypeVar("Of")
Made = TypeVar("Made")


def ranges(reader: Reader, table: str) -> list[Block]:
    """The first and the last id of each block of a table whose ids have hardly any gaps."""
    # One by one each is looked up; of both together SQLite reads the whole table.
    query = f"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})"
    first, last = reader.connection.execute(query).fetchone()
    if first is None:
        return []
    return [(start, min(start + ROWS - 1, last)) for start in range(first, last + 1, ROWS)]


def starts(reader: Reader, table: str, first: str, second: str, *, rows: int) -> list[Block]:
    """The key that each block of a table begins with, in the order of its key of two numbers."""
    query = f"""
        SELECT {first}, {second} FROM {table} WHERE ({first}, {second}) >= (?, ?)
        ORDER BY {first}, {second} LIMIT 1 OFFSET ?"""
    found: list[Block] = []
    start = reader.connection.execute(query, (0, 0, 0)).fetchone()
    while start:
        found.append(start)
        start = reader.connection.execute(query, (*start, rows)).fetchone()
    return found


def chunks(numbers: Ints) -> list[Ints]:
    """A block's numbers at a time."""
    return [numbers[first : first + ROWS] for first in range(0, len(numbers), ROWS)]


def side_by_side(readers: Sequence[Reader], blocks: Sequence[Of], make: Callable[[Reader, Of], Made]) -> Iterator[Made]:
    """What is made of each block. One reader is used in the caller's thread, several in one of their own each."""
    if len(readers) == 1:
        for block in blocks:
            yield make(readers[0], block)
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in readers]
        for thread in threads:  # called first when this ends early: what has not begun is then not begun
            stack.callback(thread.shutdown, wait=False, cancel_futures=True)
        pending: deque[Future[Made]] = deque()
        for block, thread, reader in zip(blocks, cycle(threads), cycle(readers), strict=False):
            if len(pending) >= AHEAD:
                yield pending.popleft().result()
            pending.append(thread.submit(make, reader, block))
        while pending:
            yield pending.popleft().result()
