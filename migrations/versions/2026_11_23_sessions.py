"""Sessions and their messages."""

import sqlalchemy as sa
from alembic import op

revision = "f3c90b58d216"
down_revision = "a4f81d06c7e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("title", sa.String(200)),
        sa.Column("system_prompt", sa.Text()),
        sa.Column("state_tokens", sa.JSON()),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.Integer(), nullable=False),
        sa.Column("resets", sa.Integer(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_user_id_last_used_at_id", "sessions", ["user_id", "last_used_at", "id"])
    op.create_index("ix_sessions_status_closed_at", "sessions", ["status", "closed_at"])
    op.create_table(
        "session_messages",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.Integer()),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("artifacts", sa.JSON()),
        sa.Column("model", sa.String(255)),
        sa.Column("provider", sa.String(64)),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("parameters", sa.JSON()),
        sa.Column("usage", sa.JSON()),
        sa.Column("finish_reason", sa.String(32)),
        sa.Column("details", sa.JSON()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_session_messages_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_session_messages"),
    )
    op.create_index(
        "uq_session_messages_session_id_position", "session_messages", ["session_id", "position"], unique=True
    )
    op.create_index(
        "ix_session_messages_history", "session_messages", ["session_id", "replaced_by", "position", "size"]
    )


def downgrade() -> None:
    op.drop_table("session_messages")
    op.drop_table("sessions")
