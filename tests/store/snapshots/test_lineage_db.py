"""lineage.db: the nodes, edges and counts of the store in a compact file, and nothing that is not for everybody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from store.ledger import counts
from store.snapshots.dictionary import LINEAGE_COLUMNS, LINEAGE_TABLES
from store.snapshots.rollups_file import COLUMNS
from store.standing import standing
from tests.store.conftest import Store, row
from tests.store.exports.conftest import edge_rows
from tests.store.snapshots.conftest import SMALL, Published, Snap


def opened(place: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(place / 'lineage.db').as_uri()}?mode=ro&immutable=1", uri=True)


@pytest.fixture(params=["small", "hostile", "published"])
def both(request: pytest.FixtureRequest, snap: Snap) -> Iterator[tuple[Store, Path, sqlite3.Connection]]:
    """A store, its snapshot, and the database in that."""
    found: Store | Published = request.getfixturevalue(request.param)
    store, place = found if isinstance(found, Published) else (found, snap(found).place)
    connection = opened(place)
    yield store, place, connection
    connection.close()


Both = tuple[Store, Path, sqlite3.Connection]


def test_models_are_those_of_the_parquet_file(both: Both) -> None:
    _, place, connection = both
    shared = [name for name in LINEAGE_COLUMNS["models"] if name not in ("id", "name", "is_model", "direct", "total")]
    times = ("created_at", "modified_at")
    ours = ", ".join(f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')" if name in times else name for name in shared)
    wanted = duckdb.execute(f"SET TimeZone = 'UTC'; SELECT id, {ours} FROM '{place}/models.parquet'").fetchall()
    assert sorted(connection.execute(f"SELECT name, {', '.join(shared)} FROM models"), key=repr) == sorted(
        wanted, key=repr
    )


def test_edges_are_those_of_the_store(both: Both) -> None:
    store, _, connection = both
    found = connection.execute("SELECT child, parent FROM named_edges").fetchall()
    assert sorted(found) == sorted(edge_rows(store))


def test_derivatives_are_those_of_the_parquet_file(both: Both) -> None:
    _, place, connection = both
    names = [name for name in LINEAGE_COLUMNS["derivatives"] if name.startswith(("direct_", "total_"))]
    wanted = duckdb.execute(f"SELECT id, {', '.join(names)} FROM '{place}/derivatives.parquet'").fetchall()
    found = connection.execute(f"SELECT name, {', '.join(names)} FROM derivatives JOIN nodes USING (id)").fetchall()
    assert sorted(found) == sorted(wanted)


def test_rollups_are_those_of_the_parquet_file(both: Both) -> None:
    _, place, connection = both
    wanted = duckdb.execute(f"SELECT {', '.join(COLUMNS)} FROM '{place}/rollups.parquet'").fetchall()
    assert connection.execute(f"SELECT {', '.join(COLUMNS)} FROM rollups").fetchall() == wanted


def test_the_ledger_is_the_store_s(both: Both) -> None:
    store, _, connection = both
    assert dict(connection.execute("SELECT item, count FROM quality")) == counts(standing(store.connection))


def test_every_end_of_an_edge_is_a_node(both: Both) -> None:
    assert both[2].execute("PRAGMA foreign_key_check").fetchall() == []


def test_families_are_a_row_each(both: Both) -> None:
    store, _, connection = both
    found = {family: counted for family, *counted in connection.execute("SELECT * FROM families")}
    assert set(found) == set(store.registry.families)
    official, direct, total, *by_relation = found["qwen"]
    assert sum(by_relation) == total >= direct
    assert official == store.all("SELECT official FROM family_count WHERE family = 'qwen' ORDER BY crawl_id DESC")[0]


def test_it_needs_no_file_beside_it(both: Both) -> None:
    assert both[2].execute("PRAGMA journal_mode").fetchone() == ("delete",)
    header = (both[1] / "lineage.db").read_bytes()[:100]
    assert (header[18], header[19]) == (1, 1)  # not written in WAL mode


def test_it_has_no_free_page(both: Both) -> None:
    assert both[2].execute("PRAGMA freelist_count").fetchone() == (0,)


def test_every_table_view_and_column_is_explained(both: Both) -> None:
    tables = [name for (name,) in both[2].execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    assert sorted(name for name in tables if not name.startswith("sqlite_")) == sorted(LINEAGE_TABLES)
    for table, meanings in LINEAGE_COLUMNS.items():
        columns = {told[1] for told in both[2].execute(f"PRAGMA table_info({table})")}
        assert columns - set(meanings) == set()


def test_nothing_that_is_quarantined_or_malformed_is_in_any_file(store: Store, snap: Snap) -> None:
    secret = "hf_" + "aCanaryThatNobodyMaySee"
    store.sweep([*SMALL, {"_id": "no id", "id": f"x/{secret}"}, row("b/path", [f"/home/{secret}/model"])])
    assert any(secret in raw for raw in store.all("SELECT raw FROM quarantine"))
    place = snap(store).place
    assert [path.name for path in place.iterdir() if secret.encode() in path.read_bytes()] == []


def test_a_model_that_is_missing_is_a_ghost_or_not_there(store: Store, snap: Snap) -> None:
    many = [row(f"d/{number}") for number in range(200)]
    store.sweep([*SMALL, *many])
    store.sweep([one for one in [*SMALL, *many] if one["id"] not in ("meta-llama/L", "bob/gguf")])
    connection = opened(snap(store).place)
    found: dict[str, Any] = dict(connection.execute("SELECT name, is_model FROM nodes"))
    connection.close()
    assert (found["meta-llama/L"], "bob/gguf" in found) == (0, False)


def test_a_time_that_no_calendar_has_is_kept_as_a_number(store: Store, snap: Snap) -> None:
    store.sweep([row("a/old")])
    store.connection.execute("UPDATE model SET created_at = 9223372036854775")
    connection = opened(snap(store).place)
    assert connection.execute("SELECT created_at FROM models").fetchall() == [("9223372036854775",)]
    connection.close()
