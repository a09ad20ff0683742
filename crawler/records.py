"""Frozen records that cross the seams: what the crawler says and the store understands. No behaviour."""

from __future__ import annotations

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


class ModelRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One model as one listing row tells it.

    Times are seconds since 1970 UTC; counters are None where the Hub gave none or no sensible number.
    `references` come from the first source that names any base, in declared order, each base once;
    `evidence` from the other sources, and only where they name other bases than that one. `declared_hash`
    is of both, None where there is none; `fingerprint` is of the listed row's text (`crawler.known`).
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


class Quarantined(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A row that could not be stored: why, and its raw text (at most 64 kB; empty for private rows)."""

    reason: str
    raw: str


class Page(msgspec.Struct, frozen=True, tag=True, gc=False):
    """One page of a listing, parsed. `next_url` is None on the last page.

    `requests` is how many requests it took, tries and redirects included. `base` names the model whose
    derivatives were listed, None where the listing was not of one model's derivatives. `requests_left` is what
    the server then said of the quota's window, None where it says nothing. `unchanged` are the numbers, as the
    store gave them, of the rows whose text is known: they have no record.
    """

    records: tuple[ModelRecord, ...]
    quarantined: tuple[Quarantined, ...]
    next_url: str | None
    requests: int
    base: str | None = None
    requests_left: int | None = None
    unchanged: tuple[int, ...] = ()


class BaseDetail(msgspec.Struct, frozen=True, gc=False):
    """The detail route's answer for one model: its record, and the Hub's own count of direct children."""

    record: ModelRecord
    children: dict[str, int] | None
