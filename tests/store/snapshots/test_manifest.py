"""The manifest's form: the same bytes for the same facts, and a word for what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.snapshots.listing import manifests, places
from store.snapshots.manifest import SnapshotError, parsed, read_manifest, sums, written

ROOT = Path(__file__).parents[3]


def changed(place: Path, **fields: object) -> bytes:
    told = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    return json.dumps(told | fields).encode()


def test_it_is_written_as_it_was_read(place: Path) -> None:
    data = (place / "manifest.json").read_bytes()
    assert written(parsed(data)) == data


def test_sums_have_every_file_but_their_own(place: Path) -> None:
    manifest = read_manifest(place)
    names = [line.split("  ")[1] for line in sums(manifest, "0" * 64).decode().splitlines()]
    assert names == sorted(path.name for path in place.iterdir() if path.name != "SHA256SUMS")


def test_it_tells_the_rows_of_a_table_and_the_bytes_of_all(place: Path) -> None:
    manifest = read_manifest(place)
    assert (manifest.rows("models"), manifest.rows("nonesuch")) == (8, 0)
    assert manifest.bytes == sum(facts.bytes for facts in manifest.files.values())


def test_one_of_another_form_is_not_misread(place: Path) -> None:
    with pytest.raises(ValueError, match="form 2, and this program reads form 1"):
        parsed(changed(place, schema_version=2))


@pytest.mark.parametrize("name", ["../models.parquet", "a/b", "", "..", "manifest.json", "SHA256SUMS"])
def test_a_file_outside_of_the_folder_is_none(place: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no snapshot has"):
        parsed(changed(place, files={name: {"rows": 1, "bytes": 1, "sha256": ""}}))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"schema_version": 1}'])
def test_what_is_no_manifest_is_told_with_the_way_out(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(SnapshotError, match="Restore the snapshot from a copy"):
        read_manifest(tmp_path)


def test_a_folder_without_one_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"No such file.*Restore it from a copy"):
        read_manifest(tmp_path)


def test_snapshots_come_in_the_order_of_the_chain(chain: list[Path]) -> None:
    assert [place for place, _ in manifests(chain[0].parent)] == chain


def test_crawls_are_ordered_by_number_and_not_by_digits(tmp_path: Path) -> None:
    names = ["2026-01-01-9", "2026-01-01-10", "2026-01-02-1"]
    for name in [*reversed(names), "date=2026-01-01", "removed", ".2026-01-03-1.part", "2026-01-01"]:
        (tmp_path / name).mkdir()
    assert [path.name for path in places(tmp_path)] == names


def test_every_field_is_documented(place: Path) -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8").split("## manifest.json")[1]
    told = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    names = {*told, *told["crawl"], *told["versions"], *told["registry"], *told["files"]["README.md"]}
    assert [name for name in names if f"`{name}`" not in text] == []
