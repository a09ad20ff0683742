"""The daemon that runs the nightly job: cron in UTC, one run at a time, one run to catch up after downtime."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler
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


def keep_running(cron: str, job: Callable[[], None], *, run_at_once: bool) -> None:
    """Runs the job at its times until the process is told to stop; then raises `KeyboardInterrupt`.

    It runs in this very thread, so that a signal reaches it in mid-crawl: APScheduler's other executors run jobs
    in threads, which a process waits for before it can end.
    """
    made = BlockingScheduler(timezone=UTC, executors={"default": DebugExecutor()})
    interrupted = False

    def interruptible() -> None:
        nonlocal interrupted
        try:
            job()
        except KeyboardInterrupt:  # which APScheduler would log, and go on
            interrupted = True
            made.shutdown(wait=False)

    add_job(made, cron, interruptible, run_at_once=run_at_once)
    with suppress(JobLookupError):  # after the shutdown it looks for the job that it was running
        made.start()
    if interrupted:
        raise KeyboardInterrupt


def add_job(made: BaseScheduler, cron: str, job: Callable[[], None], *, run_at_once: bool) -> None:
    """The one job: missed runs become one, and none begins while another is still going."""
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
