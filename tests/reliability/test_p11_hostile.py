"""P11: 200 hostile names, and as many words in tags and fields, through every export and every form of an answer.

Each is read back by a reader that is not ours and is equal, after the cleaning that is documented: `'` before what a
spreadsheet takes for a formula, pictures for what XML has no characters for, U+FFFD for what would steer a screen. What
else each format has to keep is tested beside it, in tests/store/exports and tests/jobs/test_cli_hostile.py. There are
no plots and no site yet: no browser is asked here.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pydot
import pytest
import zstandard
from prov.model import ProvDocument, ProvEntity
from typer.testing import CliRunner

from jobs.cli.exporting import ExportFormat
from jobs.cli.main import program
from jobs.cli.output import Format
from jobs.cli.trees import TreeFormat
from store.database import writing
from store.exports.cells import harmless, printable
from store.registry.loader import load_registry
from tests.reliability.conftest import Tried
from tests.reliability.soak import SOAK
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE
from tests.store.exports.test_graphml_file import SHOWN

FORMS = [form for form in ExportFormat if SOAK or form is not ExportFormat.DOT]
"""pydot takes long: in `make test` it reads these names in tests/store/exports/test_drawing_file.py alone."""
ALL = "z/of-all"  # derives from every one of them
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Word = Callable[[str], str]
Nodes = Iterable[tuple[str, str | None]]
"""The name of each node and its library, where the format has libraries."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each hostile name is a model whose library, task, license and another tag are as hostile."""
    path = tmp_path_factory.mktemp("hostile") / "modelroots.db"
    rows = [row(name, library_name=name, pipeline_tag=name, author=name) for name in HOSTILE]
    for one, name in zip(rows, HOSTILE, strict=True):
        one["tags"] += [f"license:{name}", name]
    with writing(path) as connection:
        Store(connection, load_registry(None), path).sweep([*rows, row(ALL, HOSTILE, "merge")])
    return path


def said(database: Path, *words: str) -> str:
    """What the program prints."""
    words = ("--db", str(database), *words)
    ran = CliRunner().invoke(program(words), words)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def of_csv(folder: Path) -> Nodes:
    with (folder / "nodes.csv").open(encoding="utf-8", newline="") as file:
        return [(line["id"], line["library"]) for line in csv.DictReader(file)]


def of_parquet(folder: Path) -> Nodes:
    table = pq.read_table(folder / "nodes.parquet")
    return zip(table["id"].to_pylist(), table["library"].to_pylist(), strict=True)


def of_lines(lines: bytes) -> Nodes:
    return [(line["id"], line["library"]) for line in map(json.loads, lines.splitlines())]


def of_graph(graph: nx.Graph[Any], name: str | None) -> Nodes:
    return [(data[name] if name else node, data.get("library")) for node, data in graph.nodes(data=True)]


def of_dot(folder: Path) -> Nodes:
    (graph,) = pydot.graph_from_dot_file(str(folder / "lineage.dot")) or [pydot.Dot()]
    labels = [node.get("label")[1:-1] for node in graph.get_nodes() if node.get_name() != "node"]
    return [(re.sub(r"\\(.)", r"\1", label), None) for label in labels]


def of_mermaid(folder: Path) -> Nodes:
    text = (folder / "lineage.mmd").read_text(encoding="utf-8")
    names = re.findall(r'^  n\d+[\[(]"([^"]*)"[\])]$', text, re.MULTILINE)
    return [(re.sub(r"#(\d+);", lambda found: chr(int(found[1])), name), None) for name in names]


def of_bill(folder: Path) -> Nodes:
    top = json.loads((folder / "lineage.cdx.json").read_bytes())["metadata"]["component"]
    return [(one["bom-ref"], None) for one in [top, *top["pedigree"]["ancestors"]]]


def of_prov(folder: Path) -> Nodes:
    with (folder / "lineage.prov.json").open(encoding="utf-8") as file:
        document = ProvDocument.deserialize(file, format="json")
    for one in document.get_records(ProvEntity):
        told = {str(key): value for key, value in one.attributes}
        yield told["prov:label"], told.get("modelroots:library")


def of_hub_stats(folder: Path) -> Nodes:
    table = pq.read_table(folder / "models.parquet")
    return zip(table["id"].to_pylist(), table["library_name"].to_pylist(), strict=True)


def _in_xml(text: str) -> str:
    return text.translate(SHOWN)


