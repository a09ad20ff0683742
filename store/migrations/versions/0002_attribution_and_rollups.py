"""Attribution nearest and root, roll-ups, completeness."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "family_share",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.Float(), nullable=False)
            for name in (
                "direct",
                "total",
                "total_unknown",
                "total_finetune",
                "total_adapter",
                "total_quantized",
                "total_merge",
            )
        ),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_family_share_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("crawl_id", "attribution", "family", name=op.f("pk_family_share")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("population", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("models", sa.Float(), nullable=False),
        sa.Column("downloads", sa.Float(), nullable=False),
        sa.Column("downloads_all_time", sa.Float(), nullable=False),
        sa.Column("likes", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_rollup_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("crawl_id", "by", "choice", "population", "key", name=op.f("pk_rollup")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "completeness",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_completeness_crawl_id_crawl")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_completeness_node_id_node")),
        sa.PrimaryKeyConstraint("crawl_id", "node_id", name=op.f("pk_completeness")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("computation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origins_fingerprint", sa.String(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("There is no way back to the first schema: keep a copy of the file.")
