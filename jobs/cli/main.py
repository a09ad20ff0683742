"""The program: its global options, its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from typer.models import CommandInfo

from jobs.cli.errors import report
from jobs.cli.state import initial_state

COMMANDS = {
    "crawl": "crawling",
    "derivatives": "answers",
    "families": "answers",
    "crawls": "answers",
    "rollup": "rollups",
    "growth": "history",
    "diff": "history",
    "bursts": "history",
    "quality": "qualities",
    "origins": "origins",
    "claims": "claims",
    "benchmark": "claims",
    "tree": "trees",
    "export": "exporting",
    "import": "importing",
    "snapshot": "snapshots",
    "publish": "publishing",
    "nightly": "nights",
    "renames": "nights",
    "schedule": "nights",
    "replica": "local",
    "demo": "local",
    "backup": "backups",
    "restore": "backups",
    "doctor": "health",
    "config": "health",
}
"""Each command's module. To build all of them takes as long as a question does, so only the asked one is built."""


def program(words: Sequence[str]) -> typer.Typer:
    """The program with the command that the words ask for; with every command where they ask for none of them."""
    app = typer.Typer(
        name="modelroots",
        help="Where the world's open models come from, and what has been built on them.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(options)
    asked = _asked(words)
    for module in dict.fromkeys(COMMANDS.values()) if asked is None else (COMMANDS[asked],):
        import_module(f"jobs.cli.{module}").register(app)
    if asked is not None:
        app.registered_commands = [command for command in app.registered_commands if _is_named(command, asked)]
    return app


def _is_named(command: CommandInfo, name: str) -> bool:
    return name == (command.name or getattr(command.callback, "__name__", None))


def _asked(words: Sequence[str]) -> str | None:
    """The first word that is no option and no option's value, if it is a command; None before --help for all."""
    rest = iter(words)
    for word in rest:
        if word == "--help":
            return None
        if word in ("--db", "--registry"):
            next(rest, None)
        elif not word.startswith("-"):
            return word if word in COMMANDS else None
    return None


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # takes 30 ms

        print(f"modelroots {version('modelroots')}")
        raise typer.Exit


def options(
    context: typer.Context,
    db: Annotated[Path | None, typer.Option("--db", help="The database file [env: MODELROOTS_DB].")] = None,
    registry: Annotated[
        Path | None, typer.Option("--registry", help="A folder with families.toml [env: MODELROOTS_REGISTRY].")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    context.obj = initial_state(db, registry)


def main() -> None:
    """Runs a command and ends the process with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        program(sys.argv[1:])()  # it turns usage errors into 2 and an interruption into 130 by itself
    except SystemExit:
        raise
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except BaseException as error:  # noqa: BLE001  # the job's boundary: nobody is above to handle it
        sys.exit(report(error))
    finally:
        gc.freeze()  # the process ends: to look through all that it holds frees nothing sooner


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends like Ctrl-C: the transaction under way is stored or undone, and the crawl can be resumed."""
    raise KeyboardInterrupt
