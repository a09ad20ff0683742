"""Every table, in one module. No query and no connection.

    what was listed     model, reference, node, publisher, label, quarantine
    its history         model_change, absence, alias; reference.since_crawl / until_crawl
    the work            crawl, crawl_page
    what follows        edge, lineage_count: made anew after each crawl;
                        family_count, family_share, rollup, completeness, computation: kept for each crawl

A **node** is a name: every repository name that a model bears or that a reference points to. A node that
a present model bears is a model's node; one that only references name is a ghost's. Edges join nodes, so
a tree is read without touching `model`. All times are seconds since 1970 UTC; ids are small integers.
`hub_id` is the Hub's `_id` as 12 bytes. Relations and sources are the numbers of `crawler.records`.
Some indexes are made when the first crawl into a file ends (`store.late_indexes`).
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, text
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_KEYED: dict[str, bool] = {"sqlite_with_rowid": False}
"""For tables that are read by the order of their key: SQLite then stores them in that order, once."""


class Crawl(SQLModel, table=True):
    """One run against a Hub, and its ledger: fetched = new + changed + same + repeated + quarantined."""

    __table_args__ = (
        CheckConstraint("state in ('running', 'complete', 'partial', 'failed')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str  # sweep, walk, changes, import
    state: str
    endpoint: str
    question: str  # JSON: what was asked for (bases, depth, since); the same question resumes
    started_at: int
    finished_at: int | None = None  # of an import both are the moment that its file tells of
    next_url: str | None = (
        None  # where a resumed sweep or import goes on; None before the first page and after the last
    )
    pages: int = 0
    fetched: int = 0
    models: int = 0  # distinct models listed
    new: int = 0  # never listed before
    changed: int = 0
    same: int = 0
    repeated: int = 0
    quarantined: int = 0
    missing: int = 0
    gone: int = 0
    back: int = 0
    requests: int = 0
    resumed: int = 0
    note: str | None = None  # why it is partial or failed
    version: str


class CrawlPage(SQLModel, table=True):
    """One stored page of a crawl that is running; removed when it is finished."""

    __tablename__ = "crawl_page"

    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    number: int = Field(primary_key=True)
    base: str | None = None  # the model whose derivatives were listed, in a walk
    is_last: bool  # no next page
    model_ids: bytes = Field(sa_type=LargeBinary)  # uint32, little-endian


class Publisher(SQLModel, table=True):
    """The namespace before the slash; the empty name stands for legacy single names."""

    __table_args__ = (Index("ix_publisher_name", "name", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    name: str


class Node(SQLModel, table=True):
    """A repository name in the lineage."""

    __table_args__ = (Index("ix_node_name", "name", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    publisher_id: int = Field(foreign_key="publisher.id")
    well_formed: bool  # false: a declared text that cannot be a model's name


class Label(SQLModel, table=True):
    """A word that many models share: a library, task, licence or gating."""

    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(unique=True)


class Model(SQLModel, table=True):
    """A public model, by its `_id`, as last listed."""

    __table_args__ = (
        Index("ix_model_missing_since", "missing_since", sqlite_where=text("missing_since IS NOT NULL")),
        # A sweep goes from the newest down: what it adds then comes last, and fills the index's pages.
        Index("ix_model_hub_id", text("hub_id DESC"), unique=True),
        Index("ix_model_node_id", "node_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    hub_id: bytes = Field(sa_type=LargeBinary)
    # None where another model has since been listed under the name and this one not yet under a new one.
    node_id: int | None = Field(default=None, foreign_key="node.id")
    created_at: int | None = None
    modified_at: int | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    gated_id: int | None = Field(default=None, foreign_key="label.id")
    disabled: bool = False
    library_id: int | None = Field(default=None, foreign_key="label.id")
    task_id: int | None = Field(default=None, foreign_key="label.id")
    license_id: int | None = Field(default=None, foreign_key="label.id")
    parameters: int | None = None
    relation: int | None = None  # of its first reference; None where it declares no base
    declared_hash: int | None = None  # of everything it declares, to see that it changed
    first_crawl: int = Field(foreign_key="crawl.id")
    missing_since: int | None = Field(default=None, foreign_key="crawl.id")
    fingerprint: int | None = None  # of its row's text, as the crawler made it; None: to be read whatever it is


class Reference(SQLModel, table=True):
    """One base that a model declares, valid from a crawl up to, not including, another."""

    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    model_id: int = Field(primary_key=True, foreign_key="model.id")
    since_crawl: int = Field(primary_key=True, foreign_key="crawl.id")
    position: int = Field(primary_key=True)
    until_crawl: int | None = Field(default=None, foreign_key="crawl.id")
    node_id: int = Field(foreign_key="node.id")
    relation: int
    source: int
    times: int
    is_evidence: bool  # said by a source that did not win, and that disagrees
    hub_id: bytes | None = Field(default=None, sa_type=LargeBinary)  # the base's `_id` where the Hub gave it


class ModelChange(SQLModel, table=True):
    """What a model's name, gating or disabling was before a crawl found it otherwise."""

    __tablename__ = "model_change"
    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    model_id: int = Field(primary_key=True, foreign_key="model.id")
    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    field: str = Field(primary_key=True)
    before: str | None = None
    after: str | None = None


