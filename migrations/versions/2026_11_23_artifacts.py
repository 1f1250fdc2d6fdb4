"""Outputs in the artifact store."""

import sqlalchemy as sa
from alembic import op

revision = "e27a90c4d5b1"
down_revision = "c83e6d1b47f0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "artifacts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("vertices", sa.Integer()),
        sa.Column("faces", sa.Integer()),
        sa.Column("preview_id", sa.String(64)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_artifacts"),
    )
    op.create_index("ix_artifacts_user_id_id", "artifacts", ["user_id", "id"])
    op.create_index("ix_artifacts_state_created_at", "artifacts", ["state", "created_at"])


def downgrade() -> None:
    op.drop_table("artifacts")
