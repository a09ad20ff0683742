"""Which snapshots go, which never do, and what is left of those that went."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.snapshots.listing import places, removed
from store.snapshots.manifest import read_manifest, written
from store.snapshots.retention import Dated, Keep, remove_superseded, superseded
from store.snapshots.verifying import verify, verify_chain
from tests.store.conftest import Store, row
from tests.store.snapshots.conftest import SMALL, Snap, finish_on, partial_on, writable


def of(*days: str) -> list[Dated]:
    """Snapshots in the order of the chain; a day that ends in `?` has a partial one."""
    return [
        Dated(Path(f"{place}:{day}"), day.rstrip("?"), is_publishable=not day.endswith("?"))
        for place, day in enumerate(days)
    ]


def gone(found: list[Dated], keep: Keep) -> list[str]:
    return [one.place.name.split(":")[1] for one in superseded(found, keep)]


def test_one_of_each_of_the_last_days_is_kept() -> None:
    assert gone(of("2026-01-01", "2026-01-05", "2026-01-06", "2026-01-09"), Keep(daily=2)) == [
        "2026-01-01",
        "2026-01-05",
    ]


def test_days_without_a_snapshot_do_not_count() -> None:
    assert gone(of("2020-01-01", "2026-01-01"), Keep(daily=2)) == []


def test_of_one_day_the_newest_is_kept() -> None:
    found = of("2026-01-01", "2026-01-01", "2026-01-02")
    assert superseded(found, Keep(daily=9)) == [found[0]]


def test_of_one_day_a_complete_one_is_kept_rather_than_a_newer_partial_one() -> None:
    assert gone(of("2026-01-01", "2026-01-01?", "2026-01-02"), Keep(daily=9)) == ["2026-01-01?"]


def test_one_of_each_of_the_last_months_is_kept() -> None:
    found = of("2025-11-03", "2025-12-01", "2025-12-31", "2026-01-01", "2026-01-02")
    assert gone(found, Keep(daily=1, monthly=2)) == ["2025-11-03", "2025-12-01", "2026-01-01"]


def test_the_newest_complete_one_stays_whatever_is_asked() -> None:
    assert gone(of("2025-01-01", "2025-01-02", "2026-01-01?", "2026-01-02?"), Keep()) == ["2025-01-01", "2026-01-01?"]


def test_thirty_days_and_two_years_of_nights() -> None:
    first = date(2024, 1, 1)
    nights = [str(first + timedelta(days=night)) for night in range(900)]
    kept = sorted(set(nights) - set(gone(of(*nights), Keep(30, 24))))
    assert kept[-30:] == nights[-30:]
    assert len(kept) == 30 + 24 - 2  # the last days have two ends of months among them
    assert kept[0] == "2024-07-31"


@given(
    st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=40),
    st.integers(0, 5),
    st.integers(0, 3),
)
def test_the_newest_and_the_newest_complete_one_are_always_kept(
    told: list[tuple[int, bool]], daily: int, monthly: int
) -> None:
    days = sorted(str(date(2026, 1, 1) + timedelta(days=day)) + "?" * partial for day, partial in told)
    found = of(*days)
    going = superseded(found, Keep(daily, monthly))
    complete = [one for one in found if one.is_publishable]
    assert not {found[-1], *complete[-1:]} & set(going)
    kept = [one for one in found if one not in going]
    assert superseded(kept, Keep(daily, monthly)) == []


# on the disk


@pytest.fixture
def trimmed(chain: list[Path]) -> list[Path]:
    """A chain of three of which retention has left the last."""
    assert remove_superseded(chain[0].parent, Keep(daily=1)) == chain[:2]
    return chain


def test_what_went_is_gone_and_the_rest_is_sound(trimmed: list[Path]) -> None:
    folder = trimmed[0].parent
    assert places(folder) == trimmed[2:]
    assert sorted(path.name for path in folder.iterdir()) == [".lock", trimmed[2].name, "removed"]
    assert verify(trimmed[2]) == []


def test_the_chain_is_unbroken_through_what_went(trimmed: list[Path]) -> None:
    assert [path.stem for path in removed(trimmed[0].parent)] == [place.name for place in trimmed[:2]]
    assert verify_chain(trimmed[0].parent) == []


def test_a_manifest_of_one_that_went_cannot_be_changed_unseen(trimmed: list[Path]) -> None:
    path = removed(trimmed[0].parent)[1]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"edges": 5', b'"edges": 6'))
    assert [fault.snapshot for fault in verify_chain(trimmed[0].parent)] == [trimmed[2].name]


def test_a_manifest_of_one_that_went_cannot_be_taken_away_unseen(trimmed: list[Path]) -> None:
    removed(trimmed[0].parent)[0].unlink()
    assert [fault.snapshot for fault in verify_chain(trimmed[0].parent)] == [trimmed[1].name]


def test_the_next_one_goes_on_in_the_chain(trimmed: list[Path], store: Store, snap: Snap) -> None:
    finish_on(store, "2026-01-04")
    manifest = read_manifest(snap(store).place)
    assert (manifest.number, manifest.previous and manifest.previous.name) == (4, trimmed[2].name)
    assert verify_chain(trimmed[0].parent) == []


def test_one_that_was_killed_in_the_midst_of_removing_is_made_good(chain: list[Path]) -> None:
    """Its manifest was laid aside, and its folder has still its name."""
    folder = chain[0].parent
    (folder / "removed").mkdir()
    (folder / "removed" / f"{chain[0].name}.json").write_bytes(written(read_manifest(chain[0])))
    assert verify_chain(folder) == []
    assert remove_superseded(folder, Keep(daily=1)) == chain[:2]
    assert verify_chain(folder) == []


def test_a_partial_one_goes_before_the_complete_one_that_it_follows(store: Store, snap: Snap, folder: Path) -> None:
    finish_on(store, "2026-01-01")
    complete = snap(store).place
    partial_on(store, "2026-01-02")
    partial = snap(store, partial=True).place
    finish_on(store, "2026-01-03", [*SMALL, row("a/new")])
    newest = snap(store).place
    assert remove_superseded(folder, Keep(monthly=1)) == [complete, partial]
    assert places(folder) == [newest]


def test_nothing_goes_while_a_manifest_cannot_be_read(chain: list[Path]) -> None:
    writable(chain[0] / "manifest.json").write_bytes(b"{")
    with pytest.raises(Exception, match="Restore the snapshot"):
        remove_superseded(chain[0].parent, Keep())
    assert places(chain[0].parent) == chain
