"""The program's modules imported once, and each run of it a fork of that: a process of its own that starts at once.

`Warm` is the test's side; run as a module this is the other process, which has one thread and asks nobody. Unlike
`python -m jobs.cli` nothing is imported anew but `huggingface_hub`, which then reads the environment, and a fetcher
is forked as well. Runs that are to be killed are not made this way. No test.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import multiprocessing
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

PACKAGES = ("crawler", "store", "jobs")
COLD = ("__main__", "env", "versions")
"""Modules that do something when they are imported."""
_FORK = multiprocessing.get_context("fork")


class Warm:
    """Runs `modelroots` in a folder; one run at a time. Started when it is first wanted, ended with this process."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.warm"],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)  # its orders end, and so does it

    def run(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str], *, longest: float
    ) -> tuple[int, bytes, bytes]:
        """Its exit code, stdout and stderr. Raises `TimeoutExpired` after so many seconds."""
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as place:
            files = [str(Path(place) / name) for name in ("stdout", "stderr")]
            order = {"folder": str(folder), "arguments": arguments, "environment": dict(environment), "files": files}
            print(json.dumps(order | {"longest": longest}), file=self._process.stdin, flush=True)
            code = json.loads(self._process.stdout.readline())
            if code is None:
                raise subprocess.TimeoutExpired(["modelroots", *arguments], longest)
            stdout, stderr = (Path(file).read_bytes() for file in files)
        return code, stdout, stderr


# In the other process


def main() -> None:
    """Answers each order, a line of JSON, with the exit code of its run; null where that took too long."""
    for package in PACKAGES:
        for name in _modules(package):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_run(**json.loads(line))), flush=True)


def _modules(package: str) -> Iterator[str]:
    yield package
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if module.name.rpartition(".")[2] not in COLD:
            yield from _modules(module.name) if module.ispkg else [module.name]


def _run(longest: float, **order: Any) -> int | None:
    child = os.fork()
    if not child:
        _be_the_program(**order)
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, longest)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_long(*_: object) -> None:
    raise TimeoutError


def _be_the_program(folder: str, arguments: list[str], environment: dict[str, str], files: list[str]) -> NoReturn:
    code = 1
    try:
        os.chdir(folder)
        os.environ.update(environment)
        _redirect(*files)
        multiprocessing.get_context = lambda _method=None: _FORK  # type: ignore[assignment]
        sys.argv[1:] = arguments
        runpy.run_module("jobs.cli", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # as the interpreter does
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _redirect(stdout: str, stderr: str) -> None:
    """Descriptors and streams, as a process has them whose output goes to files."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)


if __name__ == "__main__":
    main()
