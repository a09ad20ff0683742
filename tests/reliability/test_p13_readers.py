"""P13: readers during a nightly write: 10,000 queries, no error, p95 below 100 ms. Each opens the file anew, as any
command does. `make test` asks fewer and allows a second: its machine has other things to do. One crawl's answers never
mix with another's.
"""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path

from store.database import reading, writing
from store.lookup import find_node
from store.registry.loader import load_registry
from store.standing import standing
from tests.reliability.conftest import Tried
from tests.reliability.soak import SOAK, scaled
from tests.store.conftest import Store, row

MODELS = 2000
READERS = 4
P95_SECONDS = 0.1 if SOAK else 1.0
TOTAL = "SELECT total_finetune FROM lineage_count JOIN node ON node.id = node_id WHERE name = 'Qwen/A'"


def listed(night: int) -> list[dict[str, object]]:
    """Each night one derivative more, and every counter moved: a reader can tell by one figure which night it sees."""
    return [row("Qwen/A"), *(row(f"b/{number}", ["Qwen/A"], likes=night) for number in range(MODELS + night))]


def test_readers_are_answered_while_nights_are_written(tmp_path: Path, tried: Tried) -> None:
    wanted = scaled(600, 10_000)
    seconds: list[float] = []
    problems: list[BaseException] = []
    mixed: list[tuple[int, int]] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set() and not problems:
            began = time.perf_counter()
            try:
                with reading(tmp_path / "a.db") as connection:
                    crawl = standing(connection).crawl
                    node = find_node(connection, "Qwen/A")
                    ((total,),) = connection.execute(TOTAL).fetchall()
                    assert node.is_model
            except BaseException as problem:  # noqa: BLE001  # told by the main thread
                problems.append(problem)
            else:
                seconds.append(time.perf_counter() - began)
                if total != MODELS + crawl:
                    mixed.append((crawl, total))

    with writing(tmp_path / "a.db") as connection:
        store = Store(connection, load_registry(None), tmp_path / "a.db")
        store.sweep(listed(1))
        threads = [threading.Thread(target=read) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        night = 1
        while len(seconds) < wanted and not problems:
            night += 1
            store.sweep(listed(night))
        ended.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert mixed == []
    assert night > 2
    p95 = statistics.quantiles(seconds, n=20)[-1]
    assert p95 < P95_SECONDS
    tried(f"queries by {READERS} readers while {night:,} nights were written", len(seconds), f"p95 {p95 * 1000:.0f} ms")
