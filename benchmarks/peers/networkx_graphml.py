"""networkx's GraphML writer on the first edges and the nodes that they touch: `FOLDER OUT EDGES`.

FOLDER holds our nodes.parquet and edges.parquet. Prints the seconds of the writing alone, and the rows written.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.compute as pc
import pyarrow.parquet as pq

ATTRIBUTES = ["id", "publisher", "is_model", "downloads", "likes"]


def _graph(folder: Path, edges: int) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    links = pq.read_table(folder / "edges.parquet", columns=["parent", "child", "relation"]).slice(0, edges)
    for link in links.to_pylist():
        graph.add_edge(link["parent"], link["child"], relation=link["relation"])
    nodes = pq.read_table(folder / "nodes.parquet", columns=ATTRIBUTES)
    touched: Any = pc.is_in(nodes["id"], pc.unique(links["parent"])), pc.is_in(nodes["id"], pc.unique(links["child"]))
    for node in nodes.filter(pc.or_(*touched)).to_pylist():
        graph.add_node(node.pop("id"), **{name: value for name, value in node.items() if value is not None})
    return graph


if __name__ == "__main__":
    whole = _graph(Path(sys.argv[1]), int(sys.argv[3]))
    began = time.perf_counter()
    nx.write_graphml(whole, sys.argv[2])
    print(time.perf_counter() - began, whole.number_of_nodes() + whole.number_of_edges())
