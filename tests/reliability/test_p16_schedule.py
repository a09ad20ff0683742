"""P16: three days off: one catch-up run; days on which clocks change: one run; two schedulers: one run. By an injected
clock. The scheduler's own settings are tested in tests/jobs/test_schedule.py.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jobs.schedule import is_due, trigger
from tests.jobs.program import Program, many_rows, opened_hub
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled

CRON = "30 2 * * *"
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def runs(up: list[tuple[datetime, datetime]], last: datetime | None = None) -> list[datetime]:
    """When the job begins, with a machine that is up in these stretches: at its start where due, then at its times."""
    found: list[datetime] = []
    for begin, end in up:
        if is_due(CRON, last, begin):
            found.append(begin)
            last = begin
        following = trigger(CRON).get_next_fire_time(None, begin + timedelta(seconds=1))
        while following is not None and following < end:
            found.append(following)
            last = following
            following = trigger(CRON).get_next_fire_time(last, last + timedelta(seconds=1))
    return found


def test_three_days_off_are_made_up_for_by_one_run(tried: Tried) -> None:
    drawn = random.Random(SEED)  # no secret
    times = scaled(100, 2000)
    for _ in range(times):
        off = START + drawn.randrange(1, 2000) * HOUR
        on = off + timedelta(days=3, minutes=drawn.randrange(1440))
        found = runs([(START, off), (on, on + timedelta(days=5))])
        after = [moment for moment in found if moment >= on]
        assert after[0] == on
        assert Counter(moment.date() for moment in after[1:]).most_common(1)[0][1] == 1
        is_its_own_time = (on.hour, on.minute) == (2, 30)  # then the run that makes up is that day's, too
        assert len(after) == 1 + 5 - is_its_own_time
    tried("three days off, at any hour", times, "one run to catch up, then one a day")


def test_there_is_one_run_a_day_all_year_wherever_clocks_change(tried: Tried) -> None:
    found = runs([(START, START + timedelta(days=365))], last=START)
    days = Counter(moment.date() for moment in found)
    assert set(days.values()) == {1}
    assert len(days) == 365
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"):
        offsets = {moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in found}
        assert len(offsets) == 2  # the year did have two such days there
    assert days[date(2026, 3, 29)] == days[date(2026, 10, 25)] == 1
    tried("days of a year, in zones that change their clocks", len(found), "one run each")


def test_of_two_schedulers_one_runs(tmp_path: Path, tried: Tried) -> None:
    program = Program(tmp_path)
    with opened_hub(many_rows(2500), faults="drip@2") as slow, opened_hub(many_rows(2500)) as hub:
        with program.started("nightly", "--endpoint", slow.url):
            while slow.replica.requests < 2:
                pass
            second = program.run("nightly", "--endpoint", hub.url)
        assert second.code == 5
        assert "is writing" in second.stderr
        assert hub.replica.requests == 0
    assert program.query("SELECT count(*) FROM crawl") == [(1,)]
    tried("two nights at once", 2, "one runs, the other is told so with exit code 5 before it asks anything")
