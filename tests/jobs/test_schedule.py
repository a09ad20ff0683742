"""When the nightly job is due. No scheduler is started here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from jobs.schedule import JOB, add_job, is_due, trigger

CRON = "30 2 * * *"
NIGHT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def fires(cron: str, start: datetime, end: datetime) -> list[datetime]:
    """Every time between two others at which a run begins."""
    found: list[datetime] = []
    moment = trigger(cron).get_next_fire_time(None, start)
    while moment is not None and moment < end:
        found.append(moment)
        moment = trigger(cron).get_next_fire_time(moment, moment + timedelta(microseconds=1))
    return found


def test_a_first_run_is_due_at_once() -> None:
    assert is_due(CRON, None, NIGHT)


def test_nothing_is_due_before_the_next_time() -> None:
    assert not is_due(CRON, NIGHT, NIGHT + DAY - MINUTE)


def test_a_run_is_due_at_its_very_time() -> None:
    assert is_due(CRON, NIGHT, NIGHT + DAY)


def test_a_run_that_was_missed_is_due() -> None:
    assert is_due(CRON, NIGHT, NIGHT + 3 * DAY + MINUTE)


def test_one_run_makes_up_for_all_that_were_missed() -> None:
    caught_up = NIGHT + 3 * DAY + 60 * MINUTE
    assert not is_due(CRON, caught_up, caught_up + MINUTE)


def test_a_run_by_hand_in_the_day_does_not_stand_for_the_night() -> None:
    assert is_due(CRON, NIGHT + DAY / 2, NIGHT + DAY)


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_there_is_one_run_on_a_day_when_clocks_change(monkeypatch: pytest.MonkeyPatch, day: datetime) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")  # where 02:30 of that day is skipped or doubled
    assert fires(CRON, day, day + DAY) == [day + timedelta(hours=2, minutes=30)]


def test_the_cron_s_hours_are_utc() -> None:
    assert trigger(CRON).timezone.utcoffset(None) == timedelta(0)


@pytest.mark.parametrize("cron", ["", "nonsense", "61 * * * *", "* * * *", "0 25 * * *"])
def test_a_bad_cron_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        trigger(cron)


@pytest.fixture
def scheduler() -> BaseScheduler:
    """One that holds the job and is not started."""
    made = BackgroundScheduler(timezone=UTC)
    add_job(made, CRON, lambda: None, run_at_once=False)
    return made


def test_the_job_runs_once_at_a_time(scheduler: BaseScheduler) -> None:
    assert scheduler.get_job(JOB).max_instances == 1


def test_missed_runs_become_one(scheduler: BaseScheduler) -> None:
    assert scheduler.get_job(JOB).coalesce is True


def test_a_run_that_is_days_late_is_not_dropped(scheduler: BaseScheduler) -> None:
    assert scheduler.get_job(JOB).misfire_grace_time >= (3 * DAY).total_seconds()


def test_there_is_one_job(scheduler: BaseScheduler) -> None:
    assert [job.id for job in scheduler.get_jobs()] == [JOB]


def test_catching_up_begins_at_once() -> None:
    made = BackgroundScheduler(timezone=UTC)
    add_job(made, CRON, lambda: None, run_at_once=True)
    assert made.get_job(JOB).next_run_time <= datetime.now(UTC)
