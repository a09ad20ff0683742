"""The snapshot of the last finished crawl, by the settings; and what retention then takes away. Says nothing itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from jobs.settings import Settings
from jobs.version import PROGRAM
from store.database import reading, writing
from store.snapshots.listing import manifests
from store.snapshots.marks import mark
from store.snapshots.retention import Dated, Keep, dated, remove_superseded, superseded
from store.standing import standing


class Outcome(NamedTuple):
    """The snapshot's folder; whether it was not there before; and those that go, where any are to."""

    place: Path
    is_new: bool
    removed: list[Path]


def make(settings: Settings, *, partial: bool = False, accept: bool = False) -> Outcome:
    """Makes it, unless it is there. Raises `SnapshotError`, of which `Unfit` is what the operator can overrule."""
    with reading(settings.db) as connection:  # what cannot be is told without a lock, and without a new file
        mark(connection, standing(connection), partial=partial, accept=accept)
    with writing(settings.db) as connection:
        return make_in(connection, settings, partial=partial, accept=accept)


def make_in(
    connection: sqlite3.Connection, settings: Settings, *, partial: bool = False, accept: bool = False
) -> Outcome:
    """The same for who writes to the database already."""
    from store.snapshots.creating import create  # Arrow takes 0.1 s, which a crawl without a snapshot need not wait for

    keep = retention(settings)
    found = mark(connection, standing(connection), partial=partial, accept=accept)
    made = create(settings.db, settings.snapshots, found, program=PROGRAM)
    return Outcome(made.place, made.is_new, remove_superseded(settings.snapshots, keep) if keep else [])


def plan(settings: Settings, *, partial: bool = False, accept: bool = False) -> Outcome:
    """What `make` would do; nothing is touched."""
    keep = retention(settings)
    with reading(settings.db) as connection:
        found = mark(connection, standing(connection), partial=partial, accept=accept)
    there = [dated(place, manifest) for place, manifest in manifests(settings.snapshots)]
    place = settings.snapshots / found.name
    is_new = not place.exists()
    after = [*there, *[Dated(place, found.date, found.is_complete or found.accepted)] * is_new]
    return Outcome(place, is_new, [one.place for one in superseded(after, keep)] if keep else [])


def retention(settings: Settings) -> Keep | None:
    """What is kept; None where all are. Raises `SettingsError`."""
    return None if settings.keep is None else Keep(*settings.keep)
