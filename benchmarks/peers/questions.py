"""The questions of `benchmarks.reads` as recursive SQL, one text for SQLite and DuckDB.

It expects `edge (parent_id, child_id)` and `named (id, name, publisher)`, and makes what it needs of the registry.
Families are told by their publishers alone, and a model counts whole in every country that it has a root in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from store.registry.loader import load_registry

Execute: TypeAlias = Callable[[str, Sequence[str]], Any]

_COUNTS = """
    WITH RECURSIVE official (family, id) AS (
        SELECT family.name, named.id FROM family
        JOIN named ON named.name >= family.publisher || '/' AND named.name < family.publisher || '0'
    ),
    below (family, id) AS (
        SELECT official.family, edge.child_id FROM official JOIN edge ON edge.parent_id = official.id
        UNION
        SELECT below.family, edge.child_id FROM below JOIN edge ON edge.parent_id = below.id
    )
    SELECT family, count(*) FROM (SELECT family, id FROM below EXCEPT SELECT family, id FROM official) AS derived
    GROUP BY family ORDER BY family"""
_COUNTRIES = """
    WITH RECURSIVE below (root, id) AS (
        SELECT parent_id, child_id FROM edge WHERE parent_id NOT IN (SELECT child_id FROM edge)
        UNION
        SELECT below.root, edge.child_id FROM below JOIN edge ON edge.parent_id = below.id
    )
    SELECT coalesce(origin.country, 'unreviewed'), count(DISTINCT below.id)
    FROM below JOIN named ON named.id = below.root LEFT JOIN origin ON origin.publisher = named.publisher
    GROUP BY 1 ORDER BY 1"""
_TREE = """
    WITH RECURSIVE below (id) AS (
        SELECT edge.child_id FROM asked JOIN named ON named.name = asked.name JOIN edge ON edge.parent_id = named.id
        UNION
        SELECT edge.child_id FROM below JOIN edge ON edge.parent_id = below.id
    )
    SELECT named.name, count(*) OVER () FROM below JOIN named ON named.id = below.id
    WHERE named.name NOT IN (SELECT name FROM asked) ORDER BY named.name LIMIT 100"""


def ask(execute: Execute, question: str, name: str) -> None:
    """Asks `derivatives` of a family, `families`, `countries` or the `tree` of a model, and prints the rows.

    `execute` runs a statement with its values on a connection whose temporary tables it may make.
    """
    if question == "tree":
        _fill(execute, "asked", ("name",), [(name,)])
    elif question == "countries":
        origins = load_registry(None).origin_of
        _fill(execute, "origin", ("publisher", "country"), [(who, where.country) for who, where in origins.items()])
    else:
        families = load_registry(None).families.values()
        wanted = [(one.key, who) for one in families for who in one.publishers if name in ("", one.key)]
        _fill(execute, "family", ("name", "publisher"), wanted)
    query = {"tree": _TREE, "countries": _COUNTRIES}.get(question, _COUNTS)
    for row in execute(query, []).fetchall():
        print(*row, sep="\t")


def _fill(execute: Execute, table: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    typed = ", ".join(f"{column} TEXT" for column in columns)
    execute(f"CREATE TEMP TABLE {table} ({typed})", [])
    one = f"({', '.join('?' * len(columns))})"
    execute(f"INSERT INTO {table} VALUES {', '.join([one] * len(rows))}", [value for row in rows for value in row])
