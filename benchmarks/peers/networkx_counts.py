"""Descendants of every base by relation, and every model's number of roots, by networkx: `networkx_counts FOLDER`.

FOLDER holds our nodes.parquet and edges.parquet. Prints the seconds that it took, then `descendants<tab>base`.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq


def _counts(folder: Path) -> dict[str, Counter[str | None]]:
    nodes = pq.read_table(folder / "nodes.parquet", columns=["id", "relation"]).to_pydict()
    edges = pq.read_table(folder / "edges.parquet", columns=["parent", "child"]).to_pydict()
    relation_of = dict(zip(nodes["id"], nodes["relation"], strict=True))
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(zip(edges["parent"], edges["child"], strict=True))
    counts: dict[str, Counter[str | None]] = {}
    roots: Counter[str] = Counter()
    for base in set(edges["parent"]):
        below = nx.descendants(graph, base)
        counts[base] = Counter(map(relation_of.__getitem__, below))
        if not graph.in_degree(base):
            roots.update(below)
    return counts


if __name__ == "__main__":
    began = time.perf_counter()
    found = _counts(Path(sys.argv[1]))
    print(time.perf_counter() - began)
    for base, by_relation in sorted(found.items()):
        print(f"{by_relation.total()}\t{base}")
