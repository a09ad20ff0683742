"""`export`: the lineage, or a part of it, as files that other people's tools open."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from crawler.records import Relation
from jobs.cli.choosing import RelationOption
from jobs.cli.errors import Refused
from jobs.cli.output import Answer, Form, Format, give
from jobs.cli.state import AsOfOption, State, as_of, coverage, go_to, is_past, state_of
from store.families import official_nodes
from store.lookup import find_node
from store.standing import Standing

if TYPE_CHECKING:
    from store.exports.reading import Reader  # NumPy and Arrow take half a second, which a refusal does not need

READERS = 2
"""Connections that read at once, each in a thread; a third thread writes."""

Write = Callable[[IO[bytes]], int]


class ExportFormat(StrEnum):
    """The forms of the lineage."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
    JSONL_ZST = "jsonl.zst"
    GRAPHML = "graphml"
    GEXF = "gexf"
    CYTOSCAPE = "cytoscape"
    DOT = "dot"
    MERMAID = "mermaid"
    CYCLONEDX = "cyclonedx"
    PROV = "prov"
    HUB_STATS = "hub-stats"


class _Writer(NamedTuple):
    """A format's module in `store.exports` and function; the name of its file, where it is one and not two tables."""

    module: str
    function: str
    file: str = ""


_WRITERS = {
    ExportFormat.CSV: _Writer("csv_file", "write_csv"),
    ExportFormat.PARQUET: _Writer("parquet_file", "write_parquet"),
    ExportFormat.JSONL: _Writer("jsonl_file", "write_jsonl"),
    ExportFormat.JSONL_ZST: _Writer("jsonl_file", "write_compressed_jsonl"),
    ExportFormat.GRAPHML: _Writer("graphml_file", "write_graphml", "lineage.graphml"),
    ExportFormat.GEXF: _Writer("gexf_file", "write_gexf", "lineage.gexf"),
    ExportFormat.CYTOSCAPE: _Writer("cytoscape_file", "write_cytoscape", "lineage.cyjs"),
    ExportFormat.DOT: _Writer("drawing_file", "write_dot", "lineage.dot"),
    ExportFormat.MERMAID: _Writer("drawing_file", "write_mermaid", "lineage.mmd"),
    ExportFormat.CYCLONEDX: _Writer("cyclonedx_file", "write_cyclonedx", "lineage.cdx.json"),
    ExportFormat.PROV: _Writer("prov_file", "write_prov", "lineage.prov.json"),
    ExportFormat.HUB_STATS: _Writer("hub_stats_file", "write_hub_stats", "models.parquet"),
}


class ExportTable(StrEnum):
    """The two tables of the formats that are tables."""

    NODES = "nodes"
    EDGES = "edges"


