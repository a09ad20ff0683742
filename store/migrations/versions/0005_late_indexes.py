"""Indexes that a first crawl can go without: as constraints they could not be dropped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_model_missing_since", "model")
    op.drop_index("ix_model_hub_id", "model")  # Alembic cannot carry an index of an expression over
    with op.batch_alter_table("model", recreate="always") as model:
        model.drop_constraint("uq_model_node_id", type_="unique")
    missing = sa.text("missing_since IS NOT NULL")
    op.create_index("ix_model_missing_since", "model", ["missing_since"], sqlite_where=missing)
    op.create_index("ix_model_hub_id", "model", [sa.text("hub_id DESC")], unique=True)
    op.create_index("ix_model_node_id", "model", ["node_id"], unique=True)
    with op.batch_alter_table("publisher", recreate="always") as publisher:
        publisher.drop_constraint("uq_publisher_name", type_="unique")
    op.create_index("ix_publisher_name", "publisher", ["name"], unique=True)
