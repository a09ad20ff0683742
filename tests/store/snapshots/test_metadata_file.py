"""metadata.yaml, and every question in it, as Datasette itself takes and answers them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from store.lineage import ancestors, descendants
from store.lookup import find_node
from store.snapshots.canned import CANNED
from store.snapshots.dictionary import LINEAGE_TABLES
from tests.store.conftest import Store
from tests.store.exports.conftest import HOSTILE
from tests.store.snapshots.conftest import Published, Snap

NAMES = [canned.name for canned in CANNED]


COMMAND = (sys.executable, "-W", "ignore", "-m", "datasette", "lineage.db", "--metadata", "metadata.yaml")


class Served:
    """A snapshot that Datasette serves."""

    def __init__(self, url: str) -> None:
        self._url = url

    def get(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self._url}/{path}.json?{urlencode({'_shape': 'objects', **parameters})}") as answer:  # noqa: S310
            return json.load(answer)

    def rows(self, question: str, **parameters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"lineage/{question}", **parameters)["rows"]
        return found


@contextmanager
def serving(place: Path) -> Iterator[Served]:
    command = [*COMMAND, "--port", "0"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield Served(
                next(found[1] for line in process.stderr if (found := re.search(r"running on (http\S+)", line)))
            )
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(published: Published) -> Iterator[Served]:
    """A snapshot of real rows."""
    with serving(published.place) as found:
        yield found


@pytest.fixture
def real(published: Published) -> Store:
    return published.store


@pytest.fixture
def base(real: Store) -> str:
    """The model with most descendants."""
    counts = " + ".join(f"total_{word}" for word in ("unknown", "finetune", "adapter", "quantized", "merge"))
    found: list[str] = real.all(
        f"SELECT name FROM lineage_count JOIN node ON id = node_id ORDER BY {counts} DESC, node_id LIMIT 1"
    )
    return found[0]


def test_it_is_yaml_that_says_what_everything_is(published: Published) -> None:
    told = yaml.safe_load((published.place / "metadata.yaml").read_text(encoding="utf-8"))
    lineage = told["databases"]["lineage"]
    assert set(lineage["tables"]) == set(LINEAGE_TABLES)
    assert list(lineage["queries"]) == NAMES
    for query in lineage["queries"].values():
        assert query["title"]
        assert query["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_question_answers_on_real_rows_with_nothing_filled_in(served: Served, name: str) -> None:
    assert served.rows(name)


def test_every_table_and_view_is_shown(served: Served) -> None:
    told = served.get("lineage")
    shown = {table["name"]: table["columns"] for table in told["tables"] if not table["hidden"]}
    assert set(shown) | {view["name"] for view in told["views"]} == set(LINEAGE_TABLES)
    assert {query["name"]: query["title"] for query in told["queries"]} == {one.name: one.title for one in CANNED}


def test_one_command_answers_without_a_server(published: Published) -> None:
    command = [*COMMAND, "--get", "/lineage/top_bases.json?limit=3&_shape=objects"]
    ran = subprocess.run(command, cwd=published.place, capture_output=True, text=True, check=True)
    assert len(json.loads(ran.stdout)["rows"]) == 3


def test_a_question_names_its_parameters_as_datasette_finds_them() -> None:
    for canned in CANNED:
        assert set(re.findall(r":([a-z]+)", canned.sql)) == set(canned.parameters)


def test_descendants_are_those_of_the_store(real: Store, served: Served, base: str) -> None:
    wanted = descendants(real.connection, find_node(real.connection, base).id)
    found = served.rows("descendants", model=base, limit="100000")
    assert sorted(line["descendant"] for line in found) == sorted(wanted)
    assert served.rows("descendants", limit="100000") == found  # the default


def test_ancestors_are_those_of_the_store(real: Store, served: Served, base: str) -> None:
    below = descendants(real.connection, find_node(real.connection, base).id)
    deepest = max(below, key=lambda name: len(ancestors(real.connection, find_node(real.connection, name).id)))
    wanted = ancestors(real.connection, find_node(real.connection, deepest).id)
    assert sorted(line["ancestor"] for line in served.rows("ancestors", model=deepest)) == sorted(wanted)
    assert base in wanted


def test_children_can_be_asked_for_by_relation(real: Store, served: Served, base: str) -> None:
    wanted = real.all(
        "SELECT child.name FROM edge JOIN node AS child ON child.id = child_id WHERE relation = 3 AND parent_id = ?",
        find_node(real.connection, base).id,
    )
    found = served.rows("children", model=base, relation="quantized", limit="100000")
    assert sorted(line["child"] for line in found) == sorted(wanted)
    assert {line["relation"] for line in found} <= {"quantized"}


def test_derivatives_by_relation_add_up(real: Store, served: Served, base: str) -> None:
    found = {line["relation"]: line for line in served.rows("derivatives_of", model=base)}
    whole = found.pop("all")
    assert sum(line["total"] for line in found.values()) == whole["total"]
    assert whole["total"] == len(descendants(real.connection, find_node(real.connection, base).id))


def test_the_countries_shares_add_up_to_one(served: Served) -> None:
    for side in ("origin", "publisher"):
        found = served.rows("by_country", side=side, population="derivatives")
        assert sum(line["share"] for line in found) == pytest.approx(1)


def test_what_does_not_resolve_is_every_ghost(real: Store, served: Served) -> None:
    found = served.rows("unresolved", limit="100000")
    named = real.all("""
        SELECT DISTINCT node.name FROM edge JOIN node ON node.id = parent_id
        WHERE parent_id NOT IN (SELECT node_id FROM model WHERE missing_since IS NULL AND node_id IS NOT NULL)""")
    assert len(found) == min(len(named), 1000)  # Datasette gives no more rows at once


def test_a_publisher_s_models_are_its_own(real: Store, served: Served, base: str) -> None:
    publisher = base.partition("/")[0]
    found = [line["model"] for line in served.rows("publisher", publisher=publisher, limit="100000")]
    wanted = real.all(
        "SELECT name FROM node JOIN model ON node_id = node.id WHERE missing_since IS NULL AND name GLOB ?",
        f"{publisher}/*",
    )
    assert sorted(found) == sorted(wanted)[:1000]


def test_a_hostile_name_is_asked_for_by_its_text(hostile: Store, snap: Snap) -> None:
    with serving(snap(hostile).place) as served:
        for place, name in enumerate(HOSTILE):
            assert [line["child"] for line in served.rows("children", model=name)] == [f"z/child-{place}"]


def test_a_name_that_is_not_there_has_an_empty_answer(served: Served) -> None:
    for name in ("children", "descendants", "ancestors", "derivatives_of", "publisher"):
        parameter = "publisher" if name == "publisher" else "model"
        assert served.rows(name, **{parameter: "nobody/nothing"}) == []
