"""`publish`: a snapshot as a dataset on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.crawling import ready
from jobs.cli.errors import AUTHENTICATION, FAILED, PARTIAL, UNREACHABLE, USAGE, Refused
from jobs.cli.output import Answer, Format, give
from jobs.cli.snapshots import SnapshotsOption
from jobs.cli.state import EndpointOption, JsonOption, TokenOption, form

if TYPE_CHECKING:
    from jobs.publishing import Plan


def register(app: typer.Typer) -> None:
    app.command()(publish)


def publish(
    context: typer.Context,
    repo_id: Annotated[str, typer.Option("--repo-id", metavar="NAME", help="The dataset: OWNER/NAME.")],
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", help="A snapshot's name or folder; else the newest complete one.")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="A dataset that only its owners see.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Even a snapshot that is partial, which it says.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent where; ask nobody.")] = False,
    endpoint: EndpointOption = None,
    token_from: TokenOption = None,
    snapshots: SnapshotsOption = None,
    json: JsonOption = False,
) -> None:
    """A snapshot as a dataset on the Hub. It is verified first, and one that has faults is not published."""
    from jobs.publishing import choose, plan, prepare
    from store.snapshots.manifest import SnapshotError

    prepare()
    settings, token = ready(context, endpoint, token_from)
    if not dry_run and token is None:
        raise Refused(
            "To publish takes a token of the Hub that may write: set HF_TOKEN, or name a file with --token-from, or "
            "`--token-from login` for the stored login. --dry-run shows without one what would be sent.",
            AUTHENTICATION,
        )
    _require_name(repo_id)
    try:
        folder = snapshots or settings.snapshots
        place = _place(folder, snapshot) if snapshot else choose(folder, partial=partial)
        wanted = plan(settings.endpoint.rstrip("/"), repo_id, place, private=private, partial=partial)
        commit = None if dry_run else _sent(wanted, token or "")
    except SnapshotError as problem:
        raise Refused(str(problem), PARTIAL if "is partial" in str(problem) else FAILED) from problem
    give(_answer(wanted, commit), form(Format.TABLE, json=json, csv=False, quiet=False, file=None))


def _require_name(repo_id: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id  # its own package re-exports it without saying so

    try:
        validate_repo_id(repo_id)
    except HFValidationError as problem:
        raise Refused(f"--repo-id {repo_id!r}: {problem}", USAGE) from problem
    if "/" not in repo_id:
        raise Refused(f"--repo-id {repo_id!r}: name the owner too, as in your-name/{repo_id}.", USAGE)


def _place(folder: Path, snapshot: Path) -> Path:
    """A snapshot by its name, or by the path of its folder."""
    named = folder / snapshot
    return named if named.is_dir() or not snapshot.is_dir() else snapshot


def _sent(plan: Plan, token: str) -> str:
    """The commit's address. What the Hub says no to, or does not say, is told with the way out."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    from jobs.progress import say
    from jobs.publishing import publish

    say(f"Publishing {plan.place.name} as {plan.endpoint}/datasets/{plan.repo_id} ...")
    try:
        return publish(plan, token)
    except HfHubHTTPError as problem:
        status = problem.response.status_code if problem.response is not None else 0
        raise Refused(_said_no(plan, status, problem.server_message or ""), _code(status)) from problem
    except httpx2.TransportError as problem:
        raise Refused(
            f"{plan.endpoint} cannot be reached: {str(problem) or type(problem).__name__}. Nothing is published before "
            "the last request: the same command begins again, and files that are there are not sent twice.",
            UNREACHABLE,
        ) from problem
    except (ValueError, OSError) as problem:
        raise Refused(f"The Hub did not take {plan.place.name}: {problem}. Nothing was published.") from problem


def _said_no(plan: Plan, status: int, message: str) -> str:
    own = f" It says: {message[:300]}." if message else ""
    if status in (401, 403):
        return (
            f"{plan.endpoint} does not let this token write to {plan.repo_id} ({status}).{own} Take a token with write "
            f"access to it, from {plan.endpoint}/settings/tokens."
        )
    return f"{plan.endpoint} answered {status}.{own} Nothing was published: the same command begins again."


def _code(status: int) -> int:
    return AUTHENTICATION if status in (401, 403) else FAILED


def _answer(plan: Plan, commit: str | None) -> Answer:
    to = f"{plan.endpoint}/datasets/{plan.repo_id}"
    items = [
        {"name": file.path.name, "bytes": file.bytes, "to": f"{to}/resolve/main/{file.path.name}"}
        for file in plan.files
    ]
    notes = [f"{'Would be sent' if commit is None else 'Sent'}: {plan.message}. {plan.manifest.bytes:,} bytes."]
    if commit is None:
        notes += [f"{place}. {request}: {what}." for place, (request, what) in enumerate(plan.requests, start=1)]
    else:
        notes.append(commit)
    choices = {
        "repo_id": plan.repo_id,
        "endpoint": plan.endpoint,
        "snapshot": plan.manifest.name,
        "complete": plan.manifest.complete,
        "private": plan.private,
        "dry_run": commit is None,
        "requests": [{"request": request, "what": what} for request, what in plan.requests],
        "commit": commit,
    }
    return Answer(items, choices=choices, notes=notes)
