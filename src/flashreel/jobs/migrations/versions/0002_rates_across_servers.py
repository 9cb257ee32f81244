"""Rates that hold across servers: older code keeps them in its memory, and can do without the table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("counted_at_boot", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("rates_key")),
    )