class Absence(SQLModel, table=True):
    """A stretch of crawls in which a model was not listed: missing, from the second on gone, until it is back."""

    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    model_id: int = Field(primary_key=True, foreign_key="model.id")
    since_crawl: int = Field(primary_key=True, foreign_key="crawl.id")
    gone_crawl: int | None = Field(default=None, foreign_key="crawl.id")
    until_crawl: int | None = Field(default=None, foreign_key="crawl.id")


class Alias(SQLModel, table=True):
    """What the Hub said when it was asked for a name that dangled: the model that it leads to now, or none.

    It was asked after the crawl, so it is heeded from the next one on. The last word about a name stands.
    """

    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    node_id: int = Field(primary_key=True, foreign_key="node.id")
    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    asked_at: int
    hub_id: bytes | None = Field(default=None, sa_type=LargeBinary)  # which may be that of no stored model
    name: str | None = None  # that it bore then


class Quarantine(SQLModel, table=True):
    """A row that could not be stored, with the reason."""

    id: int | None = Field(default=None, primary_key=True)
    crawl_id: int = Field(foreign_key="crawl.id", index=True)
    reason: str
    raw: str


class Edge(SQLModel, table=True):
    """Child -> parent, one for each distinct parent."""

    __table_args__ = (Index("ix_edge_child_id", "child_id"), _KEYED)

    parent_id: int = Field(primary_key=True, foreign_key="node.id")
    child_id: int = Field(primary_key=True, foreign_key="node.id")
    relation: int
    times: int


class _ByRelation(SQLModel):
    """Direct and total derivatives, each filed under its own declared relation."""

    direct_unknown: int
    direct_finetune: int
    direct_adapter: int
    direct_quantized: int
    direct_merge: int
    total_unknown: int
    total_finetune: int
    total_adapter: int
    total_quantized: int
    total_merge: int


class LineageCount(_ByRelation, table=True):
    """The derivatives of every node that has any."""

    __tablename__ = "lineage_count"

    node_id: int = Field(primary_key=True, sa_type=Integer, foreign_key="node.id")


class FamilyCount(_ByRelation, table=True):
    """The derivatives of every family after every computation: its history."""

    __tablename__ = "family_count"
    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    family: str = Field(primary_key=True)
    official: int


class FamilyShare(SQLModel, table=True):
    """The derivatives of every family after every computation, where models are split; `family_count` is `any`."""

    __tablename__ = "family_share"
    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    attribution: str = Field(primary_key=True)  # nearest, root
    family: str = Field(primary_key=True)
    direct: float
    total: float
    total_unknown: float
    total_finetune: float
    total_adapter: float
    total_quantized: float
    total_merge: float


class Rollup(SQLModel, table=True):
    """The roll-ups by country and family after every computation, without any filter: what is asked most."""

    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    by: str = Field(primary_key=True)
    choice: str = Field(primary_key=True)  # the side of a country, the attribution of a family
    population: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    models: float
    downloads: float
    downloads_all_time: float
    likes: float


class Completeness(SQLModel, table=True):
    """The Hub's own count of a tracked base's children, and how many of them the crawl knows."""

    __table_args__: ClassVar[dict[str, bool]] = _KEYED

    crawl_id: int = Field(primary_key=True, foreign_key="crawl.id")
    node_id: int = Field(primary_key=True, foreign_key="node.id")
    told: int
    counted: int


class Computation(SQLModel, table=True):
    """What the graph was after a crawl: the ledger of METHOD, section 3."""

    crawl_id: int = Field(primary_key=True, sa_type=Integer, foreign_key="crawl.id")
    computed_at: int
    registry_fingerprint: str  # of the families that were counted
    origins_fingerprint: str | None = None  # of the countries that were rolled up; None before there were any
    models: int
    models_declaring: int
    references_declared: int
    repeats: int
    resolved: int
    edges: int
    dangling: int
    ghosts: int
    malformed: int
    self_references: int
    cycles: int
    models_in_cycles: int
    disagreements: int  # models whose sources name different bases
