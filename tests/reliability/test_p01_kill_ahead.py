"""P1 where pages are fetched ahead: killed at any moment, what is left in the end is what an undisturbed crawl leaves.

Numbers of nodes follow the pages, and where these end depends on how far which chain was: so names are compared.
"""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.replica.generate import generate
from tests.jobs import program as running
from tests.jobs.program import Program, RunningHub, opened_hub
from tests.reliability.conftest import Tried
from tests.reliability.crawling import left
from tests.reliability.soak import SEED, scaled
from tests.reliability.test_p01_kill import ended_at, is_done

KILLS = scaled(1, 60)
MODELS = 4_000
WORDS = ", ".join(
    f"{distance}_{word}" for distance in ("direct", "total") for word in ("finetune", "adapter", "quantized", "merge")
)
COUNTS = f"SELECT node.name, {WORDS} FROM lineage_count JOIN node ON node.id = node_id ORDER BY node.name"
ALWAYS_AHEAD = """
import crawler.sweep

crawler.sweep.PAGE_SIZE = "200"
crawler.sweep.Times.useful_chains = lambda times, _: 4 if len(times._round_trips) > 2 else 1

if __name__ == "__main__":  # not in the process that fetches, which reads this file too
    from jobs.cli.main import main

    main()
"""


@pytest.fixture
def ahead(tmp_path: Path) -> Iterator[None]:
    """The program, which fetches ahead even from a Hub so near."""
    script = tmp_path / "ahead.py"
    script.write_text(ALWAYS_AHEAD)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(running, "PROGRAM", (sys.executable, str(script)))
        yield


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with opened_hub(generate(MODELS, SEED)) as opened:
        yield opened


@pytest.mark.usefixtures("ahead")
def test_a_crawl_that_is_killed_while_it_fetches_ahead_loses_nothing(
    hub: RunningHub, tmp_path_factory: pytest.TempPathFactory, tried: Tried
) -> None:
    whole = Program(tmp_path_factory.mktemp("whole"))
    whole.succeeds("crawl", "sweep", "--endpoint", hub.url)
    undisturbed, lineage = left(whole.database), whole.query(COUNTS)
    assert len(undisturbed.names) + undisturbed.ledger["quarantined"] == MODELS
    rng, kills = random.Random(SEED), 0
    while kills < KILLS:
        program = Program(tmp_path_factory.mktemp("killed"))
        moment = hub.replica.requests + rng.randint(1, 25)
        while kills < KILLS and ended_at(program, hub, moment, signal.SIGKILL) is not None:
            kills += 1
            if is_done(program):
                break
            moment = hub.replica.requests + rng.randint(1, 25)
        if not is_done(program):
            program.succeeds("crawl", "sweep", "--endpoint", hub.url)
        found = left(program.database)
        assert found.ledger == undisturbed.ledger
        assert (found.names == undisturbed.names, found.references == undisturbed.references) == (True, True)
        assert found.counters == undisturbed.counters
        assert program.query(COUNTS) == lineage
    tried("kill -9 while four chains fetch ahead", kills, "what an undisturbed crawl leaves")
