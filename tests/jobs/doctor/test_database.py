"""Checks of the database, each with what makes it fail."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.doctor.check import Check
from jobs.doctor.database import soundness, timeliness
from store.database import writing
from store.migrations.upgrade import PAGE_SIZE

DAILY = "30 2 * * *"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Of which the last sweep began on 2026-03-04 at 02:30 and ended an hour later."""
    path = tmp_path / "a.db"
    with writing(path) as connection:
        connection.execute(
            """
            INSERT INTO crawl (kind, state, endpoint, question, started_at, finished_at, version, pages, fetched,
                models, new, changed, same, repeated, quarantined, missing, gone, back, requests, resumed)
            VALUES ('sweep', 'complete', 'http://hub', '{}', ?, ?, 'x', 1, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0)""",
            (at("2026-03-04T02:30:05"), at("2026-03-04T03:30")),
        )
    return path


def found(db: Path, cron: str = DAILY, now: str = "2026-03-04T12:00") -> dict[str, Check]:
    return {check.name: check for check in [*soundness(db), *timeliness(db, cron, at(now))]}


def test_all_is_well_in_the_morning_after(db: Path) -> None:
    assert {name: check.state for name, check in found(db).items()} == dict.fromkeys(
        ("database", "private", "last sweep", "schedule"), "ok"
    )


def test_a_torn_page_is_a_problem_and_names_the_way_out(db: Path) -> None:
    with db.open("r+b") as file:
        file.seek(2 * PAGE_SIZE)
        file.write(os.urandom(PAGE_SIZE))
    assert found(db)["database"].state == "problem"
    assert "restore" in found(db)["database"].advice


def test_a_file_that_others_may_read_is_warned_of(db: Path) -> None:
    db.chmod(0o644)
    assert (found(db)["private"].state, found(db)["private"].advice) == ("warning", f"chmod 600 {db}")


def test_a_sweep_of_three_days_ago_is_warned_of(db: Path) -> None:
    check = found(db, now="2026-03-07T12:00")["last sweep"]
    assert (check.state, check.advice) == ("warning", "modelroots nightly")


def test_a_database_without_a_sweep_is_warned_of(tmp_path: Path) -> None:
    with writing(tmp_path / "new.db"):
        pass
    assert found(tmp_path / "new.db")["last sweep"].state == "warning"


def test_a_night_that_was_missed_is_warned_of(db: Path) -> None:
    check = found(db, now="2026-03-05T02:31")["schedule"]
    assert (check.state, "a run was missed" in check.finding) == ("warning", True)


def test_the_next_run_is_named(db: Path) -> None:
    assert "next at 2026-03-05 02:30 UTC" in found(db)["schedule"].finding


@pytest.mark.parametrize("cron", ["nonsense", "61 * * * *", ""])
def test_a_schedule_that_is_none_is_a_problem(db: Path, cron: str) -> None:
    assert found(db, cron)["schedule"].state == "problem"


def test_a_schedule_that_never_comes_is_warned_of(db: Path) -> None:
    assert found(db, "0 0 30 2 *")["schedule"].state == "warning"
