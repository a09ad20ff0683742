"""A verified snapshot -> a dataset on the Hub. Which request does what is said beforehand, by `plan`.

The upload is `huggingface_hub`'s. It is told to use plain LFS: each request is then one of those that the plan names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from store.snapshots.listing import manifests
from store.snapshots.manifest import MANIFEST, SUMS, Manifest, SnapshotError, read_manifest
from store.snapshots.verifying import verify, verify_chain

LONGEST_SECONDS = 120.0
"""Without a word from the Hub in the midst of a request; `huggingface_hub` by itself waits for ever."""

_SHOWN = 5  # faults in a message


class NotFit(SnapshotError):
    """A snapshot that is partial or has faults: it is not published."""


class File(NamedTuple):
    """One file of the snapshot, and its place in the dataset, which is its name."""

    path: Path
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What is published, where to, and by which requests, in their order: (method and path, what for)."""

    endpoint: str
    repo_id: str
    place: Path
    manifest: Manifest
    private: bool
    files: list[File]
    requests: list[tuple[str, str]]

    @property
    def message(self) -> str:
        """Of the commit."""
        rows = f"{self.manifest.rows('models'):,} models, {self.manifest.rows('edges'):,} edges"
        return f"Snapshot {self.manifest.name}{'' if self.manifest.complete else ' (partial)'}: {rows}"


def prepare() -> None:
    """To be called before `huggingface_hub` is imported, which reads these once. What the user set is left."""
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def choose(folder: Path, *, partial: bool) -> Path:
    """The newest complete or accepted snapshot; with `partial` the newest of all. Raises `SnapshotError`."""
    found = [place for place, manifest in manifests(folder) if partial or manifest.publishable]
    if not found:
        what = "no snapshot" if partial else "no complete snapshot"
        raise SnapshotError(f"There is {what} in {folder}. `modelroots snapshot create` makes one of the last crawl.")
    return found[-1]


def plan(endpoint: str, repo_id: str, place: Path, *, private: bool, partial: bool) -> Plan:
    """Verifies the snapshot, and says what is to be done; asks nobody. Raises `NotFit`, `SnapshotError`."""
    faults = verify(place) or [fault for fault in verify_chain(place.parent) if fault.snapshot == place.name]
    if faults:
        shown = "; ".join(map(str, faults[:_SHOWN]))
        rest = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise NotFit(f"{place} is not published, for it is not as its manifest says: {shown}{rest}.")
    manifest = read_manifest(place)
    if not manifest.publishable and not partial:
        raise NotFit(
            f"{place} is partial and not published: {manifest.note or 'its crawl is not complete'}. "
            "--partial publishes it all the same, and every file says what it is."
        )
    files = [File(place / name, (place / name).stat().st_size) for name in sorted([*manifest.files, MANIFEST, SUMS])]
    return Plan(endpoint, repo_id, place, manifest, private, files, list(_requests(repo_id, private=private)))


def _requests(repo_id: str, *, private: bool) -> Iterator[tuple[str, str]]:
    seen_by = "private, seen by its owners alone" if private else "as public as the account's new datasets are"
    yield "POST /api/repos/create", f"the dataset {repo_id}, {seen_by}; one that is there already stays as it is"
    if private:
        yield f"GET /api/datasets/{repo_id}", "whether it is private: if not, nothing is sent"
    yield "POST /api/validate-yaml", "whether the Hub takes the head of README.md"
    yield f"POST /api/datasets/{repo_id}/preupload/main", "which files the Hub wants apart, as it does large ones"
    yield f"POST /datasets/{repo_id}.git/info/lfs/objects/batch", "where those go, and which it has already"
    yield "PUT to each address that it names", "one of those files, without the token"
    yield (
        "POST to each address that it names for that",
        "whether a file has come whole, where the Hub wants to be asked",
    )
    yield f"POST /api/datasets/{repo_id}/commit/main", "the commit, with the small files in it"


def publish(plan: Plan, token: str) -> str:
    """Makes the requests of the plan, and returns the address of the commit. Raises `NotFit`, and httpx2's errors."""
    from huggingface_hub import CommitOperationAdd, HfApi, get_session

    api = HfApi(endpoint=plan.endpoint, token=token)
    get_session().timeout = LONGEST_SECONDS
    api.create_repo(plan.repo_id, repo_type="dataset", private=plan.private or None, exist_ok=True)
    if plan.private and not api.repo_info(plan.repo_id, repo_type="dataset").private:
        raise NotFit(
            f"{plan.repo_id} is there already and is public, so nothing was sent. Make it private, or choose "
            "another --repo-id, or leave --private out."
        )
    operations: list[Any] = [CommitOperationAdd(file.path.name, str(file.path)) for file in plan.files]
    found = api.create_commit(plan.repo_id, operations, commit_message=plan.message, repo_type="dataset")
    return str(found.commit_url)
