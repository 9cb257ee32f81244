"""Standing webhooks: the side paths that the Segmind SDK calls. Source: its `webhooks.py`; that says nothing of the
answers, whose shapes are our own."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api.auth import authenticate, require
from flashreel.api.body import read_fields
from flashreel.api.state import state_of
from flashreel.api.submit import hook_url
from flashreel.api.times import iso_time
from flashreel.errors import Conflict, InvalidRequest, NotFound
from flashreel.jobs import keys, outbox, webhooks
from flashreel.jobs.keys import Key
from flashreel.jobs.outbox import Dispatch
from flashreel.jobs.webhooks import TYPES, Webhook
from flashreel.parameters import refuse

MOST: Final = 20
LOGS_MOST: Final = 100


async def signing_secret(request: Request) -> str:
    """What the webhooks of the caller's key are signed with, for whoever may have them sent."""
    key = authenticate(request)
    require(key, "generate")
    with state_of(request).database.reading() as connection:
        known = webhooks.known_secret(connection, key.id)
    made = known or await state_of(request).write(lambda connection: webhooks.secret(connection, key.id))
    assert made is not None  # the key was there a moment ago, and keys are never deleted
    return made


async def listed(request: Request) -> Response:
    """GET /webhook/get: the active ones, and the secret, which a key that may only read is not shown."""
    key = authenticate(request)
    with state_of(request).database.reading() as connection:
        found = webhooks.active(connection, key.id)
    body: dict[str, Any] = {"webhooks": [_webhook(webhook) for webhook in found]}
    if "generate" in key.scopes:
        body["signing_secret"] = await signing_secret(request)
    return JSONResponse(body)


async def add(request: Request) -> Response:
    """POST /webhook/add."""
    key = _changer(request)
    fields = await read_fields(request)
    url, types = hook_url(request, fields.get("webhook_url"), "webhook_url"), _types(fields.get("event"))

    def make(connection: sa.Connection) -> Webhook:
        keys.lock(connection, key.id)  # two at once would each see room for itself
        if len(webhooks.active(connection, key.id)) >= MOST:
            raise Conflict(f"this key has {MOST} webhooks, which is as many as it may; make one inactive first")
        return webhooks.add(connection, key.id, url, types)

    return JSONResponse(_webhook(await state_of(request).write(make)))


async def update(request: Request) -> Response:
    """POST /webhook/update: another URL and other events."""
    key = _changer(request)
    fields = await read_fields(request)
    webhook_id = _id(fields.get("webhook_id"))
    url, types = hook_url(request, fields.get("webhook_url"), "webhook_url"), _types(fields.get("event"))
    changed = await state_of(request).write(
        lambda connection: webhooks.update(connection, key.id, webhook_id, url, types)
    )
    if changed is None:
        raise _unknown()
    return JSONResponse(_webhook(changed))


async def inactive(request: Request) -> Response:
    """GET (so the SDK) or POST /webhook/inactive?webhook_id=: ends it for good. HEAD only looks: whoever checks links
    must not end anything."""
    key = _changer(request)
    webhook_id = _id(request.query_params.get("webhook_id"))
    if request.method == "HEAD":
        with state_of(request).database.reading() as connection:
            ended = webhooks.get(connection, key.id, webhook_id)
    else:
        ended = await state_of(request).write(lambda connection: webhooks.end(connection, key.id, webhook_id))
    if ended is None:
        raise _unknown()
    return JSONResponse(_webhook(ended))


async def dispatch_logs(request: Request) -> Response:
    """GET /webhook/dispatch-logs: the latest deliveries to the webhook of `webhook_id`, also once it is inactive;
    without one, all of the key's, those to URLs of a submit too."""
    key = authenticate(request)
    webhook_id = _id(request.query_params["webhook_id"]) if request.query_params.get("webhook_id") else None
    with state_of(request).database.reading() as connection:
        if webhook_id is not None and webhooks.get(connection, key.id, webhook_id) is None:
            raise _unknown()
        found = outbox.dispatched(connection, key.id, webhook_id, LOGS_MOST)
    return JSONResponse({"logs": [_log(dispatch) for dispatch in found]})


def _changer(request: Request) -> Key:
    key = authenticate(request)
    require(key, "generate")
    return key


def _id(value: object) -> str:
    rule = "it must be the id of a webhook, as /webhook/get has it"
    if value is None or value == "":
        raise InvalidRequest(f"webhook_id is missing; {rule}", field="webhook_id", value=None, allowed=rule)
    if not isinstance(value, str) or not value.isascii() or not value.isalnum():
        raise refuse("webhook_id", value, rule, rule)
    return value


def _types(event: object) -> list[str]:
    rule = f'it must be {{"types": [...]}}, each one of {", ".join(TYPES)}'
    if event is None:
        raise InvalidRequest(f"event is missing; {rule}", field="event", value=None, allowed=list(TYPES))
    types = event.get("types") if isinstance(event, dict) else None
    if not isinstance(types, list) or not types:
        raise refuse("event", event, rule, list(TYPES))
    for name in types:
        if name not in TYPES:
            raise refuse("event.types", name, f"allowed are {', '.join(TYPES)}", list(TYPES))
    return [name for name in TYPES if name in types]


def _unknown() -> NotFound:
    return NotFound("this webhook is unknown or no longer active; GET /webhook/get lists those of this key")


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook_id": webhook.id,
        "webhook_url": webhook.url,
        "event": {"types": list(webhook.types)},
        "is_active": webhook.inactive_at is None,
        "created_at": iso_time(webhook.created_at, "milliseconds"),
        "updated_at": iso_time(webhook.updated_at, "milliseconds"),
    }


def _log(dispatch: Dispatch) -> dict[str, Any]:
    delivered = dispatch.status is not None and 200 <= dispatch.status < 300
    return {
        "message_id": dispatch.message_id,
        "request_id": dispatch.job_id,
        "webhook_id": dispatch.webhook_id,
        "event": dispatch.event,
        "attempt": dispatch.attempt,
        "delivered": delivered,
        "status_code": dispatch.status,
        "error": dispatch.error,
        "seconds": round(dispatch.seconds, 3),
        "at": iso_time(dispatch.at, "milliseconds"),
    }


ROUTES: list[Route] = [
    Route("/webhook/get", listed),
    Route("/webhook/add", add, methods=["POST"]),
    Route("/webhook/update", update, methods=["POST"]),
    Route("/webhook/inactive", inactive, methods=["GET", "POST"]),
    Route("/webhook/dispatch-logs", dispatch_logs),
]
