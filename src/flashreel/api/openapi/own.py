"""What the server's own routes take and answer: files, health, this document."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, get_args

from flashreel.api.openapi.files import IF_NONE_MATCH, UNCHANGED, file_answers, file_parameters
from flashreel.api.openapi.operation import JOB_ID, UPLOAD_ID, Answer, Operation
from flashreel.api.openapi.schema import FILE, Json, array, choice, integer, nullable, record, ref, text
from flashreel.catalogue import Catalogue
from flashreel.errors import Forbidden, InternalError, InvalidRequest, NotFound, Unauthorized, Unavailable
from flashreel.jobs.workers import WorkerState
from flashreel.media.kinds import SUFFIXES

#: What the pages are made of, besides themselves.
PAGE_PARTS: Final = ("text/javascript", "text/css", "image/svg+xml", "image/webp")
_COUNTS: Final = dict.fromkeys(get_args(WorkerState), integer(minimum=0))

SCHEMAS: Final[dict[str, Json]] = {
    "Live": record({"status": choice(["live"])}),
    "Ready": record(
        {
            "status": choice(["ready", "not ready"]),
            "reason": nullable(text("Why it is not.")),
            "workers": ref("WorkerCounts"),
            "queue": record({"queued": nullable(integer()), "processing": nullable(integer())}),
        }
    ),
    "Workers": record(
        {
            "status": choice(["able", "no worker can take a job", "the store cannot be read"]),
            "workers": ref("WorkerCounts"),
            "list": array(
                record({"id": text(), "engine": text(), "state": choice([*get_args(WorkerState)]), "stage": text()})
            ),
        }
    ),
    "WorkerCounts": record(_COUNTS),
    "OpenAPI": record(
        {"openapi": text(pattern=r"^3\.1\."), "info": {"type": "object"}, "paths": {"type": "object"}},
        additionalProperties=True,
    ),
}

_IDLE: Final = {**dict.fromkeys(_COUNTS, 0), "idle": 1}
_READY: Final = {
    "status": "ready",
    "reason": None,
    "workers": _IDLE,
    "queue": {"queued": 0, "processing": 0},
}
_NOT_READY: Final = {
    **_READY,
    "status": "not ready",
    "reason": "no worker has warmed up yet",
    "workers": {**_IDLE, "idle": 0, "warming": 1},
}
_ABLE: Final = {
    "status": "able",
    "workers": _IDLE,
    "list": [{"id": "worker-1", "engine": "animatic", "state": "idle", "stage": ""}],
}
_UNABLE: Final = {"status": "no worker can take a job", "workers": dict.fromkeys(_COUNTS, 0), "list": []}


def parameters(_catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {
        "job_id": {"schema": text(), "description": "The job's id.", "example": JOB_ID},
        "rest": {"schema": text(), "description": "The rest of the file's path, with its slash."},
        "upload_id": {"schema": text(), "description": "The upload's id.", "example": UPLOAD_ID},
        "name": {"schema": text(), "description": "The file's name in storage."},
        "file": {"schema": text(), "description": "The file's name.", "example": "main.js"},
    }


def _page(*media_types: str) -> list[Answer]:
    whole = [Answer(200, "The file.", FILE, {}, kind, ("etag",)) for kind in media_types]
    return [*whole, replace(UNCHANGED, headers=("etag",))]


def operations() -> list[Operation]:
    missing = (InvalidRequest, NotFound, InternalError, Unavailable)
    ready, workers = ref("Ready"), ref("Workers")
    return [
        Operation(
            "GET",
            "/assets/{job_id}/{rest}",
            "asset",
            "A finished video, or a still of it",
            file_answers("video/mp4", "image/jpeg", "image/webp"),
            missing,
            file_parameters(),
            description="Whoever knows the path may have the file, without a key.",
            keyed=False,
        ),
        Operation(
            "GET",
            "/assets/uploads/{upload_id}/{name}",
            "upload",
            "An uploaded image",
            file_answers(*SUFFIXES),
            missing,
            file_parameters(),
            description="Whoever knows the path may have the file, without a key.",
            keyed=False,
        ),
        Operation(
            "GET",
            "/",
            "playground",
            "The playground",
            _page("text/html"),
            (InvalidRequest, InternalError),
            [IF_NONE_MATCH],
            keyed=False,
        ),
        Operation(
            "GET",
            "/docs",
            "docs",
            "This document as a page",
            _page("text/html"),
            (InvalidRequest, InternalError),
            [IF_NONE_MATCH],
            keyed=False,
        ),
        Operation(
            "GET",
            "/admin",
            "dashboard",
            "The operator's dashboard",
            _page("text/html"),
            (InvalidRequest, InternalError),
            [IF_NONE_MATCH],
            description="The page is for everybody to load; what it shows it asks for with a key of scope `admin`.",
            keyed=False,
        ),
        Operation(
            "GET",
            "/playground/{file}",
            "page_part",
            "A script, a style or a picture of these pages",
            _page(*PAGE_PARTS),
            (InvalidRequest, NotFound, InternalError),
            [IF_NONE_MATCH],
            keyed=False,
        ),
        Operation(
            "GET",
            "/health/live",
            "live",
            "Whether the process answers",
            [Answer(200, "It does.", ref("Live"), {"live": {"status": "live"}})],
            (InternalError,),
            keyed=False,
        ),
        Operation(
            "GET",
            "/health/ready",
            "ready",
            "Whether jobs can be accepted and kept",
            [
                Answer(200, "They can.", ready, {"ready": _READY}),
                Answer(503, "They cannot: the reason.", ready, {"not_ready": _NOT_READY}),
            ],
            (InternalError,),
            keyed=False,
        ),
        Operation(
            "GET",
            "/health/workers",
            "workers",
            "Whether anybody makes videos",
            [
                Answer(200, "A worker can take a job.", workers, {"able": _ABLE}),
                Answer(503, "None can.", workers, {"none": _UNABLE}),
            ],
            (InternalError,),
            keyed=False,
        ),
        Operation(
            "GET",
            "/metrics",
            "metrics",
            "Metrics of the server and its workers",
            [Answer(200, "Prometheus's text format, or OpenMetrics where it is preferred.", text(), {}, "text/plain")],
            (Unauthorized, Forbidden, InternalError, Unavailable),
            description="For callers on this machine, and for keys with the scope admin.",
        ),
        Operation(
            "GET",
            "/openapi.json",
            "openapi",
            "This document",
            [Answer(200, "OpenAPI 3.1.", ref("OpenAPI"))],
            (InvalidRequest, InternalError),
            keyed=False,
        ),
    ]
