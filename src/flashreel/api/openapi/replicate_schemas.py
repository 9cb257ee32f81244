"""The objects that the Replicate routes answer, and an example of each."""

from __future__ import annotations

from typing import Any, Final

from flashreel.api.openapi.operation import HOST, JOB_ID, UPLOAD_ID
from flashreel.api.openapi.schema import (
    TIME,
    URL,
    Json,
    array,
    choice,
    integer,
    nullable,
    number,
    record,
    ref,
    text,
)
from flashreel.media.kinds import SUFFIXES

_PREDICTION: Final = record(
    {
        "id": text(),
        "model": text(),
        "version": text(),
        "status": choice(["starting", "processing", "succeeded", "failed", "canceled"]),
        "input": {"type": "object", "description": "As it was sent, without what was not used."},
        "output": nullable(URL),
        "logs": text(),
        "error": nullable(text()),
        "metrics": record(
            {"total_time": number("Seconds."), "predict_time": number("Seconds.")},
            optional=("total_time", "predict_time"),
        ),
        "created_at": TIME,
        "started_at": nullable(TIME),
        "completed_at": nullable(TIME),
        "expires_at": nullable(TIME),
        "urls": record({"get": URL, "cancel": URL}),
    }
)
_MODEL: Final = record(
    {
        "url": URL,
        "owner": text(),
        "name": text(),
        "description": text(),
        "visibility": choice(["public"]),
        "github_url": nullable(URL),
        "paper_url": nullable(URL),
        "license_url": nullable(URL),
        "run_count": integer(),
        "cover_image_url": nullable(URL),
        "default_example": {"type": "null"},
        "latest_version": ref("ReplicateVersion"),
    }
)
_VERSION: Final = record(
    {"id": text(), "created_at": TIME, "cog_version": text(), "openapi_schema": {"type": "object"}}
)
_FILE: Final = record(
    {
        "id": text(),
        "name": text(),
        "content_type": choice([*SUFFIXES]),
        "size": integer("Bytes."),
        "etag": text(),
        "checksums": record({"sha256": text(pattern="^[0-9a-f]{64}$")}),
        "metadata": {"type": "object"},
        "created_at": TIME,
        "expires_at": TIME,
        "urls": record({"get": URL, "download": URL}),
    }
)


def _page(name: str) -> Json:
    return record({"next": nullable(URL), "previous": nullable(URL), "results": array(ref(name))})


SCHEMAS: Final[dict[str, Json]] = {
    "ReplicateError": record(
        {
            "type": text(),
            "title": text(),
            "status": integer(),
            "detail": text("What is wrong and what is allowed, in a sentence.", minLength=1),
            "instance": text("The request's path."),
            "code": text("The kind of error."),
            "field": text("The field that cannot be."),
            "value": {"description": "What it is."},
            "allowed": {"description": "What it may be."},
        },
        optional=("field", "value", "allowed"),
        additionalProperties=True,
    ),
    "ReplicatePrediction": _PREDICTION,
    "ReplicatePredictions": _page("ReplicatePrediction"),
    "ReplicateModel": _MODEL,
    "ReplicateModels": _page("ReplicateModel"),
    "ReplicateVersion": _VERSION,
    "ReplicateVersions": _page("ReplicateVersion"),
    "ReplicateAccount": record(
        {"type": choice(["user"]), "username": text(), "name": text(), "github_url": nullable(URL)}
    ),
    "ReplicateFile": _FILE,
    "ReplicateFiles": _page("ReplicateFile"),
}

PREDICTION: Final[dict[str, Any]] = {
    "id": JOB_ID,
    "status": "starting",
    "input": {"prompt": "A red fox runs through a snowy forest at sunrise", "seed": 7},
    "output": None,
    "logs": "seed: 7\n",
    "error": None,
    "metrics": {},
    "created_at": "2026-01-31T12:00:00.000000Z",
    "started_at": None,
    "completed_at": None,
    "expires_at": None,
}
MODEL: Final[dict[str, Any]] = {
    "description": "Video of 5 or 9 s from a prompt, with a start and an end image or without.",
    "visibility": "public",
    "github_url": None,
    "paper_url": None,
    "license_url": None,
    "run_count": 0,
    "cover_image_url": None,
    "default_example": None,
}
_SHA256: Final = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
FILE_OBJECT: Final[dict[str, Any]] = {
    "id": UPLOAD_ID,
    "name": "fox.png",
    "content_type": "image/png",
    "size": 68,
    "etag": _SHA256,
    "checksums": {"sha256": _SHA256},
    "metadata": {},
    "created_at": "2026-01-31T12:00:00.000000Z",
    "expires_at": "2026-02-01T12:00:00.000000Z",
    "urls": {"download": f"{HOST}/assets/uploads/{UPLOAD_ID}/4f5e6d7c8b9a40f1a2b3c4d5e6f70819.png"},
}
