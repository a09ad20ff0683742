"""All checks in their order, and the one of the curated files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from jobs.doctor import database, machine
from jobs.doctor.check import Check
from jobs.settings import Settings
from store.errors import StoreError
from store.registry.loader import lint, load_registry
from store.registry.origins import lint_origins


def examine(
    settings: Settings, token: str | None, *, offline: bool, clock: Callable[[], float] = time.time
) -> Iterator[Check]:
    """All checks, from the machine outwards to the Hub. `clock` tells seconds since 1970."""
    yield machine.python()
    yield machine.sqlite()
    yield machine.file_system(settings.db)
    yield machine.free_space(settings.db)
    yield from database.soundness(settings.db)
    yield from database.timeliness(settings.db, settings.cron, clock())
    yield registry(settings)
    if not offline:
        from jobs.doctor import hub  # its client need not be imported where none is asked

        yield from hub.answers(settings, token, clock)


def registry(settings: Settings) -> Check:
    """Whether both curated files can be used, and what their lints say."""
    try:
        found = load_registry(settings.registry)
    except StoreError as error:
        return Check("registry", "problem", str(error), "Mend the file, or leave --registry out.")
    wants = [*lint(found), *(f"origins.csv, {text}" for text in lint_origins(found.origins))]
    if wants:
        return Check("registry", "warning", f"{len(wants)} remarks, first: {wants[0]}", "modelroots origins lint")
    return Check("registry", "ok", f"{len(found.families)} families, {len(found.origins)} publishers with their places")
