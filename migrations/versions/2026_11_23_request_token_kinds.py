"""Of finished requests the tokens that came from a provider's cache, and those that a model thought with."""

import sqlalchemy as sa
from alembic import op

revision = "3e8b7c02d9af"
down_revision = "b6d24f81a93e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("requests") as requests:
        requests.add_column(sa.Column("cached_prompt_tokens", sa.Integer()))
        requests.add_column(sa.Column("reasoning_tokens", sa.Integer()))


def downgrade() -> None:
    with op.batch_alter_table("requests") as requests:
        requests.drop_column("reasoning_tokens")
        requests.drop_column("cached_prompt_tokens")
