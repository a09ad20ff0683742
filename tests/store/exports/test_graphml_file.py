"""GraphML, read back by NetworkX and by an XML parser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import pytest

from store.exports.graphml_file import write_graphml
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, root_of, saved

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
PICTURED = [code for code in range(1, 0x20) if chr(code) not in "\t\n\r"]
SHOWN = {code: chr(0x2400 + code) for code in PICTURED} | {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
"""What XML has no characters for, as it is written."""


def read(store: Store, path: Path) -> nx.DiGraph[str]:
    rows = saved(path, write_graphml, store)
    graph = nx.read_graphml(path)
    assert isinstance(graph, nx.DiGraph)
    assert graph.number_of_nodes() + graph.number_of_edges() == rows
    names = nx.get_node_attributes(graph, "name")
    assert len(set(names.values())) == len(names) == len(graph)
    relabelled: nx.DiGraph[str] = nx.relabel_nodes(graph, names)
    return relabelled


def test_nodes_and_their_data_are_those_of_the_store(real: Store, tmp_path: Path) -> None:
    graph = read(real, tmp_path / "lineage.graphml")
    same = ("publisher", "downloads", "likes", "gated", "task", "license", "parameters", "total_derivatives")
    wanted: dict[str, Any] = {
        line["id"]: {name: line[name] for name in same if line[name] is not None} for line in node_rows(real)
    }
    assert {
        name: {key: value for key, value in data.items() if key in same} for name, data in graph.nodes(data=True)
    } == wanted


def test_another_library_reads_the_same(real: Store, tmp_path: Path) -> None:
    saved(tmp_path / "lineage.graphml", write_graphml, real)
    graph = igraph.Graph.Read_GraphML(str(tmp_path / "lineage.graphml"))
    names = graph.vs["name"]
    assert sorted((names[edge.source], names[edge.target]) for edge in graph.es) == sorted(edge_rows(real))
    assert dict(zip(names, graph.vs["total_derivatives"], strict=True)) == {
        line["id"]: line["total_derivatives"] for line in node_rows(real)
    }


def test_edges_lead_from_child_to_parent(real: Store, tmp_path: Path) -> None:
    assert sorted(read(real, tmp_path / "lineage.graphml").edges) == sorted(edge_rows(real))


def test_an_edge_has_its_relation_and_times(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"], "adapter")])
    assert list(read(store, tmp_path / "lineage.graphml").edges(data=True)) == [
        ("b/ft", "c/ghost", {"relation": "adapter", "times": 1, "parent_is_model": False})
    ]


def test_what_a_ghost_has_not_is_left_out(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"])])
    assert read(store, tmp_path / "lineage.graphml").nodes["c/ghost"] == {
        "name": "c/ghost", "publisher": "c", "is_model": False, "direct_derivatives": 1, "total_derivatives": 1,
    }  # fmt: skip


def test_what_the_schema_wants_of_identifiers_holds(hostile: Store, tmp_path: Path) -> None:
    """graphml-structure.xsd: identifiers are NMTOKENs, nodes' are unique, edges lead to nodes, a key is told once."""
    saved(tmp_path / "lineage.graphml", write_graphml, hostile)
    root = root_of(tmp_path / "lineage.graphml")
    nodes = [node.get("id", "") for node in root.iter(f"{GRAPHML}node")]
    assert len(set(nodes)) == len(nodes)
    assert all(re.fullmatch(r"[\w.:-]+", node, re.ASCII) for node in nodes)
    ends = {edge.get(end) for edge in root.iter(f"{GRAPHML}edge") for end in ("source", "target")}
    assert ends <= set(nodes)
    for element in (*root.iter(f"{GRAPHML}node"), *root.iter(f"{GRAPHML}edge")):
        keys = [data.get("key") for data in element]
        assert len(set(keys)) == len(keys)


def test_every_key_is_declared_with_its_type(hostile: Store, tmp_path: Path) -> None:
    saved(tmp_path / "lineage.graphml", write_graphml, hostile)
    root = root_of(tmp_path / "lineage.graphml")
    declared = {key.get("id"): key.get("attr.type") for key in root.iter(f"{GRAPHML}key")}
    assert set(declared.values()) == {"string", "long", "boolean"}
    assert {data.get("key") for data in root.iter(f"{GRAPHML}data")} <= set(declared)


def test_hostile_names_come_back_with_pictures_for_what_xml_has_not(hostile: Store, tmp_path: Path) -> None:
    graph = read(hostile, tmp_path / "lineage.graphml")
    assert {parent for _, parent in graph.edges} == {name.translate(SHOWN) for name in HOSTILE}


@pytest.mark.parametrize("code", PICTURED)
def test_no_two_control_characters_make_one_node(store: Store, tmp_path: Path, code: int) -> None:
    store.sweep([row(f"a/{chr(code)}"), row(f"a/{chr(code % 0x1F + 1)}")])
    assert read(store, tmp_path / "lineage.graphml").number_of_nodes() == 2


def test_an_empty_store_is_a_graph_without_nodes(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    assert len(read(store, tmp_path / "lineage.graphml")) == 0
