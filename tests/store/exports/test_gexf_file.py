"""GEXF read back by NetworkX and ElementTree."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx

from store.exports.gexf_file import write_gexf
from tests.store.conftest import Store, row
from tests.store.exports.conftest import HOSTILE, edge_rows, node_rows, root_of, saved
from tests.store.exports.test_graphml_file import SHOWN

GEXF = "{http://gexf.net/1.3}"
FINISHED = 1_790_000_000


def read(store: Store, path: Path) -> Any:
    rows = saved(path, partial(write_gexf, finished_at=FINISHED), store)
    graph = nx.read_gexf(path)
    assert graph.number_of_nodes() + graph.number_of_edges() == rows
    return graph


def test_nodes_and_their_data_are_those_of_the_store(real: Store, tmp_path: Path) -> None:
    graph = read(real, tmp_path / "lineage.gexf")
    same = ("publisher", "downloads", "likes", "gated", "task", "license", "parameters", "total_derivatives")
    wanted = {
        line["id"]: {name: line[name] for name in same if line[name] is not None} for line in node_rows(real)
    }  # fmt: skip
    found = {name: {key: data[key] for key in same if key in data} for name, data in graph.nodes(data=True)}
    assert found == wanted


def test_edges_lead_from_child_to_parent(real: Store, tmp_path: Path) -> None:
    assert sorted(read(real, tmp_path / "lineage.gexf").edges) == sorted(edge_rows(real))


def test_an_edge_is_there_from_the_day_of_its_childs_creation(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"], createdAt="2026-08-21T23:59:59.000Z")])
    ((_, _, data),) = read(store, tmp_path / "lineage.gexf").edges(data=True)
    assert (data["start"], data["relation"], data["times"]) == ("2026-08-21", "finetune", 1)


def test_a_ghost_has_no_day(store: Store, tmp_path: Path) -> None:
    store.sweep([row("b/ft", ["c/ghost"])])
    assert "start" not in read(store, tmp_path / "lineage.gexf").nodes["c/ghost"]


def test_every_edge_has_a_number_of_its_own(real: Store, tmp_path: Path) -> None:
    saved(tmp_path / "lineage.gexf", partial(write_gexf, finished_at=FINISHED), real)
    edges = [edge.get("id") for edge in root_of(tmp_path / "lineage.gexf").iter(f"{GEXF}edge")]
    assert edges == [str(number) for number in range(len(edges))]


def test_every_value_is_of_a_declared_attribute(hostile: Store, tmp_path: Path) -> None:
    saved(tmp_path / "lineage.gexf", partial(write_gexf, finished_at=FINISHED), hostile)
    root = root_of(tmp_path / "lineage.gexf")
    declared = {one.get("id") for one in root.iter(f"{GEXF}attribute")}
    assert {one.get("for") for one in root.iter(f"{GEXF}attvalue")} <= declared


def test_hostile_names_come_back_with_pictures_for_what_xml_has_not(hostile: Store, tmp_path: Path) -> None:
    graph = read(hostile, tmp_path / "lineage.gexf")
    assert {parent for _, parent in graph.edges} == {name.translate(SHOWN) for name in HOSTILE}


def test_an_empty_store_is_a_graph_without_nodes(store: Store, tmp_path: Path) -> None:
    store.sweep([])
    assert len(read(store, tmp_path / "lineage.gexf")) == 0
