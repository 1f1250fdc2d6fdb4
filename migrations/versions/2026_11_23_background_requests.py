"""Background requests whose result outlives the gateway."""

import sqlalchemy as sa
from alembic import op

revision = "a4f81d06c7e3"
down_revision = "e27a90c4d5b1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "background_requests",
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("runner", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.JSON()),
        sa.Column("result", sa.Text()),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_background_requests"),
    )
    op.create_index("ix_background_requests_user_id_created_at", "background_requests", ["user_id", "created_at"])
    op.create_index("ix_background_requests_finished_at", "background_requests", ["finished_at"])


def downgrade() -> None:
    op.drop_table("background_requests")
