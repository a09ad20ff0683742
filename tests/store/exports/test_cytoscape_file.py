"""Cytoscape's JSON read back by NetworkX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx

from store.exports.cytoscape_file import write_cytoscape
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, saved


def read(store: Store, path: Path) -> Any:
    rows = saved(path, write_cytoscape, store)
    graph = nx.cytoscape_graph(json.loads(path.read_bytes()))
    assert isinstance(graph, nx.DiGraph)
    assert graph.number_of_nodes() + graph.number_of_edges() == rows
    return graph


def test_nodes_and_their_data_are_those_of_the_store(real: Store, tmp_path: Path) -> None:
    same = ("publisher", "downloads", "likes", "gated", "task", "license", "parameters", "total_derivatives")
    graph = read(real, tmp_path / "lineage.cyjs")
    found = {name: {key: data[key] for key in same} for name, data in graph.nodes(data=True)}
    assert found == {line["id"]: {key: line[key] for key in same} for line in node_rows(real)}


def test_edges_lead_from_child_to_parent(real: Store, tmp_path: Path) -> None:
    assert sorted(read(real, tmp_path / "lineage.cyjs").edges) == sorted(edge_rows(real))


def test_the_relation_is_what_cytoscape_calls_interaction(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"], "adapter")])
    ((_, _, data),) = read(store, tmp_path / "lineage.cyjs").edges(data=True)
    assert (data["interaction"], data["times"], data["parent_is_model"]) == ("adapter", 1, False)


def test_hostile_names_come_back(hostile: Store, tmp_path: Path) -> None:
    assert set(HOSTILE) <= set(read(hostile, tmp_path / "lineage.cyjs"))


def test_an_empty_store_is_a_graph_without_nodes(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    assert len(read(store, tmp_path / "lineage.cyjs")) == 0
