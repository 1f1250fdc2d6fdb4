"""The model registry."""

import sqlalchemy as sa
from alembic import op

revision = "5b1f0c7a9d24"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "models",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("version", sa.String(64)),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("status_reason", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("recommended_parameters", sa.JSON(), nullable=False),
        sa.Column("pricing", sa.JSON()),
        sa.Column("runtime", sa.JSON(), nullable=False),
        sa.Column("licence", sa.String(255)),
        sa.Column("documentation", sa.Text()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("local_path", sa.Text()),
        sa.Column("file_stamp", sa.String(64)),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
    )
    for column in ("modality", "provider", "status", "local_path"):
        op.create_index(f"ix_models_{column}", "models", [column])


def downgrade() -> None:
    op.drop_table("models")
