"""Limits, and what was used of them."""

import sqlalchemy as sa
from alembic import op

revision = "d7f3a9104c62"
down_revision = "d07b5e93c1f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limits",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("use_defaults", sa.Boolean(), nullable=False),
        sa.Column("requests_per_minute", sa.BigInteger()),
        sa.Column("tokens_per_minute", sa.BigInteger()),
        sa.Column("tokens_per_day", sa.BigInteger()),
        sa.Column("tokens_per_month", sa.BigInteger()),
        sa.Column("cost_usd_per_day", sa.Float()),
        sa.Column("cost_usd_per_month", sa.Float()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_limits"),
    )
    op.create_index("ix_limits_updated_at", "limits", ["updated_at"])
    op.create_table(
        "limit_ledgers",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_limit_ledgers"),
    )
    op.create_index("ix_limit_ledgers_updated_at", "limit_ledgers", ["updated_at"])


def downgrade() -> None:
    op.drop_table("limit_ledgers")
    op.drop_table("limits")
