"""The objects that the operator's routes answer, and an example of each."""

from __future__ import annotations

from typing import Final, get_args

from flashreel.api.admin import CODES, STATES, WINDOW, WINDOWS
from flashreel.api.admin_keys import LIMITS, SCOPES
from flashreel.api.openapi.operation import HOOK_URL, JOB_ID
from flashreel.api.openapi.schema import (
    TIME,
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
from flashreel.jobs.webhooks import TYPES
from flashreel.jobs.workers import WorkerState

KEY_ID: Final = "4f1c9a02b7de"
MESSAGE_ID: Final = "msg_3f9a0c5e7b1d48268e4f0c5e7b1d"
_SECONDS: Final = number("Seconds.", minimum=0)
_COUNT: Final = integer(minimum=0)
_CREDITS: Final = number("Credits.")
_FILES: Final = record({"count": _COUNT, "bytes": _COUNT})
KEY_LIMITS: Final[dict[str, Json]] = {
    name: nullable((integer if whole else number)(minimum=low, maximum=high))
    for name, (low, high, whole) in LIMITS.items()
}
_JOB: Final[dict[str, Json]] = {
    "id": text(),
    "key_id": text(),
    "key_name": text(),
    "dialect": text("Which API it came by."),
    "model": text(),
    "engine": text(),
    "aspect_ratio": text(),
    "duration_seconds": integer(),
    "seed": integer(),
    "state": choice(STATES),
    "stage": text(),
    "progress": number(minimum=0, maximum=1),
    "is_being_cancelled": boolean("Its worker has not let go of it yet."),
    "worker": nullable(text()),
    "attempt": integer("How often a worker took it.", minimum=0),
    "lost_attempts": integer("How many of these ended without an answer.", minimum=0),
    "error_code": nullable(choice(CODES)),
    "price": number("Credits that were held.", minimum=0),
    "cost": nullable(number("Credits that were charged.", minimum=0)),
    "file_bytes": nullable(_COUNT),
    "created_at": TIME,
    "started_at": nullable(TIME),
    "finished_at": nullable(TIME),
    "expires_at": nullable(TIME),
    "swept_at": nullable({**TIME, "description": "When its texts and files were deleted."}),
}
_KEY: Final[dict[str, Json]] = {
    "id": text(),
    "name": text(),
    "of_key": nullable(text("Whose further secret it is, with that one's jobs, credits and limits.")),
    "state": choice(["good", "revoked", "expired"]),
    "scopes": array(choice(SCOPES)),
    "models": nullable(array(text(), "Those it may use; null for all.")),
    "credits": number("What it can still spend."),
    "held_credits": number("What is held for its unfinished jobs.", minimum=0),
    "queued": _COUNT,
    "running": _COUNT,
    "rate": nullable(number("Submits a minute; null for the server's default.", minimum=0)),
    "max_queued": nullable(integer("Unfinished jobs; null for the server's default.", minimum=0)),
    "max_running": nullable(integer("Running jobs; null for no limit.", minimum=0)),
    "priority": integer("Higher goes first."),
    "created_at": TIME,
    "expires_at": nullable(TIME),
    "revoked_at": nullable(TIME),
    "last_used_at": nullable(TIME),
}

SCHEMAS: Final[dict[str, Json]] = {
    "AdminOverview": record(
        {
            "at": TIME,
            "hours": choice([*WINDOWS], "How far back it looks."),
            "queue": record(
                {
                    "queued": _COUNT,
                    "running": _COUNT,
                    "oldest_seconds": nullable(_SECONDS),
                    "limit": integer("Unfinished jobs that there may be.", minimum=1),
                    "models": array(
                        record(
                            {
                                "model": text(),
                                "queued": _COUNT,
                                "running": _COUNT,
                                "oldest_seconds": nullable(_SECONDS),
                            }
                        )
                    ),
                }
            ),
            "workers": array(
                record(
                    {
                        "id": text(),
                        "pid": integer(),
                        "engine": text(),
                        "state": choice([*get_args(WorkerState)]),
                        "stage": text(),
                        "progress": number(minimum=0, maximum=1),
                        "still_seconds": number("Since it last said that it does something else.", minimum=0),
                        "job_id": nullable(text()),
                        "model": nullable(text()),
                        "job_seconds": nullable(number("Since it took the job.", minimum=0)),
                    }
                )
            ),
            "throughput": record(
                {
                    "completed": _COUNT,
                    "failed": _COUNT,
                    "per_hour": number("Finished jobs.", minimum=0),
                    "video_seconds": integer("Seconds of film that were made.", minimum=0),
                    "credits": number("Credits that were charged.", minimum=0),
                }
            ),
            "slots": record(
                {
                    "seconds": number("How long each is; the last is not over.", exclusiveMinimum=0),
                    "list": array(
                        record(
                            {
                                "start": TIME,
                                "completed": _COUNT,
                                "failed": _COUNT,
                                "wait_seconds": nullable(number("On average, for a worker.", minimum=0)),
                            }
                        )
                    ),
                }
            ),
            "timings": array(
                record(
                    {
                        "model": text(),
                        "jobs": integer("How many were looked at.", minimum=0),
                        "phases": array(
                            record(
                                {
                                    "phase": text(),
                                    "median_seconds": number(),
                                    "p95_seconds": number(),
                                    "longest_seconds": number(),
                                }
                            )
                        ),
                    }
                )
            ),
            "failures": array(record({"code": choice(CODES), "count": _COUNT, "latest_at": TIME})),
            "messages": record(
                {"waiting": _COUNT, "delivered": _COUNT, "dead": _COUNT, "oldest_seconds": nullable(_SECONDS)}
            ),
            "storage": record(
                {
                    "videos": _FILES,
                    "stills": _FILES,
                    "uploads": _FILES,
                    "quota_bytes": nullable(_COUNT),
                    "disk_free_bytes": _COUNT,
                    "disk_total_bytes": _COUNT,
                    "min_free_bytes": integer("Below which no job is accepted.", minimum=0),
                }
            ),
        }
    ),
    "AdminJob": record(_JOB, description="Without anything that its caller wrote."),
    "AdminJobDetail": record(
        {
            **_JOB,
            "error": nullable(text("Why it failed.")),
            "warnings": array(text()),
            "asked": nullable(ref("AdminAsked")),
            "ledger": array(
                record({"kind": choice(["grant", "hold", "settle", "release"]), "credits": _CREDITS, "at": TIME})
            ),
            "messages": array(ref("AdminMessage")),
        }
    ),
    "AdminAsked": record(
        {
            "prompt": text(),
            "loop": boolean(),
            "start_image": nullable(text("Cut short where it is a data: URI.")),
            "end_image": nullable(text("As the start image.")),
            "width": integer("Pixels."),
            "height": integer("Pixels."),
        },
        description="What was asked for, until that is deleted.",
    ),
    "AdminKey": record(_KEY),
    "AdminNewKey": record({**_KEY, "secret": text("Shown here and never again.", pattern="^fr_[0-9a-f]+$")}),
    "AdminWebhook": record(
        {"id": text(), "key_id": text(), "url": text(), "types": array(choice([*TYPES])), "created_at": TIME}
    ),
    "AdminMessage": record(
        {
            "id": text("The same at every delivery."),
            "job_id": text(),
            "key_id": text(),
            "event": text(),
            "url": text(),
            "state": choice(["waiting", "delivered", "dead"]),
            "attempts": _COUNT,
            "status_code": nullable(integer("What the receiver answered last.")),
            "error": nullable(text("What went wrong last.")),
            "can_be_sent": boolean("Its text is not deleted yet."),
            "created_at": TIME,
            "due_at": nullable({**TIME, "description": "When it is tried again."}),
        }
    ),
}

AT: Final = "2026-01-31T12:00:00.000Z"
A_JOB: Final = {
    "id": JOB_ID,
    "key_id": KEY_ID,
    "key_name": "studio",
    "dialect": "segmind",
    "model": "ray-flash-2-720p",
    "engine": "animatic",
    "aspect_ratio": "16:9",
    "duration_seconds": 5,
    "seed": 7,
    "state": "FAILED",
    "stage": "done",
    "progress": 0.4,
    "is_being_cancelled": False,
    "worker": None,
    "attempt": 1,
    "lost_attempts": 0,
    "error_code": "image_unreachable",
    "price": 0.375,
    "cost": 0.0,
    "file_bytes": None,
    "created_at": AT,
    "started_at": AT,
    "finished_at": AT,
    "expires_at": "2026-01-31T13:00:00.000Z",
    "swept_at": None,
}
A_MESSAGE: Final = {
    "id": MESSAGE_ID,
    "job_id": JOB_ID,
    "key_id": KEY_ID,
    "event": "request.failed",
    "url": HOOK_URL,
    "state": "dead",
    "attempts": 9,
    "status_code": 500,
    "error": None,
    "can_be_sent": True,
    "created_at": AT,
    "due_at": None,
}
DETAIL: Final = {
    **A_JOB,
    "error": "start_image_url could not be fetched: it answered 404",
    "warnings": [],
    "asked": {
        "prompt": "a red fox",
        "loop": False,
        "start_image": "https://example.com/a.png",
        "end_image": None,
        "width": 1280,
        "height": 720,
    },
    "ledger": [{"kind": "hold", "credits": -0.375, "at": AT}, {"kind": "release", "credits": 0.375, "at": AT}],
    "messages": [A_MESSAGE],
}
A_KEY: Final = {
    "id": KEY_ID,
    "name": "studio",
    "of_key": None,
    "state": "good",
    "scopes": ["generate"],
    "models": None,
    "credits": 50.0,
    "held_credits": 0.0,
    "queued": 0,
    "running": 0,
    "rate": None,
    "max_queued": None,
    "max_running": None,
    "priority": 0,
    "created_at": AT,
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": None,
}
_NO_FILES: Final = {"count": 0, "bytes": 0}
OVERVIEW: Final = {
    "at": AT,
    "hours": WINDOW,
    "queue": {
        "queued": 3,
        "running": 1,
        "oldest_seconds": 12.4,
        "limit": 10_000,
        "models": [{"model": "ray-flash-2-720p", "queued": 3, "running": 1, "oldest_seconds": 12.4}],
    },
    "workers": [
        {
            "id": "worker-1",
            "pid": 4711,
            "engine": "animatic",
            "state": "busy",
            "stage": "rendering",
            "progress": 0.4,
            "still_seconds": 0.3,
            "job_id": JOB_ID,
            "model": "ray-flash-2-720p",
            "job_seconds": 4.2,
        }
    ],
    "throughput": {"completed": 12, "failed": 1, "per_hour": 0.54, "video_seconds": 60, "credits": 4.5},
    "slots": {
        "seconds": 3600.0,
        "list": [{"start": "2026-01-31T12:00:00Z", "completed": 12, "failed": 1, "wait_seconds": 2.1}],
    },
    "timings": [
        {
            "model": "ray-flash-2-720p",
            "jobs": 12,
            "phases": [{"phase": "waiting", "median_seconds": 1.2, "p95_seconds": 4.0, "longest_seconds": 5.1}],
        }
    ],
    "failures": [{"code": "image_unreachable", "count": 1, "latest_at": AT}],
    "messages": {"waiting": 0, "delivered": 4, "dead": 1, "oldest_seconds": None},
    "storage": {
        "videos": {"count": 12, "bytes": 9_000_000},
        "stills": _NO_FILES,
        "uploads": _NO_FILES,
        "quota_bytes": None,
        "disk_free_bytes": 50_000_000_000,
        "disk_total_bytes": 100_000_000_000,
        "min_free_bytes": 268_435_456,
    },
}
