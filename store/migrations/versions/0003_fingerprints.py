"""Fingerprints of rows, by which a sweep knows what has not changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model", sa.Column("fingerprint", sa.Integer(), nullable=True))
