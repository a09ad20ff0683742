"""origins.csv: the shipped rows, and what is said of a file that cannot be used."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from store.errors import RegistryError
from store.registry.loader import SHIPPED, Registry, load_registry
from store.registry.origins import COLUMNS, INTERNATIONAL, UNKNOWN, lint_origins, load_origins, regions
from store.registry.remembered import Source

HUB = Path(__file__).parents[2].parent / "shared" / "hub"
MASS = HUB / "root_publishers.csv"
needs_mass = pytest.mark.skipif(not MASS.exists(), reason="no shares of root publishers beside the project")
HEADER = ",".join(COLUMNS)


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return load_registry()


def written(folder: Path, *lines: str, header: str = HEADER) -> Source:
    (folder / "origins.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    return Source(folder / "origins.csv")


def test_the_shipped_rows_have_nothing_to_mend(shipped: Registry) -> None:
    assert list(lint_origins(shipped.origins)) == []


def test_at_least_five_hundred_publishers_are_reviewed(shipped: Registry) -> None:
    assert len(shipped.origin_of) >= 500


@needs_mass
@pytest.mark.parametrize("year", ["share_2025", "share_2026"])
def test_most_derivatives_have_a_reviewed_root_and_a_known_country(shipped: Registry, year: str) -> None:
    with MASS.open(encoding="utf-8", newline="") as table:
        rows = [(row["publisher"], float(row[year])) for row in csv.DictReader(table)]
    reviewed = sum(share for name, share in rows if name in shipped.origin_of)
    placed = {name for name, origin in shipped.origin_of.items() if origin.country not in (UNKNOWN, INTERNATIONAL)}
    known = sum(share for name, share in rows if name in placed)
    assert (reviewed >= 0.90, known >= 0.75) == (True, True), (reviewed, known)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Qwen,China,company,Q,https://x.org,2026-11-24", "'China' is no country"),
        ("Qwen,CN,startup,Q,https://x.org,2026-11-24", "'startup' is no kind"),
        (",CN,company,Q,https://x.org,2026-11-24", "no publisher"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(RegistryError, match=told) as raised:
        load_origins(written(tmp_path, "a,FR,person,A,https://x.org,2026-11-24", line))
    assert "line 3" in str(raised.value)


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="no column country"):
        load_origins(written(tmp_path, header="publisher,kind,name,source,checked"))


def test_a_folder_without_the_file_has_no_origins(tmp_path: Path) -> None:
    assert load_origins(Source(tmp_path / "origins.csv")) == ()


def test_the_lint_finds_what_is_wrong(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        "a,XX,person,A,https://x.org,2026-11-24",
        "b,FR,person,B,by hearsay,2026-11-24",
        "c,FR,person,,https://x.org,yesterday",
        "a,FR,person,A,https://x.org,2026-11-24",
    )
    found = list(lint_origins(load_origins(source), seen={"a", "b"}))
    assert [line.split(": ", 1)[1].split(";")[0] for line in found] == [
        "XX is the code of no country (ISO 3166-1 alpha-2)",
        "no source that a reader can follow (https://...)",
        "no date of the check (YYYY-MM-DD)",
        "no name",
        "no longer seen in the database",
        "a second row, after line 2",
    ]


@pytest.mark.parametrize(
    ("code", "region"), [("DE", "EU"), ("GB", "Northern Europe"), ("CN", "Eastern Asia"), ("US", "Northern America")]
)
def test_regions(code: str, region: str) -> None:
    assert regions()[code] == region


def test_the_union_has_its_members_of_today() -> None:
    assert sum(region == "EU" for region in regions().values()) == 27


def test_every_developer_of_a_family_is_reviewed(shipped: Registry) -> None:
    publishers = {name for family in shipped.families.values() for name in family.publishers}
    assert (SHIPPED / "origins.csv").is_file()
    assert sorted(publishers - shipped.origin_of.keys()) == []
