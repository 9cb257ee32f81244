"""The tables. Every statement over them keeps to what SQLite and PostgreSQL both speak.

Times named `*_at` are wall seconds since 1970; `*_until` are seconds of the lease clock (`clock.py`), valid only
beside their `*_boot`. Money is integer micro-credits.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

#: The step of `migrations` that this schema is the end of.
REVISION: Final = "0003"

#: The oldest step whose code may still run on this schema. A step that only adds what older code can do without
#: (expand) leaves this as it is. One that takes away, or gives another meaning (contract), raises it to the step whose
#: code was the first that could do without.
COMPATIBLE: Final = "0001"

#: Constraints have names, so that a later step can name one.
metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "uq": "%(table_name)s_unique_%(column_0_N_name)s",
        "fk": "%(table_name)s_has_%(column_0_N_name)s",
    }
)

#: Alembic's own: one row, the store's revision.
revisions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False, unique=True),  # SHA-256 of the secret, which is stored nowhere
    sa.Column("credits", sa.BigInteger, nullable=False),  # what can still be spent: the sum of the key's ledger
    sa.Column("scopes", sa.String, nullable=False, server_default="generate"),
    sa.Column("models", sa.String),  # names with spaces between; NULL is every model
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rate", sa.Float),  # limits: NULL is the server's default
    sa.Column("max_queued", sa.Integer),
    sa.Column("max_running", sa.Integer),
    sa.Column("served", sa.BigInteger, nullable=False, server_default="0"),  # grows with every job taken: its last turn
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Column("revoked_at", sa.Float),
    sa.Column("last_used_at", sa.Float),  # to the minute or so
    sa.Column("of_key", sa.String, sa.ForeignKey("keys.id")),  # whose jobs and credits it shares, if another's
    sa.Column("webhook_secret", sa.String),  # what its webhooks are signed with, made when first needed
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key_id", sa.String, sa.ForeignKey("keys.id"), nullable=False),
    sa.Column("dialect", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("engine", sa.String, nullable=False),
    sa.Column("aspect_ratio", sa.String, nullable=False),
    sa.Column("duration", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("warnings", sa.Text),  # these four are emptied by the sweep
    sa.Column("result", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("callback", sa.Text),  # JSON: the base of URLs when it was submitted, and whom to tell (webhooks.py)
    sa.Column("state", sa.String, nullable=False),
    sa.Column("stage", sa.String, nullable=False, server_default="queued"),
    sa.Column("progress", sa.Float, nullable=False, server_default="0"),
    sa.Column("error_code", sa.String),
    sa.Column("price", sa.BigInteger, nullable=False),  # held at submit
    sa.Column("cost", sa.BigInteger),  # what was charged in the end
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),  # the fence: grows with every claim
    sa.Column("lost", sa.Integer, nullable=False, server_default="0"),  # attempts that ended without an answer
    sa.Column("worker", sa.String),
    sa.Column("lease_boot", sa.String),
    sa.Column("lease_until", sa.Float),
    sa.Column("begun_at_boot", sa.Float),  # seconds of the lease clock: when this attempt began, and
    sa.Column("moved_at_boot", sa.Float),  # when its stage or progress last changed
    sa.Column("cancel", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # grows with every visible change
    sa.Column("file_size", sa.BigInteger),  # bytes the result takes
    sa.Column("cancel_at", sa.Float),  # where the caller asked for an end by then
    # Of a job whose client repeats its submits and counts them (see repeats.py).
    sa.Column("body_hash", sa.String),
    sa.Column("retry_count", sa.Integer),
    sa.Column("unread", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("finished_at", sa.Float),
    sa.Column("expires_at", sa.Float),
    sa.Column("swept_at", sa.Float),
    sa.Column("stages", sa.Text),  # JSON: the seconds that each stage of its last attempt took
    sa.Column("traceparent", sa.String),  # W3C: the span of its submit, where that is traced
)
# A month of slim records lies beside the few live jobs. Whatever is asked often has an index of just the rows it is
# about; their conditions are literals, since a planner does not see through a parameter.
LIVE = jobs.c.state.in_([sa.literal_column("'QUEUED'"), sa.literal_column("'PROCESSING'")])
COMPLETED = jobs.c.state == sa.literal_column("'COMPLETED'")
UNSWEPT = jobs.c.swept_at.is_(None)
SWEPT = jobs.c.swept_at.is_not(None)
UNREAD = jobs.c.unread.is_(sa.true())
sa.Index("jobs_live", jobs.c.key_id, jobs.c.created_at, sqlite_where=LIVE, postgresql_where=LIVE)
sa.Index("jobs_by_key", jobs.c.key_id, jobs.c.created_at, jobs.c.id, sqlite_where=UNSWEPT, postgresql_where=UNSWEPT)
# With the one before, a key's whole month. One index of both would be taken by whatever asks for live jobs, too.
sa.Index("jobs_history", jobs.c.key_id, jobs.c.created_at, jobs.c.id, sqlite_where=SWEPT, postgresql_where=SWEPT)
sa.Index("jobs_unread", jobs.c.key_id, jobs.c.body_hash, sqlite_where=UNREAD, postgresql_where=UNREAD)
# What an operator asks of all keys: the newest jobs, and what ended in an hour or a day.
sa.Index("jobs_by_age", jobs.c.created_at, jobs.c.id)
sa.Index("jobs_by_end", jobs.c.finished_at)
sa.Index("jobs_by_expiry", jobs.c.expires_at, sqlite_where=UNSWEPT, postgresql_where=UNSWEPT)
sa.Index(
    "jobs_completed",
    *(jobs.c.model, jobs.c.duration, jobs.c.finished_at),
    sqlite_where=COMPLETED,
    postgresql_where=COMPLETED,
)

# Beside the jobs, not in them: an image sent as a data URI has megabytes, and SQLite reads and writes a row whole, at
# every poll and every renewal.
specs = sa.Table(
    "specs",
    metadata,
    sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("sources", sa.String),  # ids, with spaces between, of the jobs and uploads whose files it uses
    sa.Column("echo", sa.Text, nullable=False),  # first, since it is read far more often than the spec, and is small
    sa.Column("spec", sa.Text, nullable=False),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("key_id", sa.String, sa.ForeignKey("keys.id"), nullable=False),
    sa.Column("job_id", sa.String),
    sa.Column("kind", sa.String, nullable=False),  # grant, hold, settle, release
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    # A job holds once and ends once: `ending` is 0 for its hold and 1 for its settle or release.
    sa.Column("ending", sa.Integer),
    sa.UniqueConstraint("job_id", "ending"),
)
sa.Index("ledger_by_key", ledger.c.key_id)

# How often a key may submit, where servers share the store (see rates.py).
rates = sa.Table(
    "rates",
    metadata,
    sa.Column("key_id", sa.String, primary_key=True),
    sa.Column("tokens", sa.Float, nullable=False),  # what it had
    sa.Column("counted_at_boot", sa.Float, nullable=False),  # when, in seconds of the lease clock
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("key_id", sa.String, primary_key=True),
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("body_hash", sa.String, nullable=False),
    sa.Column("job_id", sa.String, nullable=False),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)
sa.Index("idempotency_by_age", idempotency.c.created_at)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key_id", sa.String, sa.ForeignKey("keys.id"), nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("content_type", sa.String, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)
sa.Index("uploads_by_expiry", uploads.c.expires_at)
sa.Index("uploads_by_key", uploads.c.key_id, uploads.c.created_at)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key_id", sa.String, sa.ForeignKey("keys.id"), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", sa.String, nullable=False),  # with spaces between
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Column("inactive_at", sa.Float),
)
sa.Index("webhooks_by_key", webhooks.c.key_id)

# One row for every message and receiver.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # the same at every delivery
    sa.Column("job_id", sa.String, nullable=False),
    sa.Column("key_id", sa.String, sa.ForeignKey("keys.id"), nullable=False),
    sa.Column("webhook_id", sa.String),  # NULL where the submit itself named the URL
    sa.Column("shape", sa.String, nullable=False),  # whose body it has: segmind, luma, replicate
    sa.Column("event", sa.String, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("snapshot", sa.Text),  # what the body is printed from, until it is
    sa.Column("body", sa.Text),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),  # the fence: grows with every delivery
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # since it was made or replayed
    sa.Column("status", sa.Integer),  # what the last delivery was answered, or
    sa.Column("error", sa.String),  # what went wrong with it
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("text_until", sa.Float, nullable=False),  # then snapshot and body are emptied
    sa.Column("delivered_at", sa.Float),
    sa.Column("dead_at", sa.Float),
)
OPEN = sa.and_(outbox.c.delivered_at.is_(None), outbox.c.dead_at.is_(None))
sa.Index("outbox_due", outbox.c.due_at, sqlite_where=OPEN, postgresql_where=OPEN)
sa.Index("outbox_by_job", outbox.c.job_id)
sa.Index("outbox_by_age", outbox.c.created_at)

# One row for every delivery that was tried.
dispatches = sa.Table(
    "dispatches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.String, nullable=False),
    sa.Column("key_id", sa.String, nullable=False),
    sa.Column("webhook_id", sa.String),
    sa.Column("job_id", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.String),
)
sa.Index("dispatches_by_key", dispatches.c.key_id, dispatches.c.id)
sa.Index("dispatches_by_age", dispatches.c.at)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("engine", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # warming, idle, busy, draining
    sa.Column("stage", sa.String, nullable=False, server_default=""),
    sa.Column("progress", sa.Float, nullable=False, server_default="0"),
    sa.Column("seen_boot", sa.String, nullable=False),
    sa.Column("seen_until", sa.Float, nullable=False),
    sa.Column("moved_at_boot", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
)

leaders = sa.Table(
    "leaders",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("boot", sa.String, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
