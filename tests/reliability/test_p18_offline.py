"""P18: every question and every export is answered with the network cut."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.jobs.program import Program, opened_hub, small_rows
from tests.reliability.conftest import Tried

CUT = """
import socket, sys

def refused(*_arguments, **_keywords):
    print("TOUCHED THE NETWORK", file=sys.stderr)
    raise OSError("the network is cut")

socket.socket.connect = socket.socket.connect_ex = refused
socket.create_connection = socket.getaddrinfo = refused
sys.argv = ["modelroots", *sys.argv[1:]]
from jobs.cli.main import main
main()
"""
QUESTIONS = (
    ("derivatives", "qwen", "alice/ft"),
    ("derivatives", "qwen", "--json"),
    ("tree", "Qwen/Q"),
    ("tree", "alice/lora", "--up", "--format", "mermaid"),
    ("families",),
    ("crawls",),
    ("export", "--format", "csv"),
    ("export", "--format", "parquet"),
    ("export", "--format", "jsonl"),
    ("export", "--format", "jsonl.zst"),
    ("export", "--format", "graphml"),
    ("export", "--format", "gexf"),
    ("export", "--format", "cytoscape"),
    ("export", "--format", "dot"),
    ("export", "--format", "mermaid"),
    ("config",),
    ("doctor", "--offline"),
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = Program(tmp_path_factory.mktemp("offline"))
    with opened_hub(small_rows()) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    return program


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_question_is_answered_with_the_network_cut(program: Program, question: tuple[str, ...], tried: Tried) -> None:
    ran = program.run_command([sys.executable, "-c", CUT, *question])
    assert ran.code == 0, ran.stderr
    assert "TOUCHED" not in ran.stderr
    what = "an export" if question[0] == "export" else "a question, a report or a look at the settings"
    tried(f"{what} with the network cut", 1, "answered, and the network was not touched")


def test_the_network_is_cut_in_these_tests(program: Program, tmp_path: Path) -> None:
    database = str(tmp_path / "other.db")
    endpoint = "http://127.0.0.1:9"
    ran = program.run_command([sys.executable, "-c", CUT, "--db", database, "doctor", "--endpoint", endpoint])
    assert "TOUCHED" in ran.stderr
