"""What the present answers rest on: which crawls, how complete, and what those cannot see."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from store.completeness import ENOUGH, Known, completeness
from store.errors import NothingComputed

_LEDGER = (
    "models", "models_declaring", "references_declared", "repeats", "resolved", "edges", "dangling", "ghosts",
    "malformed", "self_references", "cycles", "models_in_cycles", "disagreements",
)  # fmt: skip
_LATEST = f"""
    SELECT crawl.id, crawl.kind, crawl.state, crawl.endpoint, crawl.question, crawl.finished_at, crawl.note,
        computation.registry_fingerprint, computation.origins_fingerprint,
        picture.id, picture.kind,
        {", ".join(f"computation.{item}" for item in _LEDGER)}
    FROM computation JOIN crawl ON crawl.id = computation.crawl_id
    LEFT JOIN crawl AS picture ON picture.id = (
        SELECT max(id) FROM crawl AS whole
        WHERE whole.kind IN ('sweep', 'import') AND whole.state = 'complete' AND whole.id <= crawl.id)
    WHERE (:crawl IS NULL OR crawl.id = :crawl) AND (:until IS NULL OR computation.computed_at < :until)
    ORDER BY computation.computed_at DESC, computation.crawl_id DESC LIMIT 1"""
_WALKS = "SELECT question FROM crawl WHERE kind = 'walk' AND state = 'complete' AND id > ? AND id <= ? ORDER BY id"
_DAY = 86_400

UNSEEN_BY_ALL = "models that are private, and bases that nobody declared"
UNSEEN_BY_IMPORTS = f"what the imported file leaves out; {UNSEEN_BY_ALL}"
UNSEEN_BY_WALKS = (
    "models that name their base in the card alone, or in a tag with a relation and none without, "
    "and whatever derives from them; derivatives of any base that was not walked"
)


class Standing(NamedTuple):
    """The last computed crawl. `whole`: it stands on a complete sweep, or on the import of a whole dump.

    `sweep` is the number of that one, `ground` its kind. `known`: the tracked bases that the Hub was asked about, after
    this crawl or else after that sweep. `ledger`: that of METHOD section 3.
    """

    crawl: int
    kind: str
    state: str
    endpoint: str
    finished_at: int
    whole: bool
    sweep: int | None
    ground: str | None
    note: str | None
    registry_fingerprint: str
    origins_fingerprint: str | None
    walked: tuple[str, ...]
    known: tuple[Known, ...]
    ledger: dict[str, int]

    @property
    def short(self) -> list[Known]:
        """The tracked bases of which too few derivatives are known."""
        return [base for base in self.known if base.is_short]

    @property
    def complete(self) -> bool:
        """Whether it is not partial: METHOD, section 4."""
        return not self.why_partial

    @property
    def why_partial(self) -> str | None:
        """Everything that makes it partial, as one phrase; None where nothing does."""
        reasons = [] if self.whole else [self._why_not_whole]
        if self.short:
            bases = ", ".join(map(str, self.short))
            reasons.append(f"less than {ENOUGH} of the derivatives that the Hub tells of are known: {bases}")
        return "; ".join(reasons) or None

    @property
    def warning(self) -> str | None:
        """What every table, file and page says of one that is partial."""
        return None if self.complete else f"PARTIAL: {self.why_partial}. The counts are lower bounds."

    @property
    def _why_not_whole(self) -> str:
        if self.state != "complete":
            return self.note or f"it is {self.state}"
        return f"no sweep is complete yet, and it rests on {self.basis}"

    @property
    def unseen(self) -> str:
        """What the answers cannot contain, as a phrase."""
        if self.ground == "import":
            return UNSEEN_BY_IMPORTS
        return UNSEEN_BY_ALL if self.sweep else f"{UNSEEN_BY_WALKS}; {UNSEEN_BY_ALL}"

    @property
    def basis(self) -> str:
        """The crawls behind the answers, as a phrase."""
        own = f"crawl {self.crawl}, a {self.state} {self.kind} of {self.endpoint}"
        if self.sweep is None and self.walked:
            own += f" (walked so far: {', '.join(self.walked)})"
        elif self.sweep not in (None, self.crawl):
            own += f", on top of the complete {self.ground} {self.sweep}"
        return own


def standing(connection: sqlite3.Connection, as_of: str | None = None) -> Standing:
    """That of the last finished crawl, or of an earlier one: by its number, or the last of a day (YYYY-MM-DD, UTC).

    Raises `NothingComputed` before the first crawl has finished, and where no crawl is meant.
    """
    row = connection.execute(_LATEST, _when(as_of)).fetchone()
    if row is None and as_of is not None:
        raise NothingComputed(
            f"No crawl had finished as of {as_of!r}. `modelroots crawls` lists them by number and time."
        )
    if row is None:
        raise NothingComputed(
            "No crawl has finished in this database yet. `modelroots crawls` shows what there is; "
            "`modelroots crawl sweep` begins one, or resumes it."
        )
    crawl, kind, state, endpoint, _, finished_at, note, fingerprint, origins, sweep, ground, *ledger = row
    walks = connection.execute(_WALKS, (sweep or 0, crawl))
    walked = dict.fromkeys(base for (question,) in walks for base in json.loads(question).get("bases", ()))
    return Standing(
        crawl=crawl,
        kind=kind,
        state=state,
        endpoint=endpoint,
        finished_at=finished_at,
        whole=sweep is not None and state == "complete",
        sweep=sweep,
        ground=ground,
        note=note,
        registry_fingerprint=fingerprint,
        origins_fingerprint=origins,
        walked=tuple(walked),
        known=tuple(completeness(connection, crawl) or completeness(connection, sweep or 0)),
        ledger=dict(zip(_LEDGER, ledger, strict=True)),
    )


def _when(as_of: str | None) -> dict[str, int | None]:
    if as_of is None or re.fullmatch(r"[0-9]{1,18}", as_of):
        return {"crawl": int(as_of) if as_of else None, "until": None}
    try:
        day = datetime.strptime(as_of, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise NothingComputed(f"--as-of {as_of!r} is neither a crawl's number nor a day such as 2026-11-24.") from None
    return {"crawl": None, "until": int(day.timestamp()) + _DAY}
