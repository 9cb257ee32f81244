"""What Segmind's routes take and answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flashreel.api.openapi.fields import (
    END_IMAGE,
    HOOK,
    IMAGE_ENCODING,
    IMAGE_PART,
    LOOP,
    PROMPT,
    SEED,
    START_IMAGE,
    aspect_ratio,
    duration,
    model_names,
)
from flashreel.api.openapi.operation import (
    CHANGES,
    FINDS,
    FORM,
    HOOK_URL,
    HOST,
    IDEMPOTENCY,
    IMAGE_URL,
    JOB_ID,
    JSON,
    KEYED,
    LIMITS,
    RETRY_COUNT,
    SUBMITS,
    UPLOAD_ID,
    Answer,
    Body,
    Operation,
    header,
)
from flashreel.api.openapi.schema import (
    FILE,
    URL,
    Json,
    array,
    choice,
    number,
    one_of,
    record,
    ref,
    text,
)
from flashreel.api.openapi.segmind_schemas import FAILED, QUEUED, RESULT, SUBMITTED
from flashreel.api.segmind_files import MOST
from flashreel.catalogue import Catalogue
from flashreel.errors import (
    JOB_ERRORS,
    Conflict,
    Forbidden,
    RateLimited,
    StillRunning,
    TooLarge,
)

#: What v1 says of a job in headers.
_FACTS: Final = ("x-request-id", "x-generation-time", "x-cost", "x-remaining-credits", "x-seed-value", "x-warnings")
_EVENT: Final = "id: 1\nevent: status\ndata: {...}\n\n"
_UPLOAD: Final = f"{HOST}/assets/uploads/{UPLOAD_ID}/4f5e6d7c8b9a40f1a2b3c4d5e6f70819.png"
_PNG: Final = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def parameters(catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {
        "model": {"schema": choice(model_names(catalogue, "segmind")), "description": "The model's name."},
        "request_id": {"schema": text(), "description": "The id that the submit answered.", "example": JOB_ID},
    }


def operations(catalogue: Catalogue) -> list[Operation]:
    fields = {
        "prompt": PROMPT,
        "aspect_ratio": aspect_ratio(catalogue),
        "duration": duration(catalogue),
        "loop": LOOP,
        "start_image_url": START_IMAGE,
        "end_image_url": END_IMAGE,
        "seed": SEED,
        "webhook_url": HOOK,
    }
    optional = [name for name in fields if name != "prompt"]
    first = next(iter(catalogue))
    example = {
        "prompt": "A red fox runs through a snowy forest at sunrise",
        "aspect_ratio": first.default_ratio,
        "duration": first.default_duration,
        "seed": 7,
    }
    images = ("start_image_url", "end_image_url")
    body = {
        JSON: Body(
            record(fields, optional=optional),
            {
                "text": example,
                "image": {"prompt": "the fox turns its head", "start_image_url": IMAGE_URL},
                "webhook": {**example, "webhook_url": HOOK_URL},
            },
        ),
        FORM: Body(
            record({**fields, **dict.fromkeys(images, IMAGE_PART)}, optional=optional),
            {"text": example},
            dict.fromkeys(images, IMAGE_ENCODING),
        ),
    }
    status, result = ref("SegmindStatus"), ref("SegmindResult")
    queued, done, failed = {"queued": QUEUED}, {"completed": RESULT}, {"failed": FAILED}
    over = Answer(422, "The job FAILED.", status, failed)
    results = (Answer(200, "The result.", result, done), Answer(202, "Not yet: the status.", status, queued), over)
    endings = [
        Answer(code, "The job FAILED.", status, {"failed": FAILED | {"code": error, "error_code": error}}, JSON, _FACTS)
        for error, code in JOB_ERRORS.items()
    ]
    return [
        Operation(
            "POST",
            "/v2/{model}",
            "submit",
            "Submit a job",
            [Answer(200, "Accepted.", ref("SegmindSubmitted"), {"queued": SUBMITTED}, JSON, LIMITS)],
            SUBMITS,
            [IDEMPOTENCY, RETRY_COUNT],
            body,
        ),
        Operation(
            "GET",
            "/v2/requests/{request_id}/status",
            "status",
            "The state of a job",
            [Answer(200, "As it stands.", status, queued), over],
            FINDS,
        ),
        Operation("GET", "/v2/requests/{request_id}", "result", "The result of a job", results, FINDS),
        Operation(
            "DELETE",
            "/v2/requests/{request_id}",
            "delete",
            "Cancel a live job, delete a finished one",
            [
                Answer(
                    200,
                    "Cancelled: the job's status; or deleted.",
                    one_of(status, ref("SegmindDeleted")),
                    failed | {"deleted": {"request_id": JOB_ID, "deleted": True}},
                )
            ],
            CHANGES,
        ),
        Operation(
            "POST",
            "/v2/requests/{request_id}/cancel",
            "cancel",
            "Cancel a job",
            [Answer(200, "The job as it is then.", one_of(status, result), failed)],
            CHANGES,
        ),
        Operation(
            "GET",
            "/v2/requests/{request_id}/events",
            "events",
            "The state of a job as server-sent events",
            [Answer(200, "One event for every change.", text(), {"event": _EVENT}, "text/event-stream; charset=utf-8")],
            (*FINDS, RateLimited),
            description="`id` is the version of the job, `data` the body of its status; the last event is terminal.",
        ),
        Operation(
            "POST",
            "/v1/{model}",
            "generate",
            "Make a video and wait for it",
            [
                Answer(200, "The video.", FILE, {}, "video/mp4", (*_FACTS, "x-output-metadata")),
                Answer(200, "The result, where `Accept` takes JSON and no video.", result, done),
                *endings,
            ],
            (*SUBMITS, Conflict, StillRunning),
            [IDEMPOTENCY, RETRY_COUNT, header("Accept", text(), "`application/json` alone asks for JSON.")],
            body,
            f"Where the wait ends first: {HTTPStatus.GATEWAY_TIMEOUT.value}; the job goes on.",
        ),
        Operation("GET", "/v1/requests/{request_id}", "result_v1", "The result of a job", results, FINDS),
        Operation(
            "GET",
            "/v1/get-user-credits",
            "credits",
            "What the key can spend",
            [
                Answer(
                    200,
                    "The balance. `free-credits` is always 0: all credits are alike here.",
                    record({"credits": number(), "free-credits": number()}),
                    {"balance": {"credits": 99.625, "free-credits": 0.0}},
                )
            ],
            KEYED,
        ),
        Operation(
            "POST",
            "/upload-asset",
            "upload",
            "Keep images, to name them by URL",
            [
                Answer(
                    200,
                    "Their URLs, in order.",
                    record({"file_urls": array(URL), "urls": array(URL), "message": text()}),
                    {"one": {"file_urls": [_UPLOAD], "urls": [_UPLOAD], "message": "1 file uploaded"}},
                )
            ],
            (*KEYED, Forbidden, TooLarge),
            body={
                JSON: Body(
                    record(
                        {"data_urls": array(text("A base64 data: URI, or base64 alone."), minItems=1, maxItems=MOST)}
                    ),
                    {"one": {"data_urls": [_PNG]}},
                )
            },
        ),
    ]
