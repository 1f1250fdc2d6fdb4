"""What models know of where they come from: the job that brings one, what somebody wrote, when the hub was asked."""

import sqlalchemy as sa
from alembic import op

revision = "3c9e5a70d1b8"
down_revision = "d7f3a9104c62"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("models") as table:
        table.add_column(sa.Column("job_id", sa.String(64)))
        table.add_column(sa.Column("written", sa.JSON()))
        table.add_column(sa.Column("enriched_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("models") as table:
        table.drop_column("enriched_at")
        table.drop_column("written")
        table.drop_column("job_id")
