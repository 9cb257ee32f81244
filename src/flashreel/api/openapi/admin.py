"""What the operator's routes take and answer: those that the dashboard asks."""

from __future__ import annotations

from flashreel.api.admin import CODES, MESSAGES, PAGE, PAGE_MAX, STATES, WINDOW, WINDOWS
from flashreel.api.admin_keys import CREDITS_MAX, DAYS_MAX, DAYS_MIN, NAME_MAX, SCOPES
from flashreel.api.openapi.admin_schemas import (
    A_JOB,
    A_KEY,
    A_MESSAGE,
    AT,
    DETAIL,
    KEY_ID,
    KEY_LIMITS,
    MESSAGE_ID,
    OVERVIEW,
)
from flashreel.api.openapi.operation import HOOK_URL, JOB_ID, JSON, KEYED, Answer, Body, Operation, query
from flashreel.api.openapi.schema import (
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
from flashreel.catalogue import Catalogue
from flashreel.errors import Conflict, Forbidden, NotEnoughCredits, NotFound, TooLarge


def parameters(_catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {
        "job_id": {"schema": text(), "description": "The job's id.", "example": JOB_ID},
        "key_id": {"schema": text(), "description": "The key's id.", "example": KEY_ID},
        "message_id": {"schema": text(), "description": "The message's id.", "example": MESSAGE_ID},
    }


def _refused(message: str) -> Answer:
    example = {"conflict": {"error": message, "code": Conflict.code}}
    return Answer(Conflict.status, "Not as things are now.", ref("SegmindError"), example)


def operations() -> list[Operation]:
    reads = (*KEYED, Forbidden)
    finds = (*reads, NotFound)
    changes = (*finds, TooLarge)
    a_job, a_key = ref("AdminJob"), ref("AdminKey")
    of_another = "this is a further secret of the key 7d2b01c94a6f and spends that one's credits"
    made = record(
        {
            "name": text("What it is for.", minLength=1, maxLength=NAME_MAX),
            "credits": number("Credits to begin with.", minimum=0, maximum=CREDITS_MAX, default=0),
            "scopes": array(choice(SCOPES), "What it may do.", default=["generate"]),
            "models": array(text(), "Only these; left out or empty, all."),
            "days": nullable(number("Days it is good for; null for ever.", minimum=DAYS_MIN, maximum=DAYS_MAX)),
        },
        optional=("credits", "scopes", "models", "days"),
    )
    granted = record({"credits": number("Negative takes away.", minimum=-CREDITS_MAX, maximum=CREDITS_MAX)})
    limits = record(KEY_LIMITS, optional=tuple(KEY_LIMITS), description="Null takes a limit back.")
    return [
        Operation(
            "GET",
            "/admin/api/overview",
            "overview",
            "How the server does",
            [Answer(200, "As it is now.", ref("AdminOverview"), {"busy": OVERVIEW})],
            reads,
            [query("hours", choice([*WINDOWS], default=WINDOW), "How far back to look.")],
        ),
        Operation(
            "GET",
            "/admin/api/jobs",
            "jobs",
            "Everybody's jobs, the newest first",
            [
                Answer(
                    200,
                    "Those that were sought.",
                    record({"jobs": array(a_job), "has_more": boolean()}),
                    {"one": {"jobs": [A_JOB], "has_more": False}},
                )
            ],
            reads,
            [
                query("id", text(pattern="^[0-9a-fA-F]{1,32}$"), "The beginning of their ids."),
                query("state", choice(STATES), "Their state."),
                query("code", choice(CODES), "What they failed with."),
                query("key", text(pattern="^[A-Za-z0-9._-]{1,64}$"), "The id of their key."),
                query("model", text(pattern="^[A-Za-z0-9._-]{1,64}$"), "Their model."),
                query("after", text(pattern="^[0-9a-fA-F]{1,32}$"), "Those that follow this job."),
                query("limit", integer(minimum=1, maximum=PAGE_MAX, default=PAGE), "How many at most."),
            ],
            description="Prompts, errors and warnings are in the detail of one job alone.",
        ),
        Operation(
            "GET",
            "/admin/api/jobs/{job_id}",
            "job",
            "All that is known of a job",
            [Answer(200, "The job.", ref("AdminJobDetail"), {"failed": DETAIL})],
            finds,
            description="With the prompt. Who looks is logged.",
        ),
        Operation(
            "POST",
            "/admin/api/jobs/{job_id}/cancel",
            "cancel",
            "End a job; a finished one is left alone",
            [Answer(200, "As it is now.", a_job, {"ended": {**A_JOB, "error_code": "cancelled"}})],
            finds,
        ),
        Operation(
            "POST",
            "/admin/api/jobs/{job_id}/retry",
            "retry",
            "Make a job that failed once more",
            [
                Answer(
                    200,
                    "The new job, for the same key and price.",
                    a_job,
                    {"queued": {**A_JOB, "state": "QUEUED", "error_code": None, "cost": None}},
                ),
                _refused(f"{JOB_ID} cannot be made again: it is COMPLETED; only a job that is FAILED can be"),
            ],
            (*finds, NotEnoughCredits),
        ),
        Operation(
            "GET",
            "/admin/api/keys",
            "keys",
            "All keys, the oldest first",
            [
                Answer(
                    200,
                    "With what holds where a key has no limit of its own.",
                    record(
                        {
                            "keys": array(a_key),
                            "defaults": record({"rate": number(), "burst": integer(), "max_queued": integer()}),
                        }
                    ),
                    {"one": {"keys": [A_KEY], "defaults": {"rate": 120.0, "burst": 60, "max_queued": 200}}},
                )
            ],
            reads,
        ),
        Operation(
            "POST",
            "/admin/api/keys",
            "create_key",
            "Make a key",
            [Answer(201, "With its secret.", ref("AdminNewKey"), {"made": {**A_KEY, "secret": "fr_" + "0" * 48}})],
            (*reads, TooLarge),
            body={JSON: Body(made, {"studio": {"name": "studio", "credits": 50}})},
        ),
        Operation(
            "POST",
            "/admin/api/keys/{key_id}/grant",
            "grant",
            "Give a key credits, or take some away",
            [Answer(200, "As it is now.", a_key, {"granted": A_KEY}), _refused(of_another)],
            changes,
            body={JSON: Body(granted, {"ten": {"credits": 10}})},
        ),
        Operation(
            "POST",
            "/admin/api/keys/{key_id}/limits",
            "limit_key",
            "Set a key's own limits; those not named stay",
            [Answer(200, "As it is now.", a_key, {"limited": {**A_KEY, "rate": 30.0}}), _refused(of_another)],
            changes,
            body={JSON: Body(limits, {"slow": {"rate": 30, "max_running": 2}})},
        ),
        Operation(
            "POST",
            "/admin/api/keys/{key_id}/revoke",
            "revoke",
            "End a key for good",
            [
                Answer(200, "As it is now.", a_key, {"revoked": {**A_KEY, "state": "revoked", "revoked_at": AT}}),
                _refused("this is the key that asks; revoke it with another one, or with `flashreel keys revoke`"),
            ],
            finds,
            description="Jobs it has accepted are still finished.",
        ),
        Operation(
            "GET",
            "/admin/api/webhooks",
            "webhooks",
            f"Standing webhooks, and the latest messages, {MESSAGES} at most",
            [
                Answer(
                    200,
                    "Of all keys.",
                    record({"webhooks": array(ref("AdminWebhook")), "messages": array(ref("AdminMessage"))}),
                    {
                        "one": {
                            "webhooks": [
                                {
                                    "id": "7c2e90b4d1a85f36e0c9b7a2",
                                    "key_id": KEY_ID,
                                    "url": HOOK_URL,
                                    "types": ["REQUEST_COMPLETED"],
                                    "created_at": AT,
                                }
                            ],
                            "messages": [A_MESSAGE],
                        }
                    },
                )
            ],
            reads,
            [query("messages", choice(["all", "dead"], default="all"), "Which messages.")],
        ),
        Operation(
            "POST",
            "/admin/api/messages/{message_id}/replay",
            "replay",
            "Send a message again",
            [
                Answer(200, "It is due now.", ref("AdminMessage"), {"waiting": {**A_MESSAGE, "state": "waiting"}}),
                _refused("the text of this message was deleted with its job: it can no longer be sent"),
            ],
            finds,
            description="With the same id and body.",
        ),
    ]
