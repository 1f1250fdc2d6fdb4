"""Artifacts know what they were made with, where the request wanted that kept."""

import sqlalchemy as sa
from alembic import op

revision = "7d1e94b3c06a"
down_revision = "3e8b7c02d9af"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("artifacts") as table:
        table.add_column(sa.Column("recipe", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("artifacts") as table:
        table.drop_column("recipe")
