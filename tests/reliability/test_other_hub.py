"""Another Hub than the replica, held to P2, P6, P7 and P19: sweeps of it, and the database read after each.

Whatever it does, the rows are all there, or the exit code or the crawl's state tells; the ledger adds up; the next
undisturbed sweep has all.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crawler.replica.rows import catalogue_of
from crawler.replica.server import Replica, running
from crawler.transport import LARGEST_BODY
from tests.jobs.program import clean_environment, many_rows
from tests.reliability.conftest import Tried
from tests.reliability.crawling import ROWS_A_PAGE, Crawler, Left, quick
from tests.reliability.memory import where_it_is_told
from tests.reliability.misbehaving import LIES, TRUNCATES, SamePage, at, cut_in_head, each_row, pages, without_next
from tests.reliability.small_hub import Row, SmallHub, Twist, Ways, opened
from tests.reliability.soak import SEED, scaled

RADAR = Path(__file__).resolve().parents[3] / "shared" / "hub" / "radar"
MODELS = 4 * ROWS_A_PAGE + 20
PAGES = MODELS // ROWS_A_PAGE + 1
SOME = slice(SEED % scaled(4, 1), None, scaled(4, 1))
ANY_PAGE = range(1, PAGES + 1)[SOME]
ROWS: list[Row] = [
    row
    | {"lastModified": "2026-02-01T00:00:00.000Z", "cardData": {"license": "mit"}, "pipeline_tag": None, "gated": False}
    for row in many_rows(MODELS)
]
WAYS = {
    "as described": Ways(),
    "smaller pages than asked for": Ways(largest_page=13),
    "chunks": Ways(framing="chunked"),
    "bodies without a length": Ways(framing="close"),
    "HTTP/1.0": Ways(framing="close", version="1.0"),
    "compressed": Ways(compressed=True),
    "compressed, in chunks": Ways(compressed=True, framing="chunked"),
    "header names in capitals": Ways(shouts=True),
    "relative links": Ways(relative_links=True),
    "links of other kinds": Ways(other_links=True),
    "no word of a quota": Ways(quota=None),
    "cursors that say nothing": Ways(opaque_cursors=True),
    "made-up cursors refused": Ways(forgets_cursors="400"),
    "made-up cursors lead nowhere": Ways(forgets_cursors="empty"),
    "made-up cursors lead to the top": Ways(forgets_cursors="first page"),
    "fields that nobody knows": Ways(adds_fields=True),
    "null for what has no value": Ways(nulls=True),
}


@dataclass(frozen=True)
class Hubs:
    """What undisturbed sweeps leave, and a way to disturb one."""

    crawler: Crawler
    stored: Path
    whole: Left

    def met(
        self,
        *twists: Twist,
        ways: Ways | None = None,
        rows: Sequence[Row] = ROWS,
        again: bool = False,
        ahead: bool = False,
    ) -> Left:
        self.crawler.database(like=self.stored if again else None)
        return self.then(*twists, ways=ways, rows=rows, ahead=ahead)

    def then(self, *twists: Twist, ways: Ways | None = None, rows: Sequence[Row] = ROWS, ahead: bool = False) -> Left:
        """One more sweep into the same database."""
        database = self.crawler.database_of()
        with opened(SmallHub(rows, ways or Ways(), twists)) as hub, quick(ahead=ahead, deadline=0.25):
            return self.crawler.sweep(database, hub.url)

    def has_all(self, left: Left) -> bool:
        return left.is_complete and _content(left) == _content(self.whole)


def _content(left: Left) -> tuple[object, ...]:
    return left.names, left.references, left.counters


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Hubs:
    crawler = Crawler(tmp_path_factory.mktemp("other"))
    stored = crawler.database("stored")
    with opened(SmallHub(ROWS)) as hub, quick():
        whole = crawler.sweep(stored, hub.url)
    return Hubs(crawler, stored, whole)


def test_what_is_stored_is_what_the_hub_holds(hubs: Hubs) -> None:
    assert hubs.whole.names == {(row["_id"], row["id"]) for row in ROWS}
    assert {(row[0], row[1], row[2]) for row in hubs.whole.counters} == {
        (row["_id"], row["downloads"], row["likes"]) for row in ROWS
    }
    declared = {(row["_id"], tag.split(":")[2]) for row in ROWS for tag in row["tags"] if tag.count(":") == 2}
    assert {(row[0], row[1]) for row in hubs.whole.references} == declared


@pytest.mark.parametrize("chains", ["one chain", "ahead"])
def test_all_ways_of_being_a_hub_lead_to_the_same_content(hubs: Hubs, chains: str, tried: Tried) -> None:
    some = list(WAYS.items())[chains == "ahead" :: scaled(2, 1)]
    lefts = {name: hubs.met(ways=ways, ahead=chains == "ahead") for name, ways in some}
    assert [name for name, left in lefts.items() if not (hubs.has_all(left) and left.adds_up)] == []
    tried(f"a Hub that differs where the wire leaves room, {chains}", len(lefts), "the same rows")


# It truncates, and lies


def undisturbed(hubs: Hubs, met: Left) -> list[str]:
    """What is wrong with a disturbed sweep, and with the one after it."""
    then = hubs.then()
    return [
        what
        for what, is_right in {
            "lost without a word": hubs.has_all(met) or not met.is_complete,
            "made missing": not met.ledger["missing"] and not any(row[5] for row in met.counters),
            "does not add up": met.adds_up and then.adds_up,
            "not mended": hubs.has_all(then),
        }.items()
        if not is_right
    ]


@pytest.mark.parametrize("how", TRUNCATES)
def test_one_answer_that_is_cut_short_costs_nothing(hubs: Hubs, how: str, tried: Tried) -> None:
    wrong = {}
    for number in ANY_PAGE:
        met = hubs.met(at(number, TRUNCATES[how]), again=number % 2 == 0)
        wrong[number] = [] if hubs.has_all(met) and met.adds_up else [met.code, met.ledger]
    assert {number: told for number, told in wrong.items() if told} == {}
    tried(f"one answer {how.replace('_', ' ')}", len(ANY_PAGE), "the same rows")


@pytest.mark.parametrize("how", sorted(TRUNCATES.keys() - {"without_next", "no_rows_and_no_next"})[SOME])
def test_a_hub_that_only_ever_cuts_is_not_complete(hubs: Hubs, how: str) -> None:
    met = hubs.met(pages(TRUNCATES[how]), again=True)
    assert not met.is_complete
    assert undisturbed(hubs, met) == []


@pytest.mark.parametrize("number", range(1, PAGES)[SOME])
def test_a_list_that_stops_for_good_is_partial_where_more_is_known(hubs: Hubs, number: int, tried: Tried) -> None:
    met = hubs.met(
        lambda _hub, request, answer: without_next(answer) if request.number >= number else answer, again=True
    )
    assert (met.ledger["state"], met.ledger["models"]) == ("partial", number * ROWS_A_PAGE)
    assert undisturbed(hubs, met) == []
    tried("a list that stops at a page for good", 1, "partial, and nothing missing")


CASES = [(lie, how_often) for lie in LIES for how_often in ("once", "always")][SOME]


@pytest.mark.parametrize(("lie", "how_often"), CASES)
def test_a_lie_loses_nothing_without_a_word(hubs: Hubs, lie: str, how_often: str, tried: Tried) -> None:
    twist = pages(LIES[lie]) if how_often == "always" else at(2, LIES[lie])
    met = hubs.met(twist, again=True)
    if lie == "days in the future":
        assert met.ledger["changed"] == (MODELS if how_often == "always" else ROWS_A_PAGE)
        assert hubs.has_all(hubs.then())
    else:
        assert undisturbed(hubs, met) == []
    tried(f"a Hub that tells a lie, {how_often}: {lie}", 1, "nothing lost without a word")


@pytest.mark.parametrize("links", ["its own", "theirs"])
@pytest.mark.parametrize("ways", [Ways(), Ways(opaque_cursors=True)], ids=["ids", "opaque"])
def test_one_page_for_several_cursors_is_told(hubs: Hubs, ways: Ways, links: str) -> None:
    met = hubs.met(SamePage(2, own_links=links == "its own"), ways=ways)
    assert met.code == 3 or (ways.opaque_cursors and links == "theirs")
    assert met.adds_up
    assert hubs.has_all(hubs.then())


def test_a_list_that_leads_round_for_ever_ends(hubs: Hubs, tried: Tried) -> None:
    def ever_new(hub: SmallHub, request: Any, answer: Any) -> Any:
        number = request.number % 3  # the same three pages under addresses that always differ
        rows = [hub._shown(row, []) for row in ROWS[number * ROWS_A_PAGE : (number + 1) * ROWS_A_PAGE]]
        return answer.told(rows).saying("Link", f'<{hub.url}/api/models?page={request.number}>; rel="next"')

    met = hubs.met(ever_new)
    assert (met.code, met.ledger["state"]) == (3, "running")
    assert met.adds_up
    assert hubs.has_all(hubs.then())
    tried("a list that leads round, under addresses that always differ", 1, "ends, with an exit code")


@pytest.mark.parametrize("forgets", ["400", "empty", "first page"])
@pytest.mark.parametrize("cursors", ["ids", "opaque"])
def test_a_hub_that_has_forgotten_where_a_sweep_was_is_read_from_the_top(
    hubs: Hubs, forgets: Any, cursors: str, tried: Tried
) -> None:
    ways = Ways(forgets_cursors=forgets, opaque_cursors=cursors == "opaque")
    hub = SmallHub(ROWS, ways, [lambda _hub, request, answer: cut_in_head(answer) if request.number > 2 else answer])
    database = hubs.crawler.database()
    with opened(hub), quick():
        assert hubs.crawler.sweep(database, hub.url).code == 3
        hub.twists, hub.given = (), set()
        left = hubs.crawler.sweep(database, hub.url)
    assert hubs.has_all(left)
    assert left.adds_up
    tried("a cursor forgotten between two runs", 1, "read from the top, with the same rows")


MEASURED = """
import sys
from crawler.errors import Malformed
from crawler.hub import Hub
from tests.reliability.memory import peak
with Hub(sys.argv[1], sleep=bool) as hub:
    before = peak()
    try:
        list(hub.pages(hub.list_url([])))
    except Malformed as problem:
        print(peak() - before, problem)
