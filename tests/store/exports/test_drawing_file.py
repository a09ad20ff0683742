"""DOT read back by pydot; Mermaid by its lines, for no reader of it is at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pydot
import pytest

from store.exports import drawing_file
from store.exports.cells import printable
from store.exports.drawing_file import LIMIT, TooManyToDraw, write_dot, write_mermaid
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, saved

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:pydot")
MERMAID_NODE = re.compile(r'  (n\d+)[\[(]"([^"]*)"[\])]')
MERMAID_ARROW = re.compile(r"  (n\d+) -->\|(\w+)\| (n\d+)")


def dot(store: Store, path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Names, and (child, parent), as pydot reads them."""
    saved(path, write_dot, store)
    (graph,) = pydot.graph_from_dot_file(str(path)) or [pydot.Dot()]
    names = {
        node.get_name(): unescaped(node.get("label")[1:-1]) for node in graph.get_nodes() if node.get_name() != "node"
    }
    edges = [(names[str(edge.get_destination())], names[str(edge.get_source())]) for edge in graph.get_edges()]
    return list(names.values()), edges


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def mermaid(store: Store, path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    saved(path, write_mermaid, store)
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    assert first == "graph LR"
    names = {}
    edges = []
    for line in rest:
        if node := MERMAID_NODE.fullmatch(line):
            names[node[1]] = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), node[2])
        elif arrow := MERMAID_ARROW.fullmatch(line):
            edges.append((names[arrow[3]], names[arrow[1]]))
        else:
            pytest.fail(f"no node and no arrow: {line!r}")
    return list(names.values()), edges


@pytest.mark.parametrize("read", [dot, mermaid])
def test_hostile_names_and_their_edges_come_back(hostile: Store, tmp_path: Path, read: object) -> None:
    assert callable(read)
    names, edges = read(hostile, tmp_path / "drawing")
    assert {printable(name) for name in HOSTILE} <= set(names)
    assert sorted(edges) == sorted((printable(child), printable(parent)) for child, parent in edge_rows(hostile))


def test_two_names_that_look_alike_stay_two_nodes(store: Store, tmp_path: Path) -> None:
    store.sweep([row("a/\x01"), row("a/\x02")])
    assert dot(store, tmp_path / "drawing")[0] == ["a/\ufffd", "a/\ufffd"]


def test_a_ghost_is_drawn_in_another_frame(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"])])
    saved(tmp_path / "a", write_dot, store)
    saved(tmp_path / "b", write_mermaid, store)
    assert '[label="c/ghost", style=dashed]' in (tmp_path / "a").read_text()
    assert '("c/ghost")' in (tmp_path / "b").read_text()


def test_more_than_can_be_drawn_is_refused_with_the_way_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LIMIT == 500
    monkeypatch.setattr(drawing_file, "LIMIT", 1)
    store.sweep([row("a/one"), row("a/two")])
    with pytest.raises(TooManyToDraw, match="--below ID"):
        saved(tmp_path / "drawing", write_dot, store)
    assert not list(tmp_path.glob("*drawing*"))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_hostile_names(hostile: Store, tmp_path: Path) -> None:
    saved(tmp_path / "lineage.dot", write_dot, hostile)
    command = ["dot", "-Tplain", str(tmp_path / "lineage.dot")]
    drawn = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()
    assert drawn.count("\nnode ") == 2 * len(HOSTILE)
    assert drawn.count("\nedge ") == len(HOSTILE)
