"""`publish` against a Hub and a storage of large files on this machine: every request, and what is in none of them."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.replica.catalogue import Catalogue
from tests.jobs.program import Program, Ran, opened_hub, small_rows

TOKEN = "hf_canaryTokenOfThisTest"  # noqa: S105  # no secret
SECRET_NAME = "acme/private-canary-7f3a"  # noqa: S105  # a name that must not get out
NAME = "modelroots/lineage"
LARGE = (".parquet", ".db")


@dataclass
class FakeHub:
    """Answers an upload as the Hub does, and keeps every request in its order."""

    hub: HTTPServer
    storage: HTTPServer
    private: bool = False
    refuses: int = 0
    """Answer every request with this status."""
    has_all: bool = False
    """The Hub has the large files already."""
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    tokens: list[tuple[str, str | None]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        body = request.get_data()
        self.seen.append((request.method, request.path, body))
        self.tokens.append((request.host, request.headers.get("Authorization")))
        if self.refuses:
            return self._json({"error": "no such right"}, self.refuses)
        return self._json(self._told(request.path, body))

    def _told(self, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            return {"url": f"{self.hub.url_for('')}/datasets/{NAME}"}
        if path.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            return {"files": [self._mode(file["path"]) for file in files]}
        if path.endswith("/info/lfs/objects/batch"):
            return {"transfer": "basic", "objects": [self._place(one) for one in json.loads(body)["objects"]]}
        if path.endswith("/commit/main"):
            return {"commitUrl": f"{self.hub.url_for('')}/datasets/{NAME}/commit/c0ffee", "commitOid": "c0ffee"}
        if path == f"/api/datasets/{NAME}":
            return {"id": NAME, "private": self.private, "sha": "c0ffee", "tags": [], "siblings": []}
        return {"errors": [], "warnings": []}

    def _mode(self, path: str) -> dict[str, Any]:
        return {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "shouldIgnore": False}

    def _place(self, one: dict[str, Any]) -> dict[str, Any]:
        if self.has_all:
            return one
        return one | {"actions": {"upload": {"href": self.storage.url_for(f"/{one['oid']}")}}}

    @staticmethod
    def _json(value: Any, status: int = 200) -> Response:
        return Response(json.dumps(value), status, content_type="application/json")

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path of each; the large files' addresses without their hashes."""
        return [(method, "/<sha256>" if method == "PUT" else path) for method, path, _ in self.seen]

    @property
    def committed(self) -> list[dict[str, Any]]:
        """The lines of the commit."""
        (body,) = [body for _, path, body in self.seen if path.endswith("/commit/main")]
        return [json.loads(line) for line in body.splitlines()]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with HTTPServer() as hub, HTTPServer() as storage:
        fake = FakeHub(hub, storage)
        for server in (hub, storage):
            server.expect_request(re.compile(".*")).respond_with_handler(fake.answer)
        yield fake


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A sweep of a listing that has a private row among the others, and its snapshot."""
    program = Program(tmp_path_factory.mktemp("swept"))
    rows = [row | {"private": False} for row in small_rows()]
    rows.append(rows[0] | {"_id": "7" * 24, "id": SECRET_NAME, "private": True})
    rows.sort(key=lambda row: str(row["_id"]), reverse=True)
    with opened_hub(Catalogue((row["_id"], json.dumps(row).encode()) for row in rows)) as source:
        program.succeeds("crawl", "sweep", "--endpoint", source.url)
    program.succeeds("snapshot", "create")
    return program


@pytest.fixture
def program(swept: Program, tmp_path: Path) -> Program:
    """The same in a folder of its own, to be spoilt."""
    shutil.copytree(swept.folder, tmp_path / "own")
    return Program(tmp_path / "own")


def snapshot_of(program: Program) -> Path:
    (place,) = (program.folder / "snapshots").glob("20*")
    return place


def publish(program: Program, hub: FakeHub, *more: object, token: str | None = TOKEN) -> Ran:
    environment = {"HF_ENDPOINT": hub.hub.url_for("").rstrip("/"), "HF_HOME": str(program.folder / "home")}
    return program.run(
        "publish", "--repo-id", NAME, *more, environment=environment | ({"HF_TOKEN": token} if token else {})
    )


def test_each_request_is_made_in_its_order(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub)
    assert ran.code == 0, ran.stderr
    large = [path for path in snapshot_of(swept).iterdir() if path.name.endswith(LARGE)]
    assert hub.requests == [
        ("POST", "/api/repos/create"),
        ("POST", "/api/validate-yaml"),
        ("POST", f"/api/datasets/{NAME}/preupload/main"),
        ("POST", f"/datasets/{NAME}.git/info/lfs/objects/batch"),
        *[("PUT", "/<sha256>")] * len(large),
        ("POST", f"/api/datasets/{NAME}/commit/main"),
    ]
    assert f"/datasets/{NAME}/commit/c0ffee" in ran.stdout


def test_the_dataset_is_made_as_a_dataset(swept: Program, hub: FakeHub) -> None:
    publish(swept, hub)
    made = json.loads(hub.seen[0][2])
    assert made == {"name": "lineage", "organization": "modelroots", "type": "dataset"}


def test_what_arrives_is_the_snapshot_to_the_byte(swept: Program, hub: FakeHub) -> None:

    publish(swept, hub)
    arrived = {path.strip("/"): body for method, path, body in hub.seen if method == "PUT"}
    files = {}
    for line in hub.committed[1:]:
        value = line["value"]
        is_large = line["key"] == "lfsFile"
        files[value["path"]] = arrived[value["oid"]] if is_large else base64.b64decode(value["content"])
    assert files == {path.name: path.read_bytes() for path in snapshot_of(swept).iterdir()}


def test_the_commit_says_which_snapshot_it_is(swept: Program, hub: FakeHub) -> None:
    publish(swept, hub)
    summary = hub.committed[0]["value"]["summary"]
    assert summary == f"Snapshot {snapshot_of(swept).name}: 7 models, 5 edges"


def test_the_token_goes_to_the_endpoint_alone_and_is_nowhere_to_be_read(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub)
    storage = f"{hub.storage.host}:{hub.storage.port}"
    assert {told for host, told in hub.tokens if host == storage} == {None}
    assert {told for host, told in hub.tokens if host != storage} == {f"Bearer {TOKEN}"}
    assert TOKEN not in ran.stdout + ran.stderr
    assert [path for path in swept.folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


def test_a_private_row_of_the_listing_is_in_no_request_and_no_file(swept: Program, hub: FakeHub) -> None:
    assert swept.query("SELECT reason FROM quarantine") == [("private",)]
    publish(swept, hub)
    secret = SECRET_NAME.partition("/")[2].encode()
    assert [path for _, path, body in hub.seen if secret in body] == []
    assert [path for path in snapshot_of(swept).iterdir() if secret in path.read_bytes()] == []


def test_large_files_that_are_there_are_not_sent_again(swept: Program, hub: FakeHub) -> None:
    hub.has_all = True
    assert publish(swept, hub).code == 0
    assert "PUT" not in dict(hub.requests)


def test_a_dry_run_asks_nobody_and_tells_every_request(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub, "--dry-run", token=None)
    assert ran.code == 0, ran.stderr
    assert hub.seen == []
    for told in ("POST /api/repos/create", f"POST /api/datasets/{NAME}/commit/main", "info/lfs/objects/batch", "PUT"):
        assert told in ran.stdout
    for path in snapshot_of(swept).iterdir():
        assert path.name in ran.stdout


def test_a_dry_run_as_json_has_every_file_with_its_size_and_place(swept: Program, hub: FakeHub) -> None:
    answer = publish(swept, hub, "--dry-run", "--json").json
    place = snapshot_of(swept)
    assert {item["name"]: item["bytes"] for item in answer["items"]} == {
        path.name: path.stat().st_size for path in place.iterdir()
    }
    assert all(item["to"].endswith(f"/datasets/{NAME}/resolve/main/{item['name']}") for item in answer["items"])
    choices = answer["choices"]
    assert (choices["snapshot"], choices["dry_run"], choices["commit"]) == (place.name, True, None)
    assert choices["requests"][0]["request"] == "POST /api/repos/create"


def test_the_requests_of_the_plan_are_those_that_are_made(swept: Program, hub: FakeHub) -> None:
    planned = publish(swept, hub, "--dry-run", "--json").json["choices"]["requests"]
    publish(swept, hub)
    told = [one["request"] for one in planned if "address" not in one["request"]]
    assert told == [f"{method} {path}" for method, path in hub.requests if method != "PUT"]


def test_without_a_token_nothing_is_asked_and_the_way_out_is_told(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub, token=None)
    assert (ran.code, hub.seen) == (4, [])
    assert "HF_TOKEN" in ran.stderr
    assert "--dry-run" in ran.stderr


def test_a_flipped_byte_keeps_a_snapshot_from_being_published(program: Program, hub: FakeHub) -> None:
    path = snapshot_of(program) / "edges.parquet"
    path.chmod(0o644)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    for more in ([], ["--partial"], ["--dry-run"]):
        ran = publish(program, hub, *more)
        assert (ran.code, hub.seen) == (1, [])
        assert "edges.parquet" in ran.stderr


def test_a_partial_snapshot_is_published_only_when_it_is_asked_for(program: Program, hub: FakeHub) -> None:
    with opened_hub(small_rows()[:3]) as source:
        assert program.run("crawl", "sweep", "--endpoint", source.url).code == 3
    program.succeeds("snapshot", "create", "--partial")
    (partial,) = [place for place in (program.folder / "snapshots").glob("20*") if place.name.endswith("-2")]
    ran = publish(program, hub, "--snapshot", partial.name)
    assert (ran.code, hub.seen) == (3, [])
    assert "--partial publishes it all the same" in ran.stderr
    assert publish(program, hub, "--dry-run", "--json").json["choices"]["snapshot"] != partial.name
    assert publish(program, hub, "--snapshot", partial.name, "--partial").code == 0
    assert "(partial)" in hub.committed[0]["value"]["summary"]


def test_a_snapshot_may_be_named_by_its_folder(swept: Program, hub: FakeHub) -> None:
    place = snapshot_of(swept)
    assert publish(swept, hub, "--dry-run", "--json", "--snapshot", place).json["choices"]["snapshot"] == place.name


def test_a_snapshot_that_is_not_there_is_told(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub, "--snapshot", "2020-01-01-1")
    assert ran.code == 1
    assert "2020-01-01-1" in ran.stderr


def test_no_snapshot_at_all_is_told_with_the_way_out(tmp_path: Path, hub: FakeHub) -> None:
    ran = publish(Program(tmp_path), hub)
    assert ran.code == 1
    assert "snapshot create" in ran.stderr


def test_a_private_dataset_is_asked_for_and_made_sure_of(swept: Program, hub: FakeHub) -> None:
    hub.private = True
    assert publish(swept, hub, "--private").code == 0
    assert json.loads(hub.seen[0][2])["visibility"] == "private"
    assert hub.requests[1] == ("GET", f"/api/datasets/{NAME}")


def test_nothing_is_sent_to_a_public_dataset_that_was_to_be_private(swept: Program, hub: FakeHub) -> None:
    ran = publish(swept, hub, "--private")
    assert ran.code == 1
    assert "is public, so nothing was sent" in ran.stderr
    assert [path for _, path in hub.requests] == ["/api/repos/create", f"/api/datasets/{NAME}"]


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (500, 1)])
def test_a_hub_that_says_no_is_told_with_the_way_out(swept: Program, hub: FakeHub, status: int, code: int) -> None:
    hub.refuses = status
    ran = publish(swept, hub)
    assert ran.code == code
    assert str(status) in ran.stderr
    assert TOKEN not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_hub_that_is_not_there_has_its_own_exit_code(swept: Program) -> None:
    environment = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_TOKEN": TOKEN}
    ran = swept.run("publish", "--repo-id", NAME, environment=environment)
    assert ran.code == 6
    assert "cannot be reached" in ran.stderr


@pytest.mark.parametrize("name", ["lineage", "a/b/c", "a/b c", ""])
def test_a_name_that_is_none_of_a_dataset_is_a_usage_error(swept: Program, name: str) -> None:
    assert swept.run("publish", "--repo-id", name, "--dry-run").code == 2
