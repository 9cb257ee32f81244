"""Whom to tell of a job: the URLs that its submit named, the standing ones of its key, and the secret all are signed
with."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

import sqlalchemy as sa

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import OPEN, keys, outbox, webhooks

Shape = Literal["segmind", "luma", "replicate"]
Moment = Literal["started", "COMPLETED", "FAILED"]

#: What a standing webhook may be told. PIXELFLOW is what the official client asks for where its user does not say.
TYPES: Final = ("REQUEST_COMPLETED", "REQUEST_FAILED", "PIXELFLOW")
_TYPE: Final = {"COMPLETED": "REQUEST_COMPLETED", "FAILED": "REQUEST_FAILED"}


@dataclass(frozen=True, slots=True)
class Hook:
    """A URL that a submit named. Of a job's life it is told the `events` of its `shape`; `prefix` is the path that the
    shape's URLs begin with."""

    url: str
    shape: Shape
    events: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One message to be sent: to whom, and what it says."""

    url: str
    shape: Shape
    event: str
    prefix: str = ""
    webhook_id: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A standing webhook. Times are wall seconds; it is told nothing more once it is inactive."""

    id: str
    key_id: str
    url: str
    types: tuple[str, ...]
    created_at: float
    updated_at: float
    inactive_at: float | None


def callback(base: str, hooks: Sequence[Hook]) -> str:
    """`jobs.callback`. The base is that of the submit: a message is printed when nobody asks, so no request says it."""
    return json.dumps({"base": base, "hooks": [asdict(hook) for hook in hooks]})


def base_of(callback: str | None) -> str:
    return "" if callback is None else str(json.loads(callback)["base"])


def notes(connection: sa.Connection, key_id: str, callback: str | None, moment: Moment) -> list[Note]:
    """What is to be sent when a job of this key comes to this moment."""
    said = [] if callback is None else json.loads(callback)["hooks"]
    found = [note for hook in said for note in _of_hook(Hook(**{**hook, "events": tuple(hook["events"])}), moment)]
    if moment != "started" and callback is not None:
        query = sa.select(webhooks).where(webhooks.c.key_id == key_id, webhooks.c.inactive_at.is_(None))
        for row in connection.execute(query.order_by(webhooks.c.created_at, webhooks.c.id)):
            if not {_TYPE[moment], "PIXELFLOW"}.isdisjoint(row.types.split()):
                found.append(Note(row.url, "segmind", _request_event(moment), webhook_id=row.id))
    return found


def _of_hook(hook: Hook, moment: Moment) -> list[Note]:
    if hook.shape == "segmind":
        events = [] if moment == "started" else [_request_event(moment)]
    elif hook.shape == "luma":
        events = [{"started": "dreaming", "COMPLETED": "completed", "FAILED": "failed"}[moment]]
    else:
        events = [event for event in _replicate_events(moment) if event in hook.events]
        if "completed" in events:  # it has the output too
            events = ["completed"]
    return [Note(hook.url, hook.shape, event, hook.prefix) for event in events]


def _request_event(moment: Moment) -> str:
    return "request.completed" if moment == "COMPLETED" else "request.failed"


def _replicate_events(moment: Moment) -> tuple[str, ...]:
    return {"started": ("start",), "COMPLETED": ("output", "completed"), "FAILED": ("completed",)}[moment]


def secret(connection: sa.Connection, key_id: str, *, new: bool = False) -> str | None:
    """The secret of a key's webhooks, made when there is none, or again where a `new` one is wanted: `whsec_` and
    base64, as Standard Webhooks has it. None without such a key."""
    made = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    free = keys.c.id == key_id if new else sa.and_(keys.c.id == key_id, keys.c.webhook_secret.is_(None))
    connection.execute(keys.update().where(free).values(webhook_secret=made))
    return known_secret(connection, key_id)


def known_secret(connection: sa.Connection, key_id: str) -> str | None:
    """The secret where there is one already."""
    return connection.scalar(sa.select(keys.c.webhook_secret).where(keys.c.id == key_id))


def add(connection: sa.Connection, key_id: str, url: str, types: Collection[str]) -> Webhook:
    webhook_id = secrets.token_hex(12)
    now = wall_seconds()
    values = {"url": url, "types": " ".join(types), "created_at": now, "updated_at": now}
    connection.execute(webhooks.insert().values(id=webhook_id, key_id=key_id, **values))
    made = get(connection, key_id, webhook_id)
    assert made is not None
    return made


def get(connection: sa.Connection, key_id: str, webhook_id: str) -> Webhook | None:
    """The key's webhook, active or not; None where there is none of that id."""
    query = sa.select(webhooks).where(webhooks.c.key_id == key_id, webhooks.c.id == webhook_id)
    row = connection.execute(query).first()
    return None if row is None else _webhook(row)


def active(connection: sa.Connection, key_id: str) -> list[Webhook]:
    query = sa.select(webhooks).where(webhooks.c.key_id == key_id, webhooks.c.inactive_at.is_(None))
    return [_webhook(row) for row in connection.execute(query.order_by(webhooks.c.created_at, webhooks.c.id))]


def standing(connection: sa.Connection) -> list[Webhook]:
    """The active ones of all keys, the oldest first."""
    query = sa.select(webhooks).where(webhooks.c.inactive_at.is_(None))
    return [_webhook(row) for row in connection.execute(query.order_by(webhooks.c.created_at, webhooks.c.id))]


def update(connection: sa.Connection, key_id: str, webhook_id: str, url: str, types: Collection[str]) -> Webhook | None:
    """Changes an active webhook; None where there is none."""
    values = {"url": url, "types": " ".join(types), "updated_at": wall_seconds()}
    active = sa.and_(webhooks.c.key_id == key_id, webhooks.c.id == webhook_id, webhooks.c.inactive_at.is_(None))
    connection.execute(webhooks.update().where(active).values(**values))
    found = get(connection, key_id, webhook_id)
    return found if found is not None and found.inactive_at is None else None


def end(connection: sa.Connection, key_id: str, webhook_id: str, *, url: str | None = None) -> Webhook | None:
    """Makes a webhook inactive, for good, and what it has not been told by now it never is. Where a `url` is given, a
    webhook of another URL is left alone. The webhook as it is then, None where there is none; twice is as once."""
    ours = sa.and_(webhooks.c.key_id == key_id, webhooks.c.id == webhook_id)
    if url is not None:
        ours = sa.and_(ours, webhooks.c.url == url)
    ended = {"inactive_at": sa.func.coalesce(webhooks.c.inactive_at, wall_seconds())}
    if connection.execute(webhooks.update().where(ours).values(**ended)).rowcount:
        waiting = outbox.update().where(OPEN, outbox.c.webhook_id == webhook_id)
        connection.execute(waiting.values(dead_at=wall_seconds(), error="its webhook was made inactive"))
    return get(connection, key_id, webhook_id)


def _webhook(row: sa.Row[tuple[object, ...]]) -> Webhook:
    values = dict(row._mapping)
    values["types"] = tuple(values["types"].split())
    return Webhook(**values)
