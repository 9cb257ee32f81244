"""Messages that must arrive: written in the transaction that gives rise to them, delivered at least once.

Due times are seconds of the store's wall clock: hosts need not agree. What they order is minutes and hours, and a
message that two keepers send is one that its receiver knows by its id.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from flashreel.jobs import webhooks
from flashreel.jobs.clock import wall_clock, wall_seconds
from flashreel.jobs.schema import OPEN, dispatches, outbox
from flashreel.jobs.webhooks import Note

#: Seconds from one failed delivery to the next: nine in 23 hours, then it is dead.
BACK_OFF: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 13 * 3600.0)
#: How long after its job's end a message's text is kept at most.
TEXT_SECONDS: Final = 86400.0
#: How long it is known that a message was sent.
LOG_SECONDS: Final = 3 * 86400.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is printed: what it is of, and the job as it was at that moment (`snapshot`)."""

    shape: str
    event: str
    created_at: float
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in somebody's hands. `attempt` is the fence: whoever has an older one can change nothing."""

    id: str
    attempt: int
    job_id: str
    key_id: str
    webhook_id: str | None
    event: str
    url: str
    host: str
    body: str
    secret: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages may be in hand at once: in all, to one host, of one key."""

    all: int
    of_host: int
    of_key: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended: the status it was answered, or what went wrong, and the seconds it took."""

    status: int | None
    error: str | None
    seconds: float

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Message:
    """A row, as it is shown to the operator. `has_text` False: it can no longer be sent."""

    id: str
    job_id: str
    key_id: str
    event: str
    url: str
    attempt: int
    status: int | None
    error: str | None
    due_at: float
    created_at: float
    delivered_at: float | None
    dead_at: float | None
    has_text: bool

    @property
    def state(self) -> str:
        return "delivered" if self.delivered_at is not None else "dead" if self.dead_at is not None else "waiting"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A delivery that was tried."""

    message_id: str
    job_id: str
    webhook_id: str | None
    event: str
    attempt: int
    at: float
    seconds: float
    status: int | None
    error: str | None


def write(
    connection: sa.Connection, notes: Iterable[Note], job: Mapping[str, Any], more: Mapping[str, Any], text_until: float
) -> None:
    """A row for each note, due now. `job` and `more` (JSON values) are all that the body will be printed from."""
    now = wall_seconds()
    for note in notes:
        connection.execute(
            outbox.insert().values(
                id="msg_" + secrets.token_hex(14),
                job_id=job["id"],
                key_id=job["key_id"],
                webhook_id=note.webhook_id,
                shape=note.shape,
                event=note.event,
                url=note.url,
                host=urlsplit(note.url).netloc.lower(),
                snapshot=json.dumps({"job": dict(job), "prefix": note.prefix, **more}),
                due_at=wall_clock(),
                created_at=now,
                text_until=text_until,
            )
        )


def has_due(connection: sa.Connection) -> bool:
    """Whether `claim` may find something: lets a keeper look without taking the write lock."""
    return connection.scalar(sa.select(outbox.c.id).where(_is_due()).limit(1)) is not None


def _is_due() -> sa.ColumnElement[bool]:
    now = sa.select(wall_clock()).scalar_subquery()  # read once, so that an index can be searched for it
    return sa.and_(OPEN, outbox.c.due_at <= now)


def claim(
    connection: sa.Connection,
    in_hand: Collection[Delivery],
    limits: Limits,
    seconds: float,
    render: Callable[[Draft], str],
) -> list[Delivery]:
    """Takes what is due, within `limits` and beside what is `in_hand` already; of one job one message after another.

    Nobody else gets them for `seconds`; whoever dies with one leaves it due again after that. At its first delivery a
    message is printed by `render`, and from then on the row keeps the body: each redelivery sends the same bytes.
    """
    taken: list[Delivery] = []
    while len(in_hand) + len(taken) < limits.all:
        busy = [*in_hand, *taken]
        full = _full([it.host for it in busy], limits.of_host)
        greedy = _full([it.key_id for it in busy], limits.of_key)
        query = sa.select(outbox).where(_is_due())
        query = query.where(outbox.c.host.not_in(full), outbox.c.key_id.not_in(greedy))
        query = query.where(outbox.c.job_id.not_in([it.job_id for it in busy]))
        row = connection.execute(
            query.order_by(outbox.c.due_at, outbox.c.created_at, outbox.c.id).limit(1).with_for_update(skip_locked=True)
        ).first()
        if row is None:
            break
        if (delivery := _take(connection, row, seconds, render)) is not None:
            taken.append(delivery)
    return taken


def _full(names: Sequence[str], limit: int) -> list[str]:
    return [name for name in set(names) if names.count(name) >= limit]


def _take(
    connection: sa.Connection, row: sa.Row[Any], seconds: float, render: Callable[[Draft], str]
) -> Delivery | None:
    body, gone = row.body, "its text was deleted before it could be delivered"
    if body is None and row.snapshot is not None:
        try:
            body = render(Draft(row.shape, row.event, row.created_at, json.loads(row.snapshot)))
        except (AssertionError, LookupError, TypeError, ValueError):  # it must not hold up all others
            gone = "it was written by another version of the server, which this one cannot read"
    secret = webhooks.known_secret(connection, row.key_id) or webhooks.secret(connection, row.key_id)
    this = sa.and_(outbox.c.id == row.id, outbox.c.attempt == row.attempt)
    if body is None or secret is None:
        connection.execute(outbox.update().where(this).values(dead_at=wall_seconds(), error=gone))
        return None
    values = {"attempt": row.attempt + 1, "due_at": wall_clock() + seconds, "body": body, "snapshot": None}
    if not connection.execute(outbox.update().where(this).values(**values)).rowcount:
        return None  # another keeper's by now
    return Delivery(
        id=row.id,
        attempt=row.attempt + 1,
        job_id=row.job_id,
        key_id=row.key_id,
        webhook_id=row.webhook_id,
        event=row.event,
        url=row.url,
        host=row.host,
        body=body,
        secret=secret,
    )


def ended(connection: sa.Connection, delivery: Delivery, outcome: Outcome) -> bool:
    """Writes down how a delivery ended: delivered, to be tried again, or dead. False when it is no longer ours.

    A receiver that answers 410 wants no more: the message is dead, and a standing webhook that still names this URL
    inactive.
    """
    now = wall_seconds()
    connection.execute(
        dispatches.insert().values(
            message_id=delivery.id,
            key_id=delivery.key_id,
            webhook_id=delivery.webhook_id,
            job_id=delivery.job_id,
            event=delivery.event,
            attempt=delivery.attempt,
            at=now,
            seconds=outcome.seconds,
            status=outcome.status,
            error=outcome.error,
        )
    )
    this = sa.and_(outbox.c.id == delivery.id, outbox.c.attempt == delivery.attempt, OPEN)
    values: dict[str, Any] = {"status": outcome.status, "error": outcome.error}
    if outcome.delivered:
        values["delivered_at"] = now
    elif outcome.status == 410:
        values["dead_at"] = now
    else:
        failures = connection.scalar(sa.select(outbox.c.failures).where(this)) or 0
        values["failures"] = failures + 1
        if failures < len(BACK_OFF):
            values["due_at"] = wall_clock() + BACK_OFF[failures]
        else:
            values["dead_at"] = now
    is_ours = bool(connection.execute(outbox.update().where(this).values(**values)).rowcount)
    if is_ours and outcome.status == 410 and delivery.webhook_id is not None:
        webhooks.end(connection, delivery.key_id, delivery.webhook_id, url=delivery.url)
    return is_ours


def replay(connection: sa.Connection, message_id: str) -> Message | None:
    """Sends a message again, whatever became of it, unless its text is gone; the message as it is then, None without
    one of that id."""
    has_text = sa.or_(outbox.c.body.is_not(None), outbox.c.snapshot.is_not(None))
    again = {"due_at": wall_clock(), "failures": 0, "delivered_at": None, "dead_at": None}
    connection.execute(outbox.update().where(outbox.c.id == message_id, has_text).values(**again))
    row = connection.execute(_messages().where(outbox.c.id == message_id)).first()
    return None if row is None else Message(**row._mapping)


def messages(connection: sa.Connection, limit: int, *, dead: bool = False) -> list[Message]:
    """The latest messages, of all keys; only the dead ones where those are wanted."""
    query = _messages().order_by(outbox.c.created_at.desc(), outbox.c.id).limit(limit)
    if dead:
        query = query.where(outbox.c.dead_at.is_not(None))
    return [Message(**row._mapping) for row in connection.execute(query)]


def messages_of(connection: sa.Connection, job_id: str) -> list[Message]:
    """All messages of one job, in the order they were made."""
    query = _messages().where(outbox.c.job_id == job_id).order_by(outbox.c.created_at, outbox.c.id)
    return [Message(**row._mapping) for row in connection.execute(query)]


def _messages() -> sa.Select[Any]:
    names = ("id", "job_id", "key_id", "event", "url", "attempt", "status", "error", "due_at", "created_at")
    has_text = sa.or_(outbox.c.body.is_not(None), outbox.c.snapshot.is_not(None)).label("has_text")
    return sa.select(*(outbox.c[name] for name in names), outbox.c.delivered_at, outbox.c.dead_at, has_text)


def dispatched(connection: sa.Connection, key_id: str, webhook_id: str | None, limit: int) -> list[Dispatch]:
    """The latest deliveries of the key's messages, newest first: those to one standing webhook, or all."""
    names = ("message_id", "job_id", "webhook_id", "event", "attempt", "at", "seconds", "status", "error")
    query = sa.select(*(dispatches.c[name] for name in names)).where(dispatches.c.key_id == key_id)
    if webhook_id is not None:
        query = query.where(dispatches.c.webhook_id == webhook_id)
    return [Dispatch(**row._mapping) for row in connection.execute(query.order_by(dispatches.c.id.desc()).limit(limit))]


