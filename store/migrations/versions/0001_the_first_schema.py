"""The first schema: what was listed, its history, the crawls, and what is computed from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crawl",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.Column("next_url", sa.String(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("back", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("resumed", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.CheckConstraint("state in ('running', 'complete', 'partial', 'failed')", name=op.f("ck_crawl_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("text", name=op.f("uq_label_text")),
    )
    op.create_table(
        "publisher",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publisher")),
        sa.UniqueConstraint("name", name=op.f("uq_publisher_name")),
    )
    op.create_table(
        "computation",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("computed_at", sa.Integer(), nullable=False),
        sa.Column("registry_fingerprint", sa.String(), nullable=False),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("models_declaring", sa.Integer(), nullable=False),
        sa.Column("references_declared", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("dangling", sa.Integer(), nullable=False),
        sa.Column("ghosts", sa.Integer(), nullable=False),
        sa.Column("malformed", sa.Integer(), nullable=False),
        sa.Column("self_references", sa.Integer(), nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=False),
        sa.Column("models_in_cycles", sa.Integer(), nullable=False),
        sa.Column("disagreements", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_computation_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("crawl_id", name=op.f("pk_computation")),
    )
    op.create_table(
        "crawl_page",
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("base", sa.String(), nullable=True),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("model_ids", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_crawl_page_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("crawl_id", "number", name=op.f("pk_crawl_page")),
    )
    op.create_table(
        "family_count",
        sa.Column("direct_unknown", sa.Integer(), nullable=False),
        sa.Column("direct_finetune", sa.Integer(), nullable=False),
        sa.Column("direct_adapter", sa.Integer(), nullable=False),
        sa.Column("direct_quantized", sa.Integer(), nullable=False),
        sa.Column("direct_merge", sa.Integer(), nullable=False),
        sa.Column("total_unknown", sa.Integer(), nullable=False),
        sa.Column("total_finetune", sa.Integer(), nullable=False),
        sa.Column("total_adapter", sa.Integer(), nullable=False),
        sa.Column("total_quantized", sa.Integer(), nullable=False),
        sa.Column("total_merge", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("official", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_family_count_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("crawl_id", "family", name=op.f("pk_family_count")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "node",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("publisher_id", sa.Integer(), nullable=False),
        sa.Column("well_formed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["publisher_id"], ["publisher.id"], name=op.f("fk_node_publisher_id_publisher")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
    )
    with op.batch_alter_table("node", schema=None) as batch_op:
        batch_op.create_index("ix_node_name", ["name"], unique=True)

    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_quarantine_crawl_id_crawl")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_crawl_id"), ["crawl_id"], unique=False)

    op.create_table(
        "edge",
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["node.id"], name=op.f("fk_edge_child_id_node")),
        sa.ForeignKeyConstraint(["parent_id"], ["node.id"], name=op.f("fk_edge_parent_id_node")),
        sa.PrimaryKeyConstraint("parent_id", "child_id", name=op.f("pk_edge")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("edge", schema=None) as batch_op:
        batch_op.create_index("ix_edge_child_id", ["child_id"], unique=False)

    op.create_table(
        "lineage_count",
        sa.Column("direct_unknown", sa.Integer(), nullable=False),
        sa.Column("direct_finetune", sa.Integer(), nullable=False),
        sa.Column("direct_adapter", sa.Integer(), nullable=False),
        sa.Column("direct_quantized", sa.Integer(), nullable=False),
        sa.Column("direct_merge", sa.Integer(), nullable=False),
        sa.Column("total_unknown", sa.Integer(), nullable=False),
        sa.Column("total_finetune", sa.Integer(), nullable=False),
        sa.Column("total_adapter", sa.Integer(), nullable=False),
        sa.Column("total_quantized", sa.Integer(), nullable=False),
        sa.Column("total_merge", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_lineage_count_node_id_node")),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_lineage_count")),
    )
    op.create_table(
        "model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.LargeBinary(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Integer(), nullable=True),
        sa.Column("modified_at", sa.Integer(), nullable=True),
        sa.Column("downloads", sa.Integer(), nullable=True),
        sa.Column("downloads_all_time", sa.Integer(), nullable=True),
        sa.Column("likes", sa.Integer(), nullable=True),
        sa.Column("gated_id", sa.Integer(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("library_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("license_id", sa.Integer(), nullable=True),
        sa.Column("parameters", sa.Integer(), nullable=True),
        sa.Column("relation", sa.Integer(), nullable=True),
        sa.Column("declared_hash", sa.Integer(), nullable=True),
        sa.Column("first_crawl", sa.Integer(), nullable=False),
        sa.Column("missing_since", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["first_crawl"], ["crawl.id"], name=op.f("fk_model_first_crawl_crawl")),
        sa.ForeignKeyConstraint(["gated_id"], ["label.id"], name=op.f("fk_model_gated_id_label")),
        sa.ForeignKeyConstraint(["library_id"], ["label.id"], name=op.f("fk_model_library_id_label")),
        sa.ForeignKeyConstraint(["license_id"], ["label.id"], name=op.f("fk_model_license_id_label")),
        sa.ForeignKeyConstraint(["missing_since"], ["crawl.id"], name=op.f("fk_model_missing_since_crawl")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_model_node_id_node")),
        sa.ForeignKeyConstraint(["task_id"], ["label.id"], name=op.f("fk_model_task_id_label")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("hub_id", name=op.f("uq_model_hub_id")),
        sa.UniqueConstraint("node_id", name=op.f("uq_model_node_id")),
    )
    with op.batch_alter_table("model", schema=None) as batch_op:
        batch_op.create_index(
            "ix_model_missing_since",
            ["missing_since"],
            unique=False,
            sqlite_where=sa.text("missing_since IS NOT NULL"),
        )

    op.create_table(
        "absence",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("since_crawl", sa.Integer(), nullable=False),
        sa.Column("gone_crawl", sa.Integer(), nullable=True),
        sa.Column("until_crawl", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["gone_crawl"], ["crawl.id"], name=op.f("fk_absence_gone_crawl_crawl")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_absence_model_id_model")),
        sa.ForeignKeyConstraint(["since_crawl"], ["crawl.id"], name=op.f("fk_absence_since_crawl_crawl")),
        sa.ForeignKeyConstraint(["until_crawl"], ["crawl.id"], name=op.f("fk_absence_until_crawl_crawl")),
        sa.PrimaryKeyConstraint("model_id", "since_crawl", name=op.f("pk_absence")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "model_change",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_model_change_crawl_id_crawl")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_change_model_id_model")),
        sa.PrimaryKeyConstraint("model_id", "crawl_id", "field", name=op.f("pk_model_change")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reference",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("since_crawl", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("until_crawl", sa.Integer(), nullable=True),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Integer(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("is_evidence", sa.Boolean(), nullable=False),
        sa.Column("hub_id", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_reference_model_id_model")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_reference_node_id_node")),
        sa.ForeignKeyConstraint(["since_crawl"], ["crawl.id"], name=op.f("fk_reference_since_crawl_crawl")),
        sa.ForeignKeyConstraint(["until_crawl"], ["crawl.id"], name=op.f("fk_reference_until_crawl_crawl")),
        sa.PrimaryKeyConstraint("model_id", "since_crawl", "position", name=op.f("pk_reference")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("There is no way back from the first schema: remove the file.")
