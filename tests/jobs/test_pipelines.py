"""What becomes of pages while the ones before them are committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crawler.errors import Malformed
from crawler.records import Models, Page
from jobs.pipelines import _meanwhile

PAGES = [Page(Models(), (), f"http://hub/{number}", 1) for number in range(8)]


@dataclass
class Writer:
    """Stands in for a `PageWriter`, and says when it commits: a real one's disk would decide that."""

    is_committing: bool = False


def told(pages: Iterator[Page], asked: list[Page], writer: Writer, most: int = 3) -> Iterator[Page]:
    def noted() -> Iterator[Page]:
        for page in pages:
            asked.append(page)
            yield page

    return _meanwhile(noted(), writer, most)  # type: ignore[arg-type]  # a stand-in, see `Writer`


def test_a_page_is_given_as_soon_as_it_can_be_written() -> None:
    asked: list[Page] = []
    for number, page in enumerate(told(iter(PAGES), asked, Writer())):
        assert page is PAGES[number]
        assert len(asked) == number + 1


def test_meanwhile_some_more_are_fetched_and_none_out_of_its_order() -> None:
    asked: list[Page] = []
    writer = Writer(is_committing=True)
    given = told(iter(PAGES), asked, writer)
    assert next(given) is PAGES[0]
    assert len(asked) == 4  # and not all there are
    writer.is_committing = False
    assert [next(given) for _ in range(3)] == PAGES[1:4]
    assert len(asked) == 4
    assert list(given) == PAGES[4:]


def test_where_none_may_be_held_each_is_given_when_it_has_come() -> None:
    asked: list[Page] = []
    for number, _ in enumerate(told(iter(PAGES), asked, Writer(is_committing=True), most=0)):
        assert len(asked) == number + 1


@pytest.mark.parametrize("problem", [Malformed("cut"), KeyboardInterrupt()], ids=["the Hub's", "Ctrl-C"])
def test_what_has_come_is_given_before_an_error_ends_it(problem: BaseException) -> None:
    def cut_off() -> Iterator[Page]:
        yield from PAGES[:3]
        raise problem

    given: list[Page] = []
    with pytest.raises(type(problem)):
        given.extend(told(cut_off(), [], Writer(is_committing=True)))
    assert given == PAGES[:3]


def test_what_is_left_is_given_at_the_end() -> None:
    assert list(told(iter(PAGES[:2]), [], Writer(is_committing=True))) == PAGES[:2]
