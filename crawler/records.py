"""Frozen records that cross the seams: what the crawler says and the store understands.

No behaviour, but that models are told as rows or as columns: whole pages go from process to process and into tables
as columns, which are smaller and quicker to take apart; whoever looks at few models sees rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec


class Relation(IntEnum):
    """How a model derives from its base, as declared. The numbers are stored: never renumber."""

    UNKNOWN = 0
    FINETUNE = 1
    ADAPTER = 2
    QUANTIZED = 3
    MERGE = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class Source(IntEnum):
    """Where a reference was read. Lower wins; the numbers are stored: never renumber."""

    BASE_MODELS = 1
    TAG = 2
    CARD = 3


class Reference(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One distinct base that a model declares.

    `target` is the tidied text. `hub_id` is the base's `_id`, 24 hex, where the Hub gave one.
    `times` counts how often the model names it. `well_formed` is false where the text is neither
    `namespace/name` nor a single name: such a reference is malformed unless a stored model bears that very name.
    """

    target: str
    relation: Relation
    source: Source
    hub_id: str | None = None
    times: int = 1
    well_formed: bool = True


class Declaration(msgspec.Struct, frozen=True, array_like=True, gc=False, cache_hash=True):
    """All that a model declares.

    `references` come from the first source that names any base, in declared order, each base once;
    `evidence` from the other sources, and only where they name other bases than that one. `digest` is 64 bits
    of both, None where there is none.
    """

    references: tuple[Reference, ...] = ()
    evidence: tuple[Reference, ...] = ()
    digest: int | None = None


class ModelRecord(msgspec.Struct, frozen=True, gc=False):
    """One model as one listing row tells it.

    Times are seconds since 1970 UTC; counters are None where the Hub gave none or no sensible number.
    `references`, `evidence` and `declared_hash` are those of its `Declaration`; `fingerprint` is of the
    listed row's text (`crawler.known`).
    """

    hub_id: str
    repo_id: str
    created_at: int | None
    modified_at: int | None
    downloads: int | None
    downloads_all_time: int | None
    likes: int | None
    gated: str
    disabled: bool
    library: str | None
    task: str | None
    license: str | None
    parameters: int | None
    references: tuple[Reference, ...] = ()
    evidence: tuple[Reference, ...] = ()
    declared_hash: int | None = None
    fingerprint: int | None = None


class Models(msgspec.Struct, frozen=True, array_like=True):
    """Many models, a column for each field of `ModelRecord` and in each an entry a model, ready for the tables.

    `hub_ids` are the 12 bytes of each `_id`, `disabled` is 0 or 1. Gatings, libraries, tasks and licences are places
    in `words`, declarations places in `declared`: what many models of a page share is told once.
    """

    hub_ids: list[bytes] = []
    repo_ids: list[str] = []
    created_at: list[int | None] = []
    modified_at: list[int | None] = []
    downloads: list[int | None] = []
    downloads_all_time: list[int | None] = []
    likes: list[int | None] = []
    gated: list[int] = []
    disabled: list[int] = []
    libraries: list[int] = []
    tasks: list[int] = []
    licenses: list[int] = []
    parameters: list[int | None] = []
    declarations: list[int] = []
    fingerprints: list[int | None] = []
    words: list[str | None] = []
    declared: list[Declaration] = []

    def __len__(self) -> int:
        return len(self.hub_ids)

    @staticmethod
    def of(record: ModelRecord) -> Models:
        """A single one."""
        return Models(
            hub_ids=[bytes.fromhex(record.hub_id)],
            repo_ids=[record.repo_id],
            created_at=[record.created_at],
            modified_at=[record.modified_at],
            downloads=[record.downloads],
            downloads_all_time=[record.downloads_all_time],
            likes=[record.likes],
            gated=[0],
            disabled=[int(record.disabled)],
            libraries=[1],
            tasks=[2],
            licenses=[3],
            parameters=[record.parameters],
            declarations=[0],
            fingerprints=[record.fingerprint],
            words=[record.gated, record.library, record.task, record.license],
            declared=[Declaration(record.references, record.evidence, record.declared_hash)],
        )

    def at(self, places: Sequence[int]) -> Models:
        """Those at these places alone."""
        shared = {"words", "declared"}
        columns = {name: getattr(self, name) for name in self.__struct_fields__ if name not in shared}
        chosen = {name: [column[place] for place in places] for name, column in columns.items()}
        return msgspec.structs.replace(self, **chosen)

    def records(self) -> tuple[ModelRecord, ...]:
        """The same as rows."""
        return tuple(map(self._record, range(len(self))))

    def _record(self, place: int) -> ModelRecord:
        declaration = self.declared[self.declarations[place]]
        return ModelRecord(
            self.hub_ids[place].hex(),
            self.repo_ids[place],
            self.created_at[place],
            self.modified_at[place],
            self.downloads[place],
            self.downloads_all_time[place],
            self.likes[place],
            self.words[self.gated[place]] or "",
            bool(self.disabled[place]),
            self.words[self.libraries[place]],
            self.words[self.tasks[place]],
            self.words[self.licenses[place]],
            self.parameters[place],
            declaration.references,
            declaration.evidence,
            declaration.digest,
            self.fingerprints[place],
        )


class Quarantined(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row that could not be stored: why, and its raw text (at most 64 kB; empty for private rows)."""

    reason: str
    raw: str


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """Rows of a page that are still to be read, as their texts, and the fingerprint of each."""

    texts: list[bytes] = []
    fingerprints: list[int] = []


class Page(msgspec.Struct, frozen=True, tag=True, gc=False):
    """One page of a listing, parsed. `next_url` is None on the last page.

    `requests` is how many requests it took, tries and redirects included. `base` names the model whose
    derivatives were listed, None where the listing was not of one model's derivatives. `requests_left` is what
    the server then said of the quota's window, None where it says nothing. `unchanged` are the numbers, as the
    store gave them, of the rows whose text is known: they are not among the models. Where such were looked for, the
    other rows may be `unread`: neither models nor quarantined yet (see `crawler.parse.read_rest`).
    """

    models: Models
    quarantined: tuple[Quarantined, ...]
    next_url: str | None
    requests: int
    base: str | None = None
    requests_left: int | None = None
    unchanged: list[int] = []
    unread: Unread = Unread()

    @property
    def rows(self) -> int:
        """How many it has, whatever became of them."""
        return len(self.models) + len(self.quarantined) + len(self.unchanged) + len(self.unread.texts)

    @property
    def records(self) -> tuple[ModelRecord, ...]:
        """Its models as rows, made anew each time."""
        return self.models.records()


class BaseDetail(msgspec.Struct, frozen=True, gc=False):
    """The detail route's answer for one model: its record, and the Hub's own count of direct children."""

    record: ModelRecord
    children: dict[str, int] | None