"""


@where_it_is_told
def test_a_page_of_too_many_rows_takes_little_memory(tried: Tried) -> None:
    body = gzip.compress(b"[" + b"0," * (LARGEST_BODY // 2 - 2) + b"0]", 1)
    many: Twist = lambda _hub, _request, answer: replace(answer.saying("Content-Encoding", "gzip"), body=body)  # noqa: E731
    with opened(SmallHub(ROWS, twists=[many])) as hub:
        ran = subprocess.run(
            [sys.executable, "-c", MEASURED, hub.url],
            capture_output=True,
            text=True,
            check=True,
            env=clean_environment(),
        )
    taken, _, told = ran.stdout.partition(" ")
    assert "more than 100,000 rows" in told
    assert int(taken) < 5 * LARGEST_BODY
    tried("a page of 33 million rows in 64 MiB", 1, f"refused by name, with {int(taken) >> 20} MiB of memory")


def test_counts_that_no_sum_can_hold_are_left_out(hubs: Hubs) -> None:
    left = hubs.met(pages(each_row(downloads=2**63 - 1, likes=10**12)))
    assert left.is_complete
    assert {row[1:3] for row in left.counters} == {(None, 10**12)}


# Real rows


@pytest.mark.skipif(not RADAR.is_dir(), reason=f"real Hub rows are not at {RADAR}")
def test_real_rows_are_the_same_off_this_hub_and_off_the_replica(tmp_path: Path, tried: Tried) -> None:
    newest = sorted(RADAR.glob("*.jsonl.gz"))[-1]
    lines = [line for line in gzip.decompress(newest.read_bytes()).splitlines() if b'"removed": true' not in line]
    rows = [row for row in map(json.loads, lines) if not row.get("removed")][: scaled(1000, 20_000)]
    crawler = Crawler(tmp_path)
    with quick(deadline=60), pytest.MonkeyPatch.context() as patched:
        patched.setattr("crawler.sweep.PAGE_SIZE", "1000")
        with opened(SmallHub(rows)) as hub:
            here = crawler.sweep(crawler.database("here"), hub.url)
        with running(Replica(catalogue_of(json.dumps(row).encode() for row in rows), quota=None)) as url:
            there = crawler.sweep(crawler.database("there"), url)
    assert here.is_complete
    assert len(here.names) + here.ledger["quarantined"] == len(rows)
    assert _content(here)[0] == _content(there)[0]
    assert _content(here)[2] == _content(there)[2]
    tried("real rows off this Hub and off the replica", len(rows), "the same content in both databases")
