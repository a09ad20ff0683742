"""Missing, gone and back; complete and partial; resumed and given up."""

from __future__ import annotations

from store import crawls
from store.standing import standing
from tests.store.conftest import Store, row

ALL = [row(f"a/{number}") for number in range(100)]


def test_a_model_is_missing_then_gone_then_back(store: Store) -> None:
    store.sweep(ALL)
    seen = [store.sweep(rows) for rows in (ALL[1:], ALL[1:], ALL)]
    assert [(crawl.missing, crawl.gone, crawl.back) for crawl in seen] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]


def test_a_missing_model_stops_counting(store: Store) -> None:
    rows = [*ALL, row("b/ft", ["a/1"])]
    store.sweep(rows)
    store.sweep(rows[:-1])
    assert standing(store.connection).ledger["models"] == 100
    assert store.all("SELECT count(*) FROM edge") == [0]


def test_an_absence_is_an_interval_of_crawls(store: Store) -> None:
    for rows in (ALL, ALL[1:], ALL[1:], ALL):
        store.sweep(rows)
    assert store.all("SELECT since_crawl, gone_crawl, until_crawl FROM absence") == [(2, 3, 4)]


def test_a_sweep_that_stops_short_is_partial_and_makes_nothing_missing(store: Store) -> None:
    store.sweep(ALL)
    crawl = store.sweep(ALL[:97])
    assert (crawl.state, crawl.missing) == ("partial", 0)
    assert "97.0%" in (crawl.note or "")
    assert not standing(store.connection).complete


def test_ninety_eight_in_a_hundred_are_enough(store: Store) -> None:
    store.sweep(ALL)
    assert store.sweep(ALL[:98]).state == "complete"


def test_changes_make_nothing_missing(store: Store) -> None:
    store.sweep(ALL)
    crawl = store.sweep(ALL[:1], kind="changes")
    assert (crawl.state, crawl.missing) == ("complete", 0)
    assert standing(store.connection).complete


def test_another_question_gives_the_running_one_up(store: Store) -> None:
    first = store.begin("walk", question="kimi")
    second = store.begin("walk", question="qwen")
    assert first.id != second.id
    assert crawls.read(store.connection, first.id).state == "failed"


def test_fresh_begins_again(store: Store) -> None:
    assert store.begin().id != store.begin(fresh=True).id


def test_a_crawl_without_a_page_has_failed(store: Store) -> None:
    crawl = store.begin()
    assert crawls.stopped(store.connection, crawl.id, note="no answer", now=5).state == "failed"


def test_changes_go_on_from_the_start_of_the_last_whole_crawl(store: Store) -> None:
    store.sweep(ALL, kind="walk")
    assert crawls.mark(store.connection) is None
    store.sweep(ALL)
    assert crawls.mark(store.connection) == 1000


def test_pages_of_a_finished_crawl_are_let_go(store: Store) -> None:
    store.sweep(ALL)
    assert store.all("SELECT count(*) FROM crawl_page") == [0]


def test_a_whole_dump_makes_missing_what_it_does_not_hold(store: Store) -> None:
    rows = [row(f"a/m{number}") for number in range(100)]
    store.sweep(rows)
    assert store.sweep(rows[1:], kind="import").missing == 1


def test_a_dump_of_few_models_makes_none_missing(store: Store) -> None:
    rows = [row(f"a/m{number}") for number in range(100)]
    store.sweep(rows)
    crawl = store.sweep(rows[:50], kind="import")
    assert (crawl.state, crawl.missing) == ("partial", 0)


def test_a_sweep_that_lists_much_less_than_the_dump_before_it_is_partial(store: Store) -> None:
    rows = [row(f"a/m{number}") for number in range(100)]
    store.sweep(rows, kind="import")
    assert store.sweep(rows[:50]).state == "partial"


def test_changes_do_not_go_on_from_an_import(store: Store) -> None:
    store.sweep([row("a/b")], kind="import")
    assert crawls.mark(store.connection) is None


def test_changes_go_on_from_the_sweep_before_an_import(store: Store) -> None:
    store.sweep([row("a/b")])
    store.sweep([row("a/b")], kind="import")
    assert crawls.mark(store.connection) == 1000
