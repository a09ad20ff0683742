"""The arrows between the packages, read from the source; and what the read path may not wait for."""

from __future__ import annotations

import ast
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from jobs.cli.main import COMMANDS, program
from store.registry.loader import SHIPPED
from tests.jobs.program import Program, opened_hub, small_rows

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("crawler", "store", "jobs")
ALLOWED = {
    "crawler": ("crawler",),
    "store": ("store", "crawler.records"),
    "jobs": ("jobs", "store", "crawler"),
}
SLOW = ("sqlmodel", "sqlalchemy", "alembic", "numpy", "pyarrow", "huggingface_hub", "requests")
SMALL = ("msgspec", "dataclasses", "rich", "click", "fractions", "decimal", "filelock", "pydantic", "crawler.records")
"""Each costs an answer little, and together they add up."""
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from a import b` gives `a.b` too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_along_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = [name for name in imported(path) if name.partition(".")[0] in (*PACKAGES, "tests", "benchmarks")]
    wrong = [name for name in ours if not any(within(name, allowed) for allowed in ALLOWED[package])]
    assert wrong == []


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=str)
def test_a_package_file_holds_a_docstring_alone(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
    assert isinstance(body[0].value.value, str)


QUESTIONS = (
    ("derivatives", "qwen", "Qwen/Q"),
    ("derivatives", "qwen", "--json"),
    ("tree", "Qwen/Q"),
    ("derivatives", "qwen", "--attribution", "nearest"),
    ("rollup", "--by", "country"),
    ("rollup", "--by", "family", "--attribution", "root", "--population", "derivatives"),
    ("quality",),
    ("origins", "--csv"),
    ("families",),
    ("crawls", "--csv"),
    ("snapshot", "list", "--csv"),
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = Program(tmp_path_factory.mktemp("asked"))
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_question_imports_nothing_slow(asked: Program, question: tuple[str, ...]) -> None:
    code = (
        "import sys, json\n"
        f"sys.argv = ['modelroots', *{list(question)!r}]\n"
        "from jobs.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    print(json.dumps([end.code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    ran = asked.run_command([sys.executable, "-c", code])
    exit_code, modules = json.loads(ran.stderr.splitlines()[-1])
    assert not exit_code, ran.stderr
    assert set(SLOW).isdisjoint(modules)
    assert "--csv" in question or set(SMALL).isdisjoint(modules)


def built(words: list[str]) -> Mapping[str, object]:
    group = get_command(program(words))
    assert isinstance(group, TyperGroup)
    return group.commands


@pytest.mark.parametrize("command", ["derivatives", "families", "crawls", "tree", "rollup", "diff"])
def test_only_the_command_that_is_asked_for_is_built(command: str) -> None:
    assert list(built(["--db", "growth", command])) == [command]


@pytest.mark.parametrize("words", [[], ["--help"], ["--help", "tree"], ["nonesuch"], ["--version"]])
def test_every_command_is_built_where_none_is_asked_for(words: list[str]) -> None:
    assert set(built(words)) == set(COMMANDS)


@pytest.mark.parametrize("question", [("derivatives", "qwen"), ("families",), ("tree", "Qwen/Q"), ("quality",)])
def test_a_question_about_no_country_reads_no_origins(
    asked: Program, tmp_path: Path, question: tuple[str, ...]
) -> None:
    shutil.copyfile(SHIPPED / "families.toml", tmp_path / "families.toml")
    (tmp_path / "origins.csv").write_text("no such columns", encoding="utf-8")
    assert asked.run("--registry", tmp_path, *question).stdout == asked.succeeds(*question).stdout
    assert "no column publisher" in asked.run("--registry", tmp_path, "rollup", "--by", "country").stderr