class _Part(NamedTuple):
    """Which part of the lineage was asked for."""

    family: str | None
    below: str | None
    above: str | None
    depth: int | None
    relation: list[str] | None


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    context: typer.Context,
    format: Annotated[ExportFormat, typer.Option("--format", help="The files' form.")] = ExportFormat.CSV,
    out: Annotated[Path, typer.Option("-o", "--out", help="A folder or a file; - for stdout.")] = Path("lineage"),
    table: Annotated[ExportTable | None, typer.Option("--table", help="Only this one of the two tables.")] = None,
    family: Annotated[str | None, typer.Option("--family", help="Only this family and what derives from it.")] = None,
    below: Annotated[str | None, typer.Option("--below", metavar="ID", help="Only this and its derivatives.")] = None,
    above: Annotated[
        str | None, typer.Option("--above", metavar="ID", help="Only this and what it derives from.")
    ] = None,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="At most so many steps from there.")] = None,
    relation: RelationOption = None,
    crawl: AsOfOption = None,
    raw: Annotated[bool, typer.Option("--raw", help="CSV: leave cells that begin like a formula as they are.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """The lineage as files: nodes (models, and bases that are not on the Hub) and edges (child to parent).

    csv, parquet, jsonl and jsonl.zst are two tables, nodes and edges; the other formats are one file, and so is a
    single --table: `-o kimi.graphml` is its name, `-o kimi` a folder for it. With --relation only edges of that
    relation, and the nodes that they touch.
    """
    part = _Part(family, below, above, depth, relation)
    _refuse_what_cannot_be(format, out, table, part)
    state = state_of(context)
    with _reading(state, crawl) as (connections, basis):
        first = _first(connections[0], state, part)
        readers = _readers(connections, None if first is None else list(first), part, basis.warning)
        writers = _writers(readers, format, table, _options(format, basis, first, raw=raw))
        notes = [basis.warning] if basis.warning else []
        if _is_stdout(out):
            for write in writers.values():
                write(sys.stdout.buffer)
            print(*notes, file=sys.stderr, end="\n" * len(notes))
            return
        names_file = _names_file(out, format, table)
        items = list(_written({out if names_file else out / name: write for name, write in writers.items()}))
    choices = {"format": str(format), "raw": raw} | {name: value for name, value in part._asdict().items() if value}
    whole = Answer(items, as_of(basis), choices, coverage(basis), notes=notes)
    give(whole, Form(Format.JSON if json else Format.TABLE))


def _is_stdout(out: Path) -> bool:
    return str(out) == "-"


def _names_file(out: Path, format: ExportFormat, table: ExportTable | None) -> bool:
    """Whether that is the name of the one file that is to be written, and not of a folder: it ends like a file's."""
    return bool(_WRITERS[format].file or table) and out.suffix[1:2].isalpha() and not out.is_dir()


def _refuse_what_cannot_be(format: ExportFormat, out: Path, table: ExportTable | None, part: _Part) -> None:
    """Before anything is read."""
    places = [f"--{name}" for name in ("family", "below", "above") if getattr(part, name)]
    if len(places) > 1:
        raise typer.BadParameter(f"{' and '.join(places)} at once: choose one.")
    if part.depth and not places:
        raise typer.BadParameter("--depth counts steps from somewhere: name it with --below, --above or --family.")
    if format is ExportFormat.CYCLONEDX and not part.above:
        raise typer.BadParameter("--format cyclonedx is the bill of materials of one model: name it with --above ID.")
    if format is ExportFormat.HUB_STATS and any(part):
        raise typer.BadParameter("--format hub-stats is of all models: leave out what chooses a part.")
    is_one_file = bool(_WRITERS[format].file)
    if table and is_one_file:
        raise typer.BadParameter(f"--table is for formats of two tables; {format} is one file.")
    if _is_stdout(out) and not table and not is_one_file:
        raise typer.BadParameter(f"{format} is two tables and stdout is one: add --table nodes or --table edges.")
    if out.name.endswith(f".{format}") and not (out.is_dir() or _names_file(out, format, table)):
        raise typer.BadParameter(f"{format} is two tables and {out} one file: add --table, or name a folder.")
    if out.exists() and not out.is_dir() and not _names_file(out, format, table):
        raise Refused(f"{out} is a file. Name a folder with --out; it is made where there is none.")


@contextmanager
def _reading(state: State, crawl: str | None) -> Iterator[tuple[list[sqlite3.Connection], Standing]]:
    """Several connections for the present. An earlier crawl's state is put in its place on one alone."""
    with state.asking(crawl) as (connection, basis):
        if is_past(connection, basis):
            go_to(connection, basis)
            yield [connection], basis
            return
    with state.asking_together(READERS) as together:
        yield together


def _first(connection: sqlite3.Connection, state: State, part: _Part) -> dict[int, str] | None:
    """The nodes that the part begins with, a single one with its name; None for the whole."""
    if part.family:
        family = state.registry().find(part.family)
        if family is None:
            raise Refused(
                f"No family is called {part.family!r}. `modelroots families` lists them; for one model give --below ID."
            )
        return dict.fromkeys(official_nodes(connection, family), "")
    name = part.below or part.above
    if not name:
        return None
    node = find_node(connection, name)
    return {node.id: node.name}


def _readers(
    connections: Sequence[sqlite3.Connection], first: Sequence[int] | None, part: _Part, warning: str | None
) -> list[Reader]:
    from store.exports.reading import readers_of
    from store.exports.selection import selected

    relations = [Relation[word.upper()] for word in part.relation or ()]
    selection = selected(connections[0], first, up=bool(part.above), depth=part.depth, relations=relations)
    return readers_of(connections, selection, warning=warning)


def _options(format: ExportFormat, basis: Standing, first: dict[int, str] | None, *, raw: bool) -> dict[str, Any]:
    """What a format wants to know besides the lineage."""
    if format is ExportFormat.CSV:
        return {"raw": raw}
    if format is ExportFormat.GEXF:
        return {"finished_at": basis.finished_at}
    if format is ExportFormat.CYCLONEDX:
        (model,) = (first or {}).values()
        return {"model": model, "basis": basis, "version": version("modelroots")}
    return {}


def _writers(
    readers: Sequence[Reader], format: ExportFormat, table: ExportTable | None, options: dict[str, Any]
) -> dict[str, Write]:
    """What writes each file, by the file's name."""
    from store.exports.tables import EDGES, NODES

    writer = _WRITERS[format]
    write = getattr(import_module(f"store.exports.{writer.module}"), writer.function)
    if writer.file:
        return {writer.file: partial(write, readers, **options)}
    chosen = [one for one in (NODES, EDGES) if table in (None, one.name)]
    return {f"{one.name}.{format}": partial(write, readers, one, **options) for one in chosen}


def _written(writers: dict[Path, Write]) -> Iterator[dict[str, Any]]:
    """Each file when it is written, with its number of rows."""
    from store.exports.files import save

    for path, write in writers.items():
        try:
            rows = save(path, write)
            size = path.stat().st_size
        except OSError as error:
            raise Refused(f"The export to {path} failed: {error}. Name another place with --out.") from error
        yield {"name": str(path), "rows": rows, "bytes": size}
