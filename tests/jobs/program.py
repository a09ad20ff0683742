"""The real program in a process of its own, and Hubs for it to read. No test."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crawler.replica.catalogue import Catalogue
from crawler.replica.rows import catalogue_of
from crawler.replica.server import Replica, running
from tests.jobs.warm import Warm

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = _AS_IT_IS = (sys.executable, "-m", "jobs.cli")
LONGEST_SECONDS = 60
Row = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """What a finished run left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Program:
    """Runs `modelroots` in a folder, with none of this process's Hub or modelroots variables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def database(self) -> Path:
        return self.folder / "modelroots.db"

    def run(self, *arguments: object, environment: Mapping[str, str] | None = None) -> Ran:
        words = [*map(str, arguments)]
        if PROGRAM is not _AS_IT_IS:  # a test has put another in its place
            return self.run_command([*PROGRAM, *words], environment)
        code, stdout, stderr = warm().run(self.folder, words, environment or {}, longest=LONGEST_SECONDS)
        return Ran(code, stdout.decode(), stderr.decode())

    def run_command(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def succeeds(self, *arguments: object, environment: Mapping[str, str] | None = None) -> Ran:
        ran = self.run(*arguments, environment=environment)
        assert ran.code == 0, ran.stderr
        return ran

    def asks(self, *arguments: object) -> Any:
        """The answer's whole JSON envelope."""
        return self.succeeds(*arguments, "--json").json

    @contextmanager
    def started(self, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
        """The program under way; killed at the end where it still runs."""
        with subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, read as anybody may."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(statement, values).fetchall()


class Reader(Program):
    """A program that is only asked: the same question is put to it once, however many facts are read from it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._said: dict[tuple[str, ...], Ran] = {}

    def run(self, *arguments: object, environment: Mapping[str, str] | None = None) -> Ran:
        if environment:
            return super().run(*arguments, environment=environment)
        question = tuple(map(str, arguments))
        if question not in self._said:
            self._said[question] = super().run(*arguments)
        return self._said[question]


@dataclass(frozen=True)
class RunningHub:
    """A replica that takes requests at `url`."""

    replica: Replica
    url: str


@cache
def warm() -> Warm:
    """One for this process."""
    return Warm(ROOT, clean_environment())


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "MODELROOTS_"))}
    for name in ("NO_COLOR", "FORCE_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        kept.pop(name, None)
    return kept | {"PYTHONPATH": str(ROOT)} | dict(more or {})


def listed(rows: Iterable[Row]) -> Catalogue:
    return catalogue_of(json.dumps(row).encode() for row in rows)


@contextmanager
def opened_hub(source: Iterable[Row] | Catalogue, **options: Any) -> Iterator[RunningHub]:
    options.setdefault("quota", None)
    options.setdefault("keep_log", True)
    replica = Replica(source if isinstance(source, Catalogue) else listed(source), **options)
    with running(replica) as url:
        yield RunningHub(replica, url)


def model(number: int, name: str, *bases: tuple[str, str], **fields: Any) -> Row:
    """A row whose `_id` grows with its number; `bases` are (relation, name)."""
    tags = [tag for word, base in bases for tag in (f"base_model:{base}", f"base_model:{word}:{base}")]
    row: Row = {"_id": f"{0x66000000 + number:08x}{number:016x}", "id": name, "author": name.partition("/")[0]}
    return (
        row
        | {"likes": number, "downloads": 10 * number, "createdAt": "2026-01-01T00:00:00.000Z", "tags": tags}
        | fields
    )


def small_rows() -> list[Row]:
    """A family with a fine-tune, an adapter of it, a quantization, a ghost's child and a stranger."""
    return [
        model(1, "Qwen/Q"),
        model(2, "alice/ft", ("finetune", "Qwen/Q")),
        model(3, "alice/lora", ("adapter", "alice/ft")),
        model(4, "bob/gguf", ("quantized", "Qwen/Q")),
        model(5, "erin/orphan", ("finetune", "Qwen/Gone")),
        model(6, "carol/other"),
        model(7, "dave/card", cardData={"base_model": "alice/ft"}),
    ]


def many_rows(count: int) -> list[Row]:
    """A long chain in steps of ten below one base: every page has edges to others."""
    return [
        model(number, f"a/m{number}", *([("finetune", f"a/m{number // 10}")] if number >= 10 else []))
        for number in range(1, count + 1)
    ]
