"""`snapshot create|list|verify|tree`: the lineage after a crawl as files that never change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.errors import PARTIAL, Refused
from jobs.cli.output import Answer, Format, give
from jobs.cli.state import CsvOption, FileOption, FormatOption, JsonOption, QuietOption, form, state_of
from jobs.settings import Chosen, Settings

if TYPE_CHECKING:
    from store.snapshots.verifying import Fault

SnapshotsOption = Annotated[
    Path | None, typer.Option("--snapshots", help="The folder of snapshots [env: MODELROOTS_SNAPSHOTS].")
]
DailyOption = Annotated[
    str | None,
    typer.Option("--keep-daily", metavar="N", help="Of each of the last N days keep one snapshot, and remove others."),
]
MonthlyOption = Annotated[
    str | None, typer.Option("--keep-monthly", metavar="N", help="And one of each of the last N months.")
]

snapshot = typer.Typer(help="Make, list and verify the immutable files of the lineage.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(snapshot, name="snapshot")


@snapshot.command()
def create(
    context: typer.Context,
    partial: Annotated[
        bool, typer.Option("--partial", help="Even of a crawl that is not complete: every file then says so.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Even if tracked bases have fewer derivatives than the Hub says.")
    ] = False,
    keep_daily: DailyOption = None,
    keep_monthly: MonthlyOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made and removed; do nothing.")] = False,
    snapshots: SnapshotsOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """The snapshot of the last finished crawl, in a folder of its own; one that is there already is left as it is.

    Without --keep-daily and --keep-monthly, here and in the settings, none is removed.
    """
    from jobs.snapshots import make, plan
    from store.snapshots.marks import Unfit

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    settings = _settings(context, snapshots, keep_daily, keep_monthly)
    try:
        outcome = (plan if dry_run else make)(settings, partial=partial, accept=accept)
    except Unfit as problem:
        raise Refused(str(problem), PARTIAL) from problem
    would = "would be " * dry_run
    items = [_action(f"{would}made" if outcome.is_new else "there already", outcome.place)]
    give(Answer(items + [_action(f"{would}removed", place) for place in outcome.removed]), chosen)


@snapshot.command("list")
def list_them(
    context: typer.Context,
    snapshots: SnapshotsOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """The snapshots there are, in the order of their making; nothing is checked but that they can be read."""
    from store.snapshots.listing import places

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    folder = _settings(context, snapshots).snapshots
    items = sorted(map(_listed, places(folder)), key=lambda item: (item["number"] is None, item["number"]))
    notes = [f"{item['name']}: {item['note']}" for item in items if item["note"]]
    if chosen.format not in (Format.JSON, Format.JSONL):
        items = [{name: item[name] for name in item if name != "note"} for item in items]
    if not items:
        notes = [f"There is no snapshot in {folder}. `modelroots snapshot create` makes one of the last crawl."]
    give(Answer(items, notes=notes), chosen)


@snapshot.command()
def verify(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Snapshots, or folders of them; else all.")
    ] = None,
    snapshots: SnapshotsOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """Whether every file is what the manifests say, and the chain of all of them unbroken; exit code 1 where not."""
    from store.snapshots.listing import places
    from store.snapshots.verifying import verify as faults_in
    from store.snapshots.verifying import verify_chain

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    folder = _settings(context, snapshots).snapshots
    wanted = [_place(folder, name) for name in names or ()] or places(folder)
    if not wanted:
        raise Refused(f"There is no snapshot in {folder}. `modelroots snapshot create` makes one of the last crawl.")
    faults = [fault for place in wanted for fault in faults_in(place)]
    faults += [fault for fault in verify_chain(folder) if fault not in faults]
    verified = dict.fromkeys([*(place.name for place in wanted), *(fault.snapshot for fault in faults)])
    told = chosen.format in (Format.JSON, Format.JSONL)
    items = [_verdict(name, faults, told=told) for name in verified]
    give(Answer(items, notes=[str(fault) for fault in faults]), chosen)
    if faults:
        raise Refused(f"Faults in {', '.join(dict.fromkeys(fault.snapshot for fault in faults))}.")


@snapshot.command()
def tree(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the tree; made where there is none.")],
    snapshots: SnapshotsOption = None,
    format: FormatOption = Format.TABLE,
    json: JsonOption = False,
    csv: CsvOption = False,
    quiet: QuietOption = False,
    output: FileOption = None,
) -> None:
    """All snapshots as one partitioned table: OUT/date=YYYY-MM-DD/models.parquet and so on, for DuckDB or Spark.

    Of each day the newest complete snapshot, which is verified first. The files are links, which take no room, or
    copies where there can be no links. Days whose snapshots are not here any more are left as they are.
    """
    from store.snapshots.partitions import lay

    chosen = form(format, json=json, csv=csv, quiet=quiet, file=output)
    laid = list(lay(_settings(context, snapshots).snapshots, out))
    items = [
        {"date": day.date, "snapshot": day.snapshot, "files": _files(day.snapshot, copied=day.copied)} for day in laid
    ]
    faults = [fault for day in laid for fault in day.passed_over]
    give(Answer(items, notes=[f"Passed over: {fault}" for fault in faults], key="date"), chosen)
    if faults:
        named = ", ".join(dict.fromkeys(fault.snapshot for fault in faults))
        raise Refused(f"Faults in {named}: `modelroots snapshot verify` shows them. The sound snapshots are laid.")


def _settings(
    context: typer.Context, snapshots: Path | None, keep_daily: str | None = None, keep_monthly: str | None = None
) -> Settings:
    """The settings, with what the command was given instead."""
    settings = state_of(context).settings
    given = {
        "snapshots": None if snapshots is None else str(snapshots),
        "keep_daily": keep_daily,
        "keep_monthly": keep_monthly,
    }
    flags = {name: Chosen(value, f"--{name.replace('_', '-')}") for name, value in given.items() if value is not None}
    return settings._replace(chosen={**settings.chosen, **flags})


def _action(action: str, place: Path) -> dict[str, Any]:
    return {"name": place.name, "action": action, "path": str(place)}


def _listed(place: Path) -> dict[str, Any]:
    """One whose manifest cannot be read is listed all the same: it is there."""
    from store.snapshots.manifest import SnapshotError, read_manifest

    names = ("number", "name", "date", "crawl", "state", "models", "edges", "bytes", "path", "note")
    item = dict.fromkeys(names) | {"name": place.name, "state": "unreadable", "path": str(place)}
    try:
        manifest = read_manifest(place)
    except SnapshotError as problem:
        return item | {"note": str(problem)}
    item |= {name: getattr(manifest, name) for name in ("number", "date", "state", "bytes", "note")}
    return item | {"crawl": manifest.crawl.number} | {table: manifest.rows(table) for table in ("models", "edges")}


def _verdict(name: str, faults: list[Fault], *, told: bool) -> dict[str, Any]:
    """With the faults where they are `told`, else with their number: they stand below the table."""
    own = [{"file": fault.file, "problem": fault.problem} for fault in faults if fault.snapshot == name]
    return {"name": name, "sound": not own, "faults": own if told else len(own)}


def _place(folder: Path, name: str) -> Path:
    """A snapshot by its name, or by the path of its folder."""
    return folder / name if (folder / name).is_dir() or not Path(name).is_dir() else Path(name)


def _files(snapshot: str | None, *, copied: bool) -> str:
    if snapshot is None:
        return "left as they are"
    return "copies" if copied else "links"
