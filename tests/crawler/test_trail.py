"""Pages that are not what their address asks for, whether their rows are read yet or not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from crawler.known import KnownRows
from crawler.parse import read_page
from crawler.seams import made_up
from crawler.trail import Trail

UNREAD, READ = KnownRows(np.empty(0, np.int64), np.empty(0, np.uint32)), None
POINT = "6a000000" + "0" * 16
BELOW = made_up("http://hub/api/models?sort=createdAt&limit=2", POINT)


def body(*hub_ids: str) -> bytes:
    return json.dumps([{"_id": hub_id, "id": f"a/{number}"} for number, hub_id in enumerate(hub_ids)]).encode()


@pytest.mark.parametrize("known", [UNREAD, READ], ids=["unread", "read"])
@pytest.mark.parametrize(
    ("first_digits", "is_astray"),
    [("68", False), ("6b", True), ("6a", True), ("6b 68", False), ("68 6b", False), ("6b 6c", True), ("", False)],
)
def test_a_page_without_a_row_below_its_cursor_is_astray(
    known: KnownRows | None, first_digits: str, *, is_astray: bool
) -> None:
    page = read_page(body(*(digits + "0" * 22 for digits in first_digits.split())), known)
    assert Trail().is_astray(BELOW, page) is is_astray


@pytest.mark.parametrize("known", [UNREAD, READ], ids=["unread", "read"])
def test_an_earlier_page_is_known_again_though_its_rows_have_changed(known: KnownRows | None) -> None:
    trail = Trail()
    hub_ids = "69" + "0" * 22, "68" + "0" * 22
    trail.add(BELOW, read_page(body(*hub_ids), known))
    changed = body(*hub_ids).replace(b'"a/', b'"b/')
    assert trail.is_astray(BELOW, read_page(changed, known))


@pytest.mark.parametrize("known", [UNREAD, READ], ids=["unread", "read"])
def test_rows_without_an_id_tell_nothing(known: KnownRows | None) -> None:
    page = read_page(b'[{"id":"a/b"},7,{"_id":"no id"}]', known)
    trail = Trail()
    assert not trail.is_astray(BELOW, page)
    trail.add(BELOW, page)
    assert not trail.is_astray(BELOW, page)
