"""Whatever is done to a snapshot or to the chain, it is found, and the file is named."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import subprocess
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from store.snapshots.manifest import FileFacts, Manifest, read_manifest, sha256_of, sums, written
from store.snapshots.verifying import Fault, verify, verify_chain
from tests.store.snapshots.conftest import writable
from tests.store.snapshots.test_creating import FILES

FLIPS = 60


def seal(place: Path, manifest: Manifest) -> None:
    """Writes manifest and sums anew, as one does who tampers with care."""
    writable(place / "manifest.json").write_bytes(written(manifest))
    writable(place / "SHA256SUMS").write_bytes(sums(manifest, sha256_of(place / "manifest.json")))


def told(place: Path, name: str) -> FileFacts:
    path = place / name
    return FileFacts(read_manifest(place).files[name].rows, path.stat().st_size, sha256_of(path))


def test_a_snapshot_is_sound_when_it_is_made(place: Path) -> None:
    assert verify(place) == []
    assert verify_chain(place.parent) == []


def test_a_copy_under_another_name_is_sound(place: Path, tmp_path: Path) -> None:
    assert verify(Path(shutil.copytree(place, tmp_path / "copy"))) == []


@pytest.mark.parametrize("name", FILES)
def test_any_flipped_byte_is_found_in_its_file(place: Path, name: str) -> None:
    path = writable(place / name)
    whole = path.read_bytes()
    chance = random.Random(name)
    places = [0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(FLIPS))]
    blamed = {name, "manifest.json"} if name == "SHA256SUMS" else {name}
    missed = []
    for position in places:
        flipped = bytearray(whole)
        flipped[position] ^= chance.randrange(1, 256)
        path.write_bytes(flipped)
        if not blamed & {fault.file for fault in verify(place)}:
            missed.append(position)
    assert missed == []
    path.write_bytes(whole)
    assert verify(place) == []


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
def test_a_flipped_bit_of_what_the_others_are_checked_by_is_found(place: Path, name: str) -> None:
    """Every third byte of the two files, one bit of each."""
    path = writable(place / name)
    whole = path.read_bytes()
    missed = []
    for position in range(0, len(whole), 3):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        if not verify(place):
            missed.append(position)
    assert missed == []


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(place: Path, name: str) -> None:
    writable(place / name).unlink()
    assert Fault(place.name, name, "is missing") in verify(place)


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "lineage.db-journal"])
def test_a_file_that_does_not_belong_is_named(place: Path, name: str) -> None:
    place.chmod(0o755)
    (place / name).write_text("more", encoding="utf-8")
    assert [fault.file for fault in verify(place)] == [name]


def test_a_file_cut_short_is_told_by_its_bytes(place: Path) -> None:
    path = writable(place / "edges.parquet")
    path.write_bytes(path.read_bytes()[:-1])
    (fault,) = verify(place)
    assert fault.file == "edges.parquet"
    assert "bytes, and the manifest says" in fault.problem


def test_a_link_to_a_file_elsewhere_is_not_the_file(place: Path, tmp_path: Path) -> None:
    path = writable(place / "models.parquet")
    shutil.move(path, tmp_path / "models.parquet")
    path.symlink_to(tmp_path / "models.parquet")
    assert verify(place) == [Fault(place.name, "models.parquet", "is not a file of its own")]


def test_rows_are_counted_even_where_the_hashes_were_made_to_fit(place: Path) -> None:
    path = writable(place / "edges.parquet")
    pq.write_table(pq.read_table(path).slice(1), path)
    manifest = read_manifest(place)
    seal(place, msgspec.structs.replace(manifest, files={**manifest.files, path.name: told(place, path.name)}))
    (fault,) = verify(place)
    assert fault == Fault(place.name, "edges.parquet", "has 5 rows, and the manifest says 6")


def test_a_database_that_was_changed_with_care_is_held_against_the_tables(place: Path) -> None:
    path = writable(place / "lineage.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM edges")
    manifest = read_manifest(place)
    seal(place, msgspec.structs.replace(manifest, files={**manifest.files, path.name: told(place, path.name)}))
    assert verify(place) == [Fault(place.name, "lineage.db", "has 0 edges, and edges.parquet 6")]


def test_a_database_that_sqlite_finds_damaged_is_told(place: Path) -> None:
    path = writable(place / "lineage.db")
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(data)
    manifest = read_manifest(place)
    seal(place, msgspec.structs.replace(manifest, files={**manifest.files, path.name: told(place, path.name)}))
    (fault,) = verify(place)
    assert (fault.file, "SQLite" in fault.problem) == ("lineage.db", True)


def test_who_has_not_the_program_can_check_with_sha256sum(place: Path) -> None:
    if not shutil.which("sha256sum"):
        pytest.skip("sha256sum is not here")
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=place, check=False).returncode == 0
    path = writable(place / "README.md")
    path.write_bytes(path.read_bytes() + b"\n")
    assert subprocess.run(command, cwd=place, check=False, capture_output=True).returncode == 1


def test_what_is_no_snapshot_is_told(tmp_path: Path) -> None:
    assert [fault.problem for fault in verify(tmp_path / "none")] == ["there is no such snapshot"]
    assert [(fault.file, fault.problem) for fault in verify(tmp_path)] == [("manifest.json", "is missing")]


# the chain


def test_each_names_the_one_before_it(chain: list[Path]) -> None:
    manifests = [read_manifest(place) for place in chain]
    assert [manifest.number for manifest in manifests] == [1, 2, 3]
    for before, after in pairwise(manifests):
        assert after.previous is not None
        assert (after.previous.name, after.previous.sha256) == (
            before.name,
            hashlib.sha256(written(before)).hexdigest(),
        )
    assert verify_chain(chain[0].parent) == []


def test_a_manifest_that_was_written_anew_is_told_by_the_next_one(chain: list[Path]) -> None:
    seal(chain[1], msgspec.structs.replace(read_manifest(chain[1]), note="nothing to see"))
    assert verify(chain[1]) == []
    (fault,) = verify_chain(chain[0].parent)
    assert fault.snapshot == chain[2].name
    assert f"manifest of {chain[1].name}, which was changed since" in fault.problem


def test_one_that_was_taken_away_breaks_the_chain(chain: list[Path], tmp_path: Path) -> None:
    shutil.move(chain[1], tmp_path / "elsewhere")
    (fault,) = verify_chain(chain[0].parent)
    assert (fault.snapshot, f"names {chain[1].name} as the one before it" in fault.problem) == (chain[2].name, True)


def test_the_first_that_was_taken_away_breaks_the_chain(chain: list[Path], tmp_path: Path) -> None:
    shutil.move(chain[0], tmp_path / "elsewhere")
    assert [fault.snapshot for fault in verify_chain(chain[0].parent)] == [chain[1].name]


def test_a_folder_that_was_renamed_breaks_the_chain(chain: list[Path]) -> None:
    chain[1].rename(chain[1].with_name("2026-01-09-9"))
    assert {fault.snapshot for fault in verify_chain(chain[0].parent)} == {"2026-01-09-9", chain[2].name}


def test_one_that_claims_to_be_first_is_told(chain: list[Path]) -> None:
    seal(chain[2], msgspec.structs.replace(read_manifest(chain[2]), previous=None))
    assert [fault.problem for fault in verify_chain(chain[0].parent)] == ["has number 3 and names none before it"]


def test_two_of_one_number_are_told(chain: list[Path]) -> None:
    seal(chain[2], msgspec.structs.replace(read_manifest(chain[2]), previous=None, number=1))
    assert [fault.problem for fault in verify_chain(chain[0].parent)] == [
        f"has number 1, which {chain[0].name} has too"
    ]


def test_a_manifest_that_cannot_be_read_is_told(chain: list[Path]) -> None:
    writable(chain[1] / "manifest.json").write_bytes(b"\xff")
    assert {fault.snapshot for fault in verify_chain(chain[0].parent)} == {chain[1].name, chain[2].name}