READERS: dict[ExportFormat, tuple[Callable[[Path], Nodes], Word]] = {
    ExportFormat.CSV: (of_csv, harmless),
    ExportFormat.PARQUET: (of_parquet, str),
    ExportFormat.JSONL: (lambda folder: of_lines((folder / "nodes.jsonl").read_bytes()), str),
    ExportFormat.JSONL_ZST: (
        lambda folder: of_lines(
            zstandard.ZstdDecompressor().stream_reader((folder / "nodes.jsonl.zst").read_bytes()).read()
        ),
        str,
    ),
    ExportFormat.GRAPHML: (lambda folder: of_graph(nx.read_graphml(folder / "lineage.graphml"), "name"), _in_xml),
    ExportFormat.GEXF: (lambda folder: of_graph(nx.read_gexf(folder / "lineage.gexf"), None), _in_xml),
    ExportFormat.CYTOSCAPE: (
        lambda folder: of_graph(nx.cytoscape_graph(json.loads((folder / "lineage.cyjs").read_bytes())), None),
        str,
    ),
    ExportFormat.DOT: (of_dot, printable),
    ExportFormat.MERMAID: (of_mermaid, printable),
    ExportFormat.CYCLONEDX: (of_bill, str),
    ExportFormat.PROV: (of_prov, str),
    ExportFormat.HUB_STATS: (of_hub_stats, str),
}


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:pydot")
@pytest.mark.parametrize("form", FORMS)
def test_every_name_comes_back_from_every_export(
    database: Path, form: ExportFormat, tmp_path: Path, tried: Tried
) -> None:
    above = ["--above", ALL] if form is ExportFormat.CYCLONEDX else []
    said(database, "export", "--format", form, "--out", str(tmp_path / "out"), *above)
    read, cleaned = READERS[form]
    found = list(read(tmp_path / "out"))
    assert sorted(name for name, _ in found) == sorted(cleaned(name) for name in [*HOSTILE, ALL])
    libraries = sorted(library for _, library in found if library)
    assert libraries in ([], sorted(cleaned(name) for name in HOSTILE))
    tried(f"hostile names{' and words in tags' if libraries else ''} in {form}", len(HOSTILE), "read back equal")


def of_separated(text: str, separator: str) -> list[str]:
    return [line["name"] for line in csv.DictReader(io.StringIO(text), delimiter=separator)]


def of_markdown(text: str) -> list[str]:
    cells = [re.split(r"(?<!\\)(?:\\\\)*\|", line)[1].strip(" ") for line in text.splitlines()[2:]]
    return [re.sub(r"\\([\\|])", r"\1", cell) for cell in cells]


def _in_cell(text: str) -> str:
    return harmless(printable(text))


ANSWERS: dict[Format, tuple[Callable[[str], list[str]], Word]] = {
    Format.JSON: (lambda text: [item["name"] for item in json.loads(text)["items"]], str),
    Format.JSONL: (lambda text: [json.loads(line)["name"] for line in text.splitlines()], str),
    Format.CSV: (lambda text: of_separated(text, ","), _in_cell),
    Format.TSV: (lambda text: of_separated(text, "\t"), _in_cell),
    Format.MD: (of_markdown, printable),
}


@pytest.mark.parametrize("form", ANSWERS)
def test_every_name_comes_back_from_every_form_of_an_answer(database: Path, form: Format, tried: Tried) -> None:
    text = said(database, "derivatives", "--format", form, "--", *HOSTILE)
    read, cleaned = ANSWERS[form]
    assert read(text) == [cleaned(name) for name in HOSTILE]
    assert not STEERS.search(text)
    tried(f"hostile names in an answer as {form}", len(HOSTILE), "read back equal")


@pytest.mark.parametrize("words", [("derivatives", "--"), ("derivatives", "-q", "--")], ids=str)
def test_every_name_is_shown_and_none_steers_the_screen(database: Path, words: tuple[str, ...], tried: Tried) -> None:
    text = said(database, *words, *HOSTILE)
    assert [name for name in HOSTILE if printable(name) not in text] == []
    assert not STEERS.search(text)
    tried("hostile names on the screen", len(HOSTILE), "shown, and nothing steers it")


@pytest.mark.parametrize("form", TreeFormat)
def test_every_name_stands_in_a_tree_and_none_steers_the_screen(database: Path, form: TreeFormat, tried: Tried) -> None:
    text = said(database, "tree", ALL, "--up", "--limit", "1000", "--format", form)
    assert not STEERS.search(text)
    if form is TreeFormat.JSON:
        (top,) = json.loads(text)["items"]
        assert sorted(twig["name"] for twig in top["branches"]) == sorted(HOSTILE)
    if form is TreeFormat.TEXT:
        assert [name for name in HOSTILE if printable(name) not in text] == []
    assert len(text.splitlines()) > len(HOSTILE)
    tried(f"hostile names in a tree as {form}", len(HOSTILE), "nothing steers the screen")
