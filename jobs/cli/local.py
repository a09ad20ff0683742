"""`replica` and `demo`: a Hub on this machine, and the whole job against it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.errors import FAILED, USAGE, Refused

if TYPE_CHECKING:
    from crawler.replica.catalogue import Catalogue

RowsOption = Annotated[Path | None, typer.Option("--rows", help="Rows to serve: a file of JSON lines, .gz or not.")]
GeneratedOption = Annotated[int | None, typer.Option("--generated", min=1, help="Or so many generated models.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Of the generated models, and of faults at a rate.")]


def register(app: typer.Typer) -> None:
    app.command()(replica)
    app.command()(demo)


def replica(
    rows: RowsOption = None,
    generated: GeneratedOption = None,
    seed: SeedOption = 0,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8900,
    quota: Annotated[str, typer.Option("--quota", help="Requests in how many seconds.")] = "500/300",
    faults: Annotated[str, typer.Option("--faults", help="Such as '503@7, cut@0.02': kind@request or kind@rate.")] = "",
    changes: Annotated[str, typer.Option("--changes", help="Of the rows, as 'create@0.2, rename@7'.")] = "",
    token: Annotated[str | None, typer.Option("--token", help="Accept this token, and refuse any other.")] = None,
) -> None:
    """A Hub on this machine that answers like the real one, from real or generated rows. Ctrl-C ends it."""
    from crawler.replica.server import Replica, serve

    catalogue = _catalogue(rows, generated, seed)
    try:
        hub = Replica(catalogue, quota=quota, faults=faults, changes=changes, token=token, seed=seed)
    except ValueError as problem:
        raise Refused(str(problem), USAGE) from problem

    def ready(url: str) -> None:
        print(url, flush=True)
        print(f"{len(catalogue):,} models. Try: modelroots crawl sweep --endpoint {url}", file=sys.stderr, flush=True)

    try:
        serve(hub, port=port, ready=ready)
    except OSError as problem:
        raise Refused(f"--port {port}: {problem.strerror}. Choose another, or 0 for a free one.", FAILED) from problem


def _catalogue(rows: Path | None, generated: int | None, seed: int) -> Catalogue:
    from crawler.replica.generate import generate
    from crawler.replica.rows import load_rows

    if (rows is None) == (generated is None):
        raise Refused("Say what to serve: either --rows FILE or --generated N.", USAGE)
    if rows is None:
        return generate(generated or 0, seed)
    try:
        return load_rows(rows)
    except (OSError, ValueError) as problem:
        raise Refused(f"--rows {rows}: {problem}", FAILED) from problem


def demo(
    generated: Annotated[
        int, typer.Option("--generated", min=100, help="How many models the demo's Hub has.")
    ] = 50_000,
    seed: SeedOption = 1,
    folder: Annotated[Path, typer.Option("--folder", help="Where the database and the snapshot go.")] = Path("demo"),
) -> None:
    """The whole nightly job against a generated Hub on this machine, and what to ask next."""
    from jobs.demo import run

    run(folder, count=generated, seed=seed)
