"""P14: the same store gives a byte-identical snapshot; `verify` finds any one flipped byte. More of both, file by file,
is in tests/store/snapshots (test_creating.py, test_verifying.py).
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from store.snapshots.verifying import verify
from tests.jobs.program import Program, many_rows, opened_hub
from tests.reliability.conftest import Tried
from tests.reliability.soak import SEED, scaled


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two snapshots of one database, each made by a process of its own."""
    program = Program(tmp_path_factory.mktemp("two"))
    with opened_hub(many_rows(500)) as hub:
        program.succeeds("crawl", "sweep", "--endpoint", hub.url)
    made = [program.succeeds("snapshot", "create", "--snapshots", folder, "-q").stdout for folder in ("one", "other")]
    assert made[0] == made[1]
    one, other = ((program.folder / folder / made[0].strip()) for folder in ("one", "other"))
    return one, other


def test_the_same_store_gives_the_same_bytes(two: tuple[Path, Path], tried: Tried) -> None:
    one, other = ({path.name: path.read_bytes() for path in place.iterdir()} for place in two)
    assert one == other
    tried("files of two snapshots of one store", len(one), "the same, byte for byte")


def test_any_flipped_byte_is_found(two: tuple[Path, Path], tmp_path: Path, tried: Tried) -> None:
    drawn = random.Random(SEED)  # no secret
    place = tmp_path / two[0].name
    shutil.copytree(two[0], place)
    place.chmod(0o755)
    files = sorted(place.iterdir())
    times = scaled(40, 1000)
    for _ in range(times):
        path = drawn.choice(files)
        path.chmod(0o644)
        before = path.read_bytes()
        spoiled = bytearray(before)
        spoiled[drawn.randrange(len(before))] ^= 1 << drawn.randrange(8)
        path.write_bytes(spoiled)
        assert verify(place), path.name
        path.write_bytes(before)
    assert verify(place) == []
    tried("a bit flipped anywhere in a snapshot", times, "found each time")
