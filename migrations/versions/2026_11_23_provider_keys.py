"""Users' own keys with providers."""

import sqlalchemy as sa
from alembic import op

revision = "d07b5e93c1f8"
down_revision = "91c2e45fb7a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("credential_type", sa.String(32), nullable=False),
        sa.Column("masked_key", sa.String(255), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_keys"),
        sa.UniqueConstraint("user_id", "provider", name="uq_provider_keys_user_id_provider"),
    )
    op.create_index("ix_provider_keys_key_id", "provider_keys", ["key_id"])
    op.create_table(
        "provider_key_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_key_changes"),
    )


def downgrade() -> None:
    op.drop_table("provider_key_changes")
    op.drop_table("provider_keys")
