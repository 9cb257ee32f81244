"""The objects that the Segmind routes answer, and an example of each."""

from __future__ import annotations

from typing import Final, get_args

from flashreel.api.openapi.operation import HOST, JOB_ID, VIDEO_URL
from flashreel.api.openapi.schema import TIME, URL, Json, array, choice, integer, nullable, number, record, ref, text
from flashreel.errors import JobErrorCode, RequestRefused
from flashreel.jobs.store import State

_STATES: Final = [*get_args(State)]
_CODES: Final = sorted({kind.code for kind in RequestRefused.__subclasses__()})
_TIMES: Final = {"created_at": TIME, "expires_at": nullable(TIME)}
_URLS: Final = {"poll_url": URL, "status_url": URL, "response_url": URL}

SCHEMAS: Final[dict[str, Json]] = {
    "SegmindError": record(
        {
            "error": text("What is wrong and what is allowed, in a sentence.", minLength=1),
            "code": choice(_CODES),
            "field": text("The field that cannot be."),
            "value": {"description": "What it is."},
            "allowed": {"description": "What it may be."},
        },
        optional=("field", "value", "allowed"),
        additionalProperties=True,
    ),
    "SegmindSubmitted": record(
        {
            "request_id": text(),
            "status": choice(["QUEUED"]),
            **_URLS,
            "warnings": array(text(), "What was not used of the request."),
            "created_at": TIME,
        },
        optional=("warnings",),
    ),
    "SegmindMetrics": record(
        {
            "remaining_credits": number(),
            "queue_time": number("Seconds."),
            "inference_time": number("Seconds."),
            "total_time": number("Seconds."),
            "cost": number("Credits."),
        },
        optional=("queue_time", "inference_time", "total_time", "cost"),
    ),
    "SegmindStatus": record(
        {
            "status": choice(_STATES),
            "request_id": text(),
            **_URLS,
            "stage": text("What the worker does."),
            "progress": number("Never goes back within an attempt.", minimum=0, maximum=1),
            "metrics": ref("SegmindMetrics"),
            **_TIMES,
            "queue_position": nullable(integer("From 1; null once a worker has the job.", minimum=1)),
            "eta": nullable(number("Seconds, where that is known.", minimum=0)),
            "error": nullable(text("Of a FAILED job: why, in a sentence.")),
            "error_code": choice([*get_args(JobErrorCode)]),
            "code": text("The error code; only where a synchronous call ends with the job's failure."),
        },
        optional=("queue_position", "eta", "error", "error_code", "code"),
    ),
    "SegmindResult": record(
        {
            "status": choice(["COMPLETED"]),
            "request_id": text(),
            "output": URL,
            "video": record(
                {
                    "url": URL,
                    "content_type": text(),
                    "file_name": text(),
                    "file_size": integer("Bytes.", minimum=0),
                    "width": integer("Pixels."),
                    "height": integer("Pixels."),
                    "fps": number(),
                    "frames": integer(),
                    "duration": number("Seconds."),
                }
            ),
            "seed": integer(),
            "understood": nullable(number("Which part of the prompt the engine drew, where it can tell.")),
            "warnings": array(text()),
            "error": {"type": "null"},
            "metrics": ref("SegmindMetrics"),
            **_TIMES,
        }
    ),
    "SegmindDeleted": record({"request_id": text(), "deleted": {"const": True}}),
}

QUEUED: Final = {
    "status": "QUEUED",
    "request_id": JOB_ID,
    "poll_url": f"{HOST}/v1/requests/{JOB_ID}",
    "status_url": f"{HOST}/v2/requests/{JOB_ID}/status",
    "response_url": f"{HOST}/v2/requests/{JOB_ID}",
    "stage": "queued",
    "progress": 0.0,
    "metrics": {"remaining_credits": 99.625},
    "created_at": "2026-01-31T12:00:00.000Z",
    "expires_at": None,
    "queue_position": 1,
    "eta": 12.5,
}
_LIVE: Final = ("queue_position", "eta")
FAILED: Final = {name: value for name, value in QUEUED.items() if name not in _LIVE} | {
    "status": "FAILED",
    "expires_at": "2026-01-31T13:00:02.000Z",
    "error": "the job was cancelled",
    "error_code": "cancelled",
}
RESULT: Final = {
    "status": "COMPLETED",
    "request_id": JOB_ID,
    "output": VIDEO_URL,
    "video": {
        "url": VIDEO_URL,
        "content_type": "video/mp4",
        "file_name": "ray-flash-2-720p.mp4",
        "file_size": 1843210,
        "width": 1280,
        "height": 720,
        "fps": 24.0,
        "frames": 121,
        "duration": 5,
    },
    "seed": 7,
    "understood": 1.0,
    "warnings": [],
    "error": None,
    "metrics": {
        "remaining_credits": 99.625,
        "queue_time": 0.4,
        "inference_time": 8.1,
        "total_time": 8.5,
        "cost": 0.375,
    },
    "created_at": "2026-01-31T12:00:00.000Z",
    "expires_at": "2026-01-31T13:00:08.500Z",
}
SUBMITTED: Final = {
    name: QUEUED[name] for name in ("request_id", "status", "poll_url", "status_url", "response_url", "created_at")
}
