"""Fingerprints of rows, by which a sweep knows what has not changed; `_id`s indexed in the order they are listed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_model_missing_since", "model")
    with op.batch_alter_table("model", recreate="always") as model:
        model.add_column(sa.Column("fingerprint", sa.Integer(), nullable=True))
        model.drop_constraint("uq_model_hub_id", type_="unique")
    missing = sa.text("missing_since IS NOT NULL")
    op.create_index("ix_model_missing_since", "model", ["missing_since"], sqlite_where=missing)
    op.create_index("ix_model_hub_id", "model", [sa.text("hub_id DESC")], unique=True)
