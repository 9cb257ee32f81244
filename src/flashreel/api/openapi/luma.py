"""What the Luma routes take and answer."""

from __future__ import annotations

from typing import Final

from flashreel.api.luma import FAILURES, LIMIT, LIMIT_MAX, NOT_OFFERED, OFFSET_MAX
from flashreel.api.luma_concepts import CAMERA_MOTIONS, CONCEPTS
from flashreel.api.luma_fields import PROMPT_MIN, STATES
from flashreel.api.openapi.fields import (
    HOOK,
    LOOP,
    PROMPT,
    SEED,
    START_IMAGE,
    aspect_ratio,
    duration,
    model_names,
    widest,
)
from flashreel.api.openapi.operation import (
    CHANGES,
    FORM,
    HOOK_URL,
    IDEMPOTENCY,
    IMAGE_URL,
    JOB_ID,
    JSON,
    KEYED,
    LIMITS,
    RETRY_COUNT,
    SUBMITS,
    VIDEO_URL,
    Answer,
    Body,
    Operation,
    not_offered,
    query,
)
from flashreel.api.openapi.operation import FINDS as READS
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
    one_of,
    record,
    ref,
    text,
)
from flashreel.catalogue import Catalogue
from flashreel.errors import Conflict

_BASE: Final = "/dream-machine/v1"

_SHOWN_FRAME: Final = one_of(
    record({"type": choice(["image"]), "url": nullable(text("Cut short where it is a data: URI."))}),
    record({"type": choice(["generation"]), "id": text()}),
)

SCHEMAS: Final[dict[str, Json]] = {
    "LumaError": record(
        {
            "detail": text("What is wrong, in a sentence.", minLength=1),
            "code": text("The kind of error."),
            "field": text("The field that cannot be."),
            "value": {"description": "What it is."},
            "allowed": {"description": "What it may be."},
        },
        optional=("field", "value", "allowed"),
        additionalProperties=True,
    ),
    "LumaGeneration": record(
        {
            "id": text(),
            "generation_type": choice(["video"]),
            "state": choice([*STATES.values()]),
            "failure_reason": nullable(choice(sorted(set(FAILURES.values())))),
            "failure_detail": nullable(text("Why it failed, in this server's words.")),
            "created_at": TIME,
            "expires_at": nullable(TIME),
            "assets": nullable(
                record({"video": URL, "image": nullable(URL), "progress_video": {"type": "null"}}),
            ),
            "model": text(),
            "warnings": array(text()),
            "request": ref("LumaRequest"),
        }
    ),
    "LumaRequest": record(
        {
            "generation_type": choice(["video"]),
            "model": text(),
            "prompt": nullable(text()),
            "aspect_ratio": nullable(text()),
            "loop": boolean(),
            "keyframes": nullable(record({"frame0": nullable(_SHOWN_FRAME), "frame1": nullable(_SHOWN_FRAME)})),
            "duration": {"type": ["string", "number", "null"]},
            "resolution": nullable(text()),
            "concepts": nullable(array(record({"key": choice([*CONCEPTS])}))),
            "callback_url": nullable(text()),
        },
        description="What was asked for, as it was asked.",
    ),
    "LumaGenerations": record(
        {
            "generations": array(ref("LumaGeneration")),
            "count": integer(minimum=0),
            "has_more": boolean(),
            "limit": integer(),
            "offset": integer(),
        }
    ),
    "LumaKeyframe": one_of(
        record({"type": choice(["image"]), "url": START_IMAGE}),
        record(
            {
                "type": choice(["generation"]),
                "id": text("A completed generation of the key; dashes make no difference."),
            }
        ),
    ),
}

_REQUEST: Final = {
    "generation_type": "video",
    "prompt": "a red fox runs through a snowy forest",
    "aspect_ratio": None,
    "loop": False,
    "keyframes": None,
    "duration": "5s",
    "resolution": None,
    "concepts": [{"key": "orbit_left"}],
    "callback_url": None,
}
_PENDING: Final[Json] = {
    "id": JOB_ID,
    "generation_type": "video",
    "state": "queued",
    "failure_reason": None,
    "failure_detail": None,
    "created_at": "2026-01-31T12:00:00.000000Z",
    "expires_at": None,
    "assets": None,
    "warnings": [],
}


