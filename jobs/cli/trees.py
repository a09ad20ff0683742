"""`tree`: what derives from a model, or what it derives from, as text, JSON, DOT or Mermaid."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from jobs.cli.errors import Refused
from jobs.cli.output import envelope, json_text
from jobs.cli.state import AsOfOption, FileOption, JsonOption, answer, go_to, state_of
from store.exports.cells import dot_quoted, mermaid_quoted, printable
from store.lineage import Branch, tree
from store.lookup import find_node

DEEPEST = 400
"""Levels of a tree as JSON, each of which nests an object and a list: most readers give up before a thousand."""


class TreeFormat(StrEnum):
    """The forms of a tree."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"
    MERMAID = "mermaid"


def register(app: typer.Typer) -> None:
    app.command("tree")(show)


def show(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="ID", help="A model id.")],
    up: Annotated[bool, typer.Option("--up", help="What it derives from, instead of what derives from it.")] = False,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="At most so many steps.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many models.")] = 100,
    as_of: AsOfOption = None,
    format: Annotated[TreeFormat, typer.Option("--format", help="How it is written.")] = TreeFormat.TEXT,
    as_json: JsonOption = False,
    output: FileOption = None,
) -> None:
    """The tree below a model, nearest and most used first."""
    with state_of(context).asking(as_of) as (connection, basis):
        go_to(connection, basis)
        node = find_node(connection, model)
        top = Branch(node.id, node.name, None, is_model=node.is_model)
        tree(connection, top, up=up, depth=depth, limit=limit)
    chosen = TreeFormat.JSON if as_json else format
    if chosen is TreeFormat.JSON:
        choices = {"direction": "up" if up else "down", "depth": depth, "limit": limit}
        whole = answer(basis, [_as_item(top)], choices=choices)
        text = json_text(envelope(whole), indent=2)
    else:
        text = "".join(f"{line}\n" for line in _WRITERS[chosen](top))
    if output:
        from store.exports.files import atomically

        with atomically(output) as beside:
            beside.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _as_item(branch: Branch) -> dict[str, Any]:
    """The tree as nested items."""
    whole = _bare(branch)
    pending = [(branch, whole, 0)]
    while pending:
        current, item, level = pending.pop()
        if current.branches and level == DEEPEST:
            raise Refused(
                f"The tree has more than {DEEPEST} levels, deeper than JSON can be read. "
                f"Give --depth {DEEPEST}, or --format dot, which nests nothing."
            )
        for twig in current.branches:
            item["branches"].append(_bare(twig))
            pending.append((twig, item["branches"][-1], level + 1))
    return whole


def _bare(branch: Branch) -> dict[str, Any]:
    return {
        "name": branch.name,
        "kind": "model" if branch.is_model else "ghost",
        "relation": branch.relation,
        "more": branch.more,
        "shown_elsewhere": branch.again,
        "branches": [],
    }


def _text(top: Branch) -> Iterator[str]:
    pending = [(top, "", "")]
    while pending:
        branch, lead, below = pending.pop()
        yield f"{lead}{_label(branch)}"
        twigs: list[tuple[Branch, str, str]] = []
        last = len(branch.branches) - (0 if branch.more else 1)
        for place, twig in enumerate(branch.branches):
            corner, under = ("└─ ", "   ") if place == last else ("├─ ", "│  ")
            twigs.append((twig, below + corner, below + under))
        if branch.more:
            rest = Branch(0, f"... {branch.more:,} more", None, is_model=True)
            twigs.append((rest, f"{below}└─ ", below))
        pending += reversed(twigs)


def _label(branch: Branch) -> str:
    """`name (finetune)`, with what is special about it."""
    remarks = [branch.relation] if branch.relation else []
    remarks += [] if branch.is_model else ["not on the Hub"]
    remarks += ["shown elsewhere"] if branch.again else []
    return printable(branch.name) + (f"  ({', '.join(remarks)})" if remarks else "")


def _links(top: Branch) -> Iterator[tuple[Branch, Branch]]:
    pending = [top]
    while pending:
        branch = pending.pop()
        for twig in branch.branches:
            yield branch, twig
            pending.append(twig)


def _dot(top: Branch) -> Iterator[str]:
    yield "digraph lineage {"
    yield "  rankdir=LR; node [shape=box];"
    yield f"  {dot_quoted(top.name)};"
    for above, below in _links(top):
        yield f"  {dot_quoted(above.name)} -> {dot_quoted(below.name)} [label={dot_quoted(below.relation or '')}];"
    yield "}"


def _mermaid(top: Branch) -> Iterator[str]:
    yield "graph LR"
    yield f"  n{top.id}[{mermaid_quoted(top.name)}]"
    for above, below in _links(top):
        yield f"  n{above.id} -->|{below.relation}| n{below.id}[{mermaid_quoted(below.name)}]"


_WRITERS = {TreeFormat.TEXT: _text, TreeFormat.DOT: _dot, TreeFormat.MERMAID: _mermaid}
