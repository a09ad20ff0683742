"""What the benchmarks stand on: the generated Hubs' pages, and a database that was swept from them; each made once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks import days, pages
from benchmarks.measuring import Ran, program, run
from benchmarks.server import serving

SEED = 20261001
_KEPT = (".columns", ".names", ".registry")


@dataclass(frozen=True)
class Ground:
    """Where pages are kept and where databases are made; how many models, how often each thing is measured."""

    pages: Path
    work: Path
    models: int
    rounds: int

    def hub(self, models: int | None = None) -> Path:
        """The pages of the generated Hub, or of a smaller one."""
        size = models or self.models
        return pages.build(self.pages / f"hub-{size}", size, SEED)

    def next_day(self) -> Path:
        return days.next_day(self.hub(), self.pages / f"hub-{self.models}-next-day", SEED)

    def edited(self) -> Path:
        """What `changes` finds after the sweep of the next day."""
        return days.edited(self.next_day(), self.pages / f"hub-{self.models}-edited")

    def swept(self) -> Path:
        """The database after one sweep."""
        database = self.work / "swept.db"
        if not database.exists():
            beside = self.work / "sweeping.db"
            sweep(self.hub(), beside)
            move(beside, database)
        return database

    def exported(self) -> Path:
        """The folder of its lineage as Parquet."""
        folder = self.work / "parquet"
        if not folder.exists():
            run(program(self.swept(), "export", "--format", "parquet", "--out", folder))
        return folder


def sweep(folder: Path, database: Path) -> Ran:
    """Sweeps the pages of a folder into a database, with the program as a user would."""
    with serving(folder) as (url, _):
        return run(program(database, "crawl", "sweep", "--endpoint", url))


def remove(database: Path) -> None:
    """A database with what lies beside it."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


def kept_beside(database: Path) -> list[Path]:
    """The files in which a computation keeps what it has read."""
    return [database.with_name(database.name + suffix) for suffix in _KEPT]


def move(database: Path, to: Path) -> None:
    """A swept database with what is kept beside it."""
    for path, new in zip([database, *kept_beside(database)], [to, *kept_beside(to)], strict=True):
        path.rename(new)


def keep(database: Path, ground: Ground) -> None:
    """Makes a database that was swept once the one that all others measure on, where there is none yet."""
    to = ground.work / "swept.db"
    if not to.exists():
        for path, new in zip([database, *kept_beside(database)], [to, *kept_beside(to)], strict=True):
            shutil.copyfile(path, new)