def drop(connection: sa.Connection, job_ids: Sequence[str]) -> None:
    """Deletes all messages of jobs that their owner deletes, also those that were not delivered yet."""
    connection.execute(outbox.delete().where(outbox.c.job_id.in_(job_ids)))


def sweep(connection: sa.Connection, job_ids: Sequence[str]) -> None:
    """Empties what was delivered of these jobs; what was not keeps its text for another day at most."""
    swept = sa.and_(outbox.c.job_id.in_(job_ids), outbox.c.delivered_at.is_not(None))
    connection.execute(outbox.update().where(swept).values(snapshot=None, body=None))


def forget(connection: sa.Connection) -> None:
    """Empties texts whose time is over, which ends what was not delivered by then; deletes what is past the log."""
    now = wall_seconds()
    over = sa.and_(outbox.c.text_until < now, sa.or_(outbox.c.body.is_not(None), outbox.c.snapshot.is_not(None)))
    ends = {"dead_at": sa.case((OPEN, now), else_=outbox.c.dead_at)}
    connection.execute(outbox.update().where(over).values(snapshot=None, body=None, **ends))
    ended = sa.and_(outbox.c.created_at < now - LOG_SECONDS, sa.not_(OPEN))
    connection.execute(outbox.delete().where(ended))
    connection.execute(dispatches.delete().where(dispatches.c.at < now - LOG_SECONDS))