def parameters(_catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {"id": {"schema": text(), "description": "The generation's id, or its UUID form.", "example": JOB_ID}}


def operations(catalogue: Catalogue) -> list[Operation]:
    name = next(iter(catalogue)).names("luma")[0]
    pending = {**_PENDING, "model": name, "request": {**_REQUEST, "model": name}}
    completed = {
        **pending,
        "state": "completed",
        "expires_at": "2026-01-31T13:00:08.500000Z",
        "assets": {"video": VIDEO_URL, "image": VIDEO_URL.removesuffix("mp4") + "jpg", "progress_video": None},
    }
    generation, listed = ref("LumaGeneration"), {"count": 1, "has_more": False, "limit": LIMIT, "offset": 0}
    create = _create(catalogue)
    creates = [
        Operation(
            "POST",
            _BASE + path,
            id_,
            "Make a video",
            [Answer(201, "Accepted.", generation, {"queued": pending}, JSON, LIMITS)],
            SUBMITS,
            [IDEMPOTENCY, RETRY_COUNT],
            create,
            "An image at an end, a completed generation to extend or to lead into, or neither: `keyframes` says so.",
        )
        for path, id_ in (("/generations", "create"), ("/generations/video", "create_video"))
    ]
    return [
        *creates,
        Operation(
            "GET",
            f"{_BASE}/generations",
            "list",
            "The key's generations, newest first",
            [Answer(200, "A page.", ref("LumaGenerations"), {"page": {"generations": [completed], **listed}})],
            KEYED,
            [
                query("limit", integer(minimum=1, maximum=LIMIT_MAX, default=LIMIT), "How many at most."),
                query("offset", integer(minimum=0, maximum=OFFSET_MAX, default=0), "How many to leave out."),
            ],
        ),
        Operation(
            "GET",
            f"{_BASE}/generations/{{id}}",
            "get",
            "A generation",
            [Answer(200, "As it stands.", generation, {"completed": completed})],
            READS,
        ),
        Operation(
            "DELETE",
            f"{_BASE}/generations/{{id}}",
            "delete",
            "Delete a generation; one that runs is cancelled first",
            [Answer(204, "Deleted.")],
            (*CHANGES, Conflict),
        ),
        Operation(
            "GET",
            f"{_BASE}/generations/concepts/list",
            "concepts",
            "The keys that `concepts` may have",
            [Answer(200, "All.", array(choice([*CONCEPTS])), {"all": [*CONCEPTS]})],
        ),
        Operation(
            "GET",
            f"{_BASE}/generations/camera_motion/list",
            "camera_motions",
            "Phrases for the prompt that move the camera",
            [Answer(200, "All.", array(text()), {"all": [*CAMERA_MOTIONS]})],
        ),
        Operation(
            "GET",
            f"{_BASE}/credits",
            "credits",
            "What the key can spend",
            [
                Answer(
                    200, "In US cents.", record({"credit_balance": number()}), {"balance": {"credit_balance": 9962.5}}
                )
            ],
            KEYED,
        ),
        Operation(
            "GET",
            f"{_BASE}/ping",
            "ping",
            "Whether the key is good",
            [Answer(200, "It is.", record({"message": choice(["pong"])}), {"pong": {"message": "pong"}})],
            KEYED,
        ),
        *(
            not_offered("POST", _BASE + path, f"not_offered_{place}", what)
            for place, (path, what) in enumerate(NOT_OFFERED.items(), 1)
        ),
    ]


def _create(catalogue: Catalogue) -> dict[str, Body]:
    models = model_names(catalogue, "luma")
    flat = {
        "generation_type": choice(["video"], default="video"),
        "model": choice(models, "The model's name."),
        "prompt": PROMPT | {"minLength": PROMPT_MIN, "description": "What the video shows; not needed with an image."},
        "aspect_ratio": aspect_ratio(catalogue),
        "loop": LOOP,
        "duration": duration(catalogue, lambda seconds: f"{seconds}s"),
        "resolution": choice([*widest(catalogue).resolutions], "The size; left out, the model's own."),
        "seed": SEED,
        "callback_url": HOOK | {"description": "An http or https URL of a public host that is told of each new state."},
    }
    frames = {name: nullable(ref("LumaKeyframe")) for name in ("frame0", "frame1")}
    whole = {
        **flat,
        "keyframes": record(frames, optional=frames, minProperties=1, description="What begins and ends the video."),
        "concepts": array(record({"key": choice([*CONCEPTS])}), "What the camera does.", uniqueItems=True),
    }
    optional = [name for name in whole if name not in ("model", "prompt")]
    example = {"model": models[0], "prompt": _REQUEST["prompt"], "duration": flat["duration"]["enum"][0]}
    examples = {
        "text": {**example, "concepts": _REQUEST["concepts"]},
        "image": {"model": models[0], "keyframes": {"frame0": {"type": "image", "url": IMAGE_URL}}},
        "callback": {**example, "callback_url": HOOK_URL},
    }
    return {
        JSON: Body(record(whole, optional=(*optional, "prompt")), examples),
        FORM: Body(record(flat, optional=optional), {"text": example}),
    }
