"""The daemon that runs the nightly job: cron in UTC, one run at a time, one run to catch up after downtime."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

JOB = "nightly"
LONGEST_LATENESS = timedelta(days=7)


def trigger(cron: str) -> CronTrigger:
    """`30 2 * * *` and the like, in UTC, where no hour is skipped or doubled. Raises `ValueError`."""
    return CronTrigger.from_crontab(cron, timezone=UTC)


def is_due(cron: str, last_run: datetime | None, now: datetime) -> bool:
    """Whether a run that should have been since the last one was not: then one makes up for all of them."""
    if last_run is None:
        return True
    due = trigger(cron).get_next_fire_time(None, last_run + timedelta(seconds=1))
    return due is not None and due <= now


def scheduler(cron: str, job: Callable[[], None], *, run_at_once: bool) -> BlockingScheduler:
    """A scheduler with the one job, not yet started. No run begins while another is still going."""
    made = BlockingScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    started = {"next_run_time": datetime.now(UTC)} if run_at_once else {}
    made.add_job(
        job,
        trigger(cron),
        id=JOB,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=int(LONGEST_LATENESS.total_seconds()),
        **started,
    )
    return made
