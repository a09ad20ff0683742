"""The lineage as text that is drawn: DOT by Graphviz, Mermaid in Markdown. Arrows lead from base to derivative.

Only small parts can be drawn so that anyone sees anything, so there is a limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TypeAlias

from store.errors import StoreError
from store.exports.cells import dot_quoted, mermaid_quoted, printable
from store.exports.reading import Reader
from store.exports.tables import EDGES, NODES

LIMIT = 500
"""Nodes of a drawing: Mermaid refuses more than 500 edges unless it is told otherwise."""

_Drawn: TypeAlias = list[tuple[str, bool]]
_Arrow: TypeAlias = tuple[int, int, str]


class TooManyToDraw(StoreError):
    """More nodes than a drawing may have; nothing was written."""


def write_dot(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """Writes the file, and tells how many nodes and edges it has together. Raises `TooManyToDraw`.

    A ghost has a dashed frame.
    """
    return _write(readers, file, _dot)


def write_mermaid(readers: Sequence[Reader], file: IO[bytes]) -> int:
    """The same for Mermaid, where a ghost's frame is round."""
    return _write(readers, file, _mermaid)


def _write(
    readers: Sequence[Reader], file: IO[bytes], draw: Callable[[_Drawn, Sequence[_Arrow], str | None], Iterator[str]]
) -> int:
    nodes: dict[str, bool] = {}
    for name, is_model in NODES.rows(readers, "id", "is_model"):
        nodes[name] = is_model
        if len(nodes) > LIMIT:
            raise TooManyToDraw(
                f"A drawing has at most {LIMIT} nodes, and these are more. Draw a part: --below ID with --depth 1, "
                "--above ID, or --relation; or export as gexf or graphml, which have no limit."
            )
    number = {name: place for place, name in enumerate(nodes)}
    edges = EDGES.rows(readers, "parent", "child", "relation")
    arrows = [(number[parent], number[child], relation) for parent, child, relation in edges]
    file.write("".join(f"{line}\n" for line in draw(list(nodes.items()), arrows, readers[0].warning)).encode())
    return len(nodes) + len(arrows)


def _dot(nodes: _Drawn, arrows: Sequence[_Arrow], warning: str | None) -> Iterator[str]:
    yield "digraph lineage {"
    if warning:
        yield f"  label={dot_quoted(warning)};"
    yield "  rankdir=LR; node [shape=box];"
    for number, (name, is_model) in enumerate(nodes):
        style = "" if is_model else ", style=dashed"
        yield f"  n{number} [label={dot_quoted(name)}{style}];"
    for parent, child, relation in arrows:
        yield f"  n{parent} -> n{child} [label={dot_quoted(relation)}];"
    yield "}"


def _mermaid(nodes: _Drawn, arrows: Sequence[_Arrow], warning: str | None) -> Iterator[str]:
    if warning:
        yield from ("---", f"title: {json.dumps(printable(warning))}", "---")
    yield "graph LR"
    for number, (name, is_model) in enumerate(nodes):
        opening, closing = ("[", "]") if is_model else ("(", ")")
        yield f"  n{number}{opening}{mermaid_quoted(name)}{closing}"
    for parent, child, relation in arrows:
        yield f"  n{parent} -->|{relation}| n{child}"
