"""What the Hub said of names that dangled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_alias_crawl_id_crawl")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_alias_node_id_node")),
        sa.PrimaryKeyConstraint("node_id", "crawl_id", name=op.f("pk_alias")),
        sqlite_with_rowid=False,
    )
