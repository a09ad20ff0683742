"""Checks of the machine, each with what makes it fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.doctor.machine import LEAST, file_system, free_space, sqlite
from store.mounts import GUESTS, NETWORK


def mounted(tmp_path: Path, kind: str) -> Path:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / ext4 rw 0 0\nthere {tmp_path.resolve()} {kind} rw 0 0\n", encoding="utf-8")
    return mounts


@pytest.mark.parametrize("kind", sorted(NETWORK))
def test_a_database_on_a_network_mount_is_a_problem(tmp_path: Path, kind: str) -> None:
    found = file_system(tmp_path / "not" / "there" / "yet.db", mounted(tmp_path, kind))
    assert (found.state, kind in found.finding, "--db" in found.advice) == ("problem", True, True)


@pytest.mark.parametrize("kind", sorted(GUESTS))
def test_one_in_a_folder_of_the_host_is_warned_of(tmp_path: Path, kind: str) -> None:
    found = file_system(tmp_path / "a.db", mounted(tmp_path, kind))
    assert (found.state, "one side" in found.advice) == ("warning", True)


def test_one_in_memory_is_warned_of(tmp_path: Path) -> None:
    assert file_system(tmp_path / "a.db", mounted(tmp_path, "tmpfs")).state == "warning"


def test_one_on_a_disk_is_well(tmp_path: Path) -> None:
    assert file_system(tmp_path / "a.db", mounted(tmp_path, "btrfs")).state == "ok"


def test_a_system_that_does_not_tell_its_mounts_is_no_problem(tmp_path: Path) -> None:
    found = file_system(tmp_path / "a.db", tmp_path / "none")
    assert (found.state, "not told" in found.finding) == ("ok", True)


def test_a_link_is_followed_to_where_the_database_is(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"there {(tmp_path / 'far').resolve()} nfs rw 0 0\n", encoding="utf-8")
    assert file_system(tmp_path / "near" / "a.db", mounts).state == "problem"


@pytest.mark.parametrize(("free", "state"), [(3 * 2**30, "ok"), (2**30, "warning"), (LEAST - 1, "problem")])
def test_room_is_held_against_what_a_first_sweep_needs(tmp_path: Path, free: int, state: str) -> None:
    assert free_space(tmp_path / "new.db", free).state == state


def test_a_database_that_is_large_needs_as_much_again(tmp_path: Path) -> None:
    large = tmp_path / "large.db"
    with large.open("wb") as file:
        file.truncate(5 * 2**30)
    assert [free_space(large, free).state for free in (4 * 2**30, 6 * 2**30)] == ["warning", "ok"]


@pytest.mark.parametrize(
    ("version", "state", "word"),
    [((3, 37, 2), "warning", "JSON"), ((3, 51, 2), "ok", "WAL-reset bug"), ((3, 51, 3), "ok", "SQLite 3.51.3")],
)
def test_sqlite_is_told_with_what_is_wrong_in_it(version: tuple[int, ...], state: str, word: str) -> None:
    found = sqlite(version)
    assert (found.state, word in found.finding) == (state, True)
