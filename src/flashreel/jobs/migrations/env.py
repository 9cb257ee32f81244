"""What Alembic runs for every command: the steps, on the connection and in the transaction that it was given."""

from __future__ import annotations

from alembic import context

from flashreel.jobs import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.revisions.name,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
