"""`HfApi.list_models` into SQLModel rows, a session's merge for each, a commit a page: `URL MODELS DATABASE`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from huggingface_hub import ModelInfo
from sqlmodel import Field, Session, SQLModel, create_engine

from benchmarks.peers.list_models import listed

PAGE = 1000


class Model(SQLModel, table=True):
    """The fields that our sweep stores."""

    id: str = Field(primary_key=True)
    created_at: datetime | None
    modified_at: datetime | None
    downloads: int | None
    downloads_all_time: int | None
    likes: int | None
    gated: str
    disabled: bool | None
    library: str | None
    task: str | None


class Base(SQLModel, table=True):
    """A model's base."""

    child: str = Field(primary_key=True)
    parent: str = Field(primary_key=True, index=True)
    relation: str


def _rows(info: ModelInfo) -> Iterator[SQLModel]:
    yield Model(
        id=info.id,
        created_at=info.created_at,
        modified_at=info.last_modified,
        downloads=info.downloads,
        downloads_all_time=info.downloads_all_time,
        likes=info.likes,
        gated=str(info.gated),
        disabled=info.disabled,
        library=info.library_name,
        task=info.pipeline_tag,
    )
    named: Any = info.base_models or {}
    for base in named.get("models", ()):
        yield Base(child=info.id, parent=base["id"], relation=named["relation"])


def _store(infos: Iterable[ModelInfo], database: str) -> None:
    engine = create_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)
    remaining = iter(infos)
    with Session(engine) as session:
        while page := list(islice(remaining, PAGE)):
            for info in page:
                for row in _rows(info):
                    session.merge(row)
            session.commit()


if __name__ == "__main__":
    _store(listed(sys.argv[1], int(sys.argv[2])), sys.argv[3])
