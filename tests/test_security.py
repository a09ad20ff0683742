"""docs/security.md names tests that there are; and no SQL is made of values, read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
RULES = [line for line in TEXT.splitlines() if line.startswith("| ") and "::" in line]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
SOURCES = sorted(path for package in ("store", "jobs") for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_rule_names_one() -> None:
    table = TEXT.partition("| rule | tested by |")[2].partition("##")[0]
    rules = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rules) > 10
    assert rules == RULES


# SQL


STATEMENTS = ("execute", "executemany", "executescript")


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call of execute and its like."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    yield from [node] if node.func.attr in STATEMENTS else []


def put_in(statement: ast.expr) -> Iterator[str]:
    """What an f-string, or `%`, puts into the statement."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FormattedValue):
            yield ast.unparse(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            yield ast.unparse(node.right)


# Of the program's own: constants, and names of tables and columns that it has in its source.
OWN = re.compile(
    r"_?[A-Z_]+|table(\.\w+(\[-1\])?)?|key|wanted|where|source|names|values|', '\.join\(wanted\)|rows_query\('source'\)"
    r"|', '\.join\('\?' \* len\(\w+\)\)"
)


def test_no_statement_is_made_where_values_are_at_hand() -> None:
    foreign = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {text}"
        for path in SOURCES
        for call in calls(path)
        for text in put_in(call.args[0])
        if not OWN.fullmatch(text)
    ]
    assert foreign == []
