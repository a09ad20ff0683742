"""What Alembic runs: the migrations over the connection that `upgrade` hands it."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from store import schema  # noqa: F401  # importing it is what fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
