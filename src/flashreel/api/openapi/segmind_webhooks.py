"""What Segmind's routes about standing webhooks take and answer."""

from __future__ import annotations

from typing import Final

from flashreel.api.openapi.operation import (
    CHANGES,
    HOOK_URL,
    JOB_ID,
    JSON,
    KEYED,
    Answer,
    Body,
    Operation,
    query,
)
from flashreel.api.openapi.schema import (
    TIME,
    URL,
    Json,
    array,
    boolean,
    choice,
    integer,
    nullable,
    number,
    record,
    ref,
    text,
)
from flashreel.api.segmind_webhooks import LOGS_MOST, MOST
from flashreel.errors import Conflict, Forbidden, NotFound, TooLarge
from flashreel.jobs.webhooks import TYPES

#: The id of the examples.
WEBHOOK_ID: Final = "7c2e90b4d1a85f36e0c9b7a2"
SIGNED_WITH: Final = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRET_SCHEMA: Final = text("What the webhooks of the key are signed with.", pattern="^whsec_[A-Za-z0-9+/]+=*$")
_EVENT: Final = record({"types": array(choice([*TYPES]), "What it is told.", minItems=1)})
_ID: Final = text("As /webhook/get has it.", pattern="^[A-Za-z0-9]+$")
_TOLD: Final = text("An http or https URL of a public host.", minLength=1)

SCHEMAS: Final[dict[str, Json]] = {
    "SegmindWebhook": record(
        {
            "webhook_id": text(),
            "webhook_url": URL,
            "event": _EVENT,
            "is_active": boolean("Once it is not, it is told nothing more."),
            "created_at": TIME,
            "updated_at": TIME,
        }
    ),
    "SegmindDispatch": record(
        {
            "message_id": text("The same at every attempt."),
            "request_id": text(),
            "webhook_id": nullable(text("Null where the submit itself named the URL.")),
            "event": text(),
            "attempt": integer(minimum=1),
            "delivered": boolean(),
            "status_code": nullable(integer("What the receiver answered, where it did.")),
            "error": nullable(text("What went wrong.")),
            "seconds": number(minimum=0),
            "at": TIME,
        }
    ),
}

_ASKED: Final[Json] = {"webhook_url": HOOK_URL, "event": {"types": ["REQUEST_COMPLETED"]}}
_WEBHOOK: Final = {
    "webhook_id": WEBHOOK_ID,
    **_ASKED,
    "is_active": True,
    "created_at": "2026-01-31T12:00:00.000Z",
    "updated_at": "2026-01-31T12:00:00.000Z",
}
_DISPATCH: Final = {
    "message_id": "msg_3f9a0c5e7b1d48268e4f",
    "request_id": JOB_ID,
    "webhook_id": WEBHOOK_ID,
    "event": "request.completed",
    "attempt": 1,
    "delivered": True,
    "status_code": 200,
    "error": None,
    "seconds": 0.084,
    "at": "2026-01-31T12:00:08.600Z",
}


def operations() -> list[Operation]:
    webhook = ref("SegmindWebhook")
    fields = {"webhook_url": _TOLD, "event": _EVENT}
    crowd = f"this key has {MOST} webhooks, which is as many as it may; make one inactive first"
    full = {"full": {"error": crowd, "code": Conflict.code}}
    ends = [Answer(200, "It is inactive.", webhook, {"ended": {**_WEBHOOK, "is_active": False}})]
    which = [query("webhook_id", _ID, "Which one.", required=True)]
    listed = record({"webhooks": array(webhook), "signing_secret": SECRET_SCHEMA}, optional=("signing_secret",))
    return [
        Operation(
            "GET",
            "/webhook/get",
            "webhooks",
            "The key's active webhooks, and what they are signed with",
            [Answer(200, "All.", listed, {"all": {"webhooks": [_WEBHOOK], "signing_secret": SIGNED_WITH}})],
            KEYED,
            description="A key that may only read is not shown the secret.",
        ),
        Operation(
            "POST",
            "/webhook/add",
            "add_webhook",
            "Have a URL told of all the key's jobs",
            [
                Answer(200, "It is told from now on.", webhook, {"added": _WEBHOOK}),
                Answer(Conflict.status, "The key has as many as it may.", ref("SegmindError"), full),
            ],
            (*KEYED, Forbidden, TooLarge),
            body={JSON: Body(record(fields), {"completed": _ASKED})},
        ),
        Operation(
            "POST",
            "/webhook/update",
            "update_webhook",
            "Give a webhook another URL and other events",
            [Answer(200, "As it is now.", webhook, {"updated": _WEBHOOK})],
            (*CHANGES, TooLarge),
            body={
                JSON: Body(record({"webhook_id": _ID, **fields}), {"completed": {"webhook_id": WEBHOOK_ID, **_ASKED}})
            },
        ),
        Operation("GET", "/webhook/inactive", "end_webhook_get", "End a webhook, for good", ends, CHANGES, which),
        Operation("POST", "/webhook/inactive", "end_webhook", "End a webhook, for good", ends, CHANGES, which),
        Operation(
            "GET",
            "/webhook/dispatch-logs",
            "dispatches",
            f"The latest deliveries, {LOGS_MOST} at most",
            [
                Answer(
                    200,
                    "Newest first.",
                    record({"logs": array(ref("SegmindDispatch"))}),
                    {"one": {"logs": [_DISPATCH]}},
                )
            ],
            (*KEYED, NotFound),
            [query("webhook_id", _ID, "To which webhook, active or not; left out, all of the key's.")],
        ),
    ]
