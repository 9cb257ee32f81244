"""What the OpenAI routes take and answer."""

from __future__ import annotations

from typing import Final

from flashreel.api.openai_fields import STATUSES, sizes_of
from flashreel.api.openai_videos import ERROR_CODES, ORDERS, PAGE, PAGE_MAX, VARIANTS
from flashreel.api.openapi.fields import (
    END_IMAGE,
    IMAGE_ENCODING,
    IMAGE_PART,
    LOOP,
    PROMPT,
    SEED,
    START_IMAGE,
    apart,
    aspect_ratio,
    duration,
    model_names,
)
from flashreel.api.openapi.files import file_answers, file_parameters
from flashreel.api.openapi.operation import (
    CHANGES,
    FINDS,
    FORM,
    IDEMPOTENCY,
    JOB_ID,
    JSON,
    KEYED,
    LIMITS,
    RETRY_COUNT,
    SUBMITS,
    Answer,
    Body,
    Operation,
    not_offered,
    query,
)
from flashreel.api.openapi.schema import Json, array, boolean, choice, integer, nullable, one_of, record, ref, text
from flashreel.catalogue import Catalogue
from flashreel.errors import Conflict, Forbidden, NotFound

SCHEMAS: Final[dict[str, Json]] = {
    "OpenAIError": record(
        {
            "error": record(
                {
                    "message": text("What is wrong and what is allowed, in a sentence.", minLength=1),
                    "type": text(),
                    "param": nullable(text("The field that cannot be.")),
                    "code": nullable(text()),
                }
            )
        }
    ),
    "OpenAIVideo": record(
        {
            "id": text(),
            "object": choice(["video"]),
            "model": text(),
            "status": choice([*STATUSES.values()]),
            "progress": integer("Per cent.", minimum=0, maximum=100),
            "created_at": integer("Seconds since 1970."),
            "completed_at": nullable(integer()),
            "expires_at": nullable(integer()),
            "error": nullable(
                record({"code": choice(sorted({*ERROR_CODES.values(), "server_error"})), "message": nullable(text())})
            ),
            "prompt": text(),
            "seconds": text(),
            "size": text(pattern="^[0-9]+x[0-9]+$"),
            "remixed_from_video_id": nullable(text()),
            "aspect_ratio": text(),
            "loop": boolean(),
            "start_image_url": nullable(text()),
            "end_image_url": nullable(text()),
            "seed": integer(),
            "warnings": array(text()),
        }
    ),
    "OpenAIVideos": record(
        {
            "object": choice(["list"]),
            "data": array(ref("OpenAIVideo")),
            "first_id": nullable(text()),
            "last_id": nullable(text()),
            "has_more": boolean(),
        }
    ),
    "OpenAIDeleted": record({"id": text(), "object": choice(["video.deleted"]), "deleted": {"const": True}}),
    "OpenAIModel": record(
        {"id": text(), "object": choice(["model"]), "created": integer(), "owned_by": text()},
    ),
    "OpenAIModels": record({"object": choice(["list"]), "data": array(ref("OpenAIModel"))}),
}

_ID: Final = f"video_{JOB_ID}"
_VIDEO: Final = {
    "id": _ID,
    "object": "video",
    "status": "queued",
    "progress": 0,
    "created_at": 1769860800,
    "completed_at": None,
    "expires_at": None,
    "error": None,
    "prompt": "A red fox runs through a snowy forest at sunrise",
    "seconds": "5",
    "size": "1280x720",
    "remixed_from_video_id": None,
    "aspect_ratio": "16:9",
    "loop": False,
    "start_image_url": None,
    "end_image_url": None,
    "seed": 7,
    "warnings": [],
}


def parameters(catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {
        "video_id": {"schema": text(), "description": "The video's id.", "example": _ID},
        "model_id": {"schema": choice(model_names(catalogue, "openai")), "description": "The model's name."},
        "character_id": {"schema": text(), "description": "Any: there are none."},
    }


def operations(catalogue: Catalogue, base: str) -> list[Operation]:
    """Under `base`, /v1 or /openai/v1."""
    name = model_names(catalogue, "openai")[0]
    video = {**_VIDEO, "model": name}
    done = {
        **video,
        "status": "completed",
        "progress": 100,
        "completed_at": 1769860808,
        "expires_at": 1769864408,
    }
    failed = {**video, "status": "failed", "error": {"code": "server_error", "message": "the engine failed"}}
    model = {"id": name, "object": "model", "created": 0, "owned_by": "flashreel"}
    listed = {"object": "list", "data": [video], "first_id": _ID, "last_id": _ID, "has_more": False}
    poll = "openai-poll-after-ms"
    accepted = Answer(200, "Accepted.", ref("OpenAIVideo"), {"queued": video}, JSON, (*LIMITS, poll))
    prompt = record({"prompt": PROMPT})
    other = {"prompt": "the same, by night"}
    return [
        Operation(
            "POST",
            f"{base}/videos",
            "create",
            "Make a video",
            [accepted],
            SUBMITS,
            [IDEMPOTENCY, RETRY_COUNT],
            _create(catalogue),
        ),
        Operation(
            "GET",
            f"{base}/videos",
            "list",
            "The key's videos",
            [Answer(200, "A page.", ref("OpenAIVideos"), {"page": listed})],
            KEYED,
            [
                query("limit", integer(minimum=1, maximum=PAGE_MAX, default=PAGE), "How many at most."),
                query("order", choice(ORDERS, default="desc"), "By the time they were made."),
                query("after", text(), "The id after which the page begins."),
            ],
        ),
        Operation(
            "GET",
            f"{base}/videos/{{video_id}}",
            "retrieve",
            "A video",
            [Answer(200, "As it stands.", ref("OpenAIVideo"), {"completed": done, "failed": failed}, headers=[poll])],
            FINDS,
        ),
        Operation(
            "DELETE",
            f"{base}/videos/{{video_id}}",
            "delete",
            "Delete a video; one that is not over is cancelled first",
            [
                Answer(
                    200,
                    "Deleted.",
                    ref("OpenAIDeleted"),
                    {"deleted": {"id": _ID, "object": "video.deleted", "deleted": True}},
                )
            ],
            (*CHANGES, Conflict),
        ),
        Operation(
            "GET",
            f"{base}/videos/{{video_id}}/content",
            "content",
            "The file of a completed video, or a picture of it",
            file_answers("video/mp4", "image/webp", "image/jpeg"),
            FINDS,
            [query("variant", choice(VARIANTS, default=VARIANTS[0]), "Which file."), *file_parameters()],
        ),
        Operation(
            "POST",
            f"{base}/videos/{{video_id}}/remix",
            "remix",
            "The same as a completed video, but for the prompt",
            [accepted],
            SUBMITS,
            [IDEMPOTENCY, RETRY_COUNT],
            {JSON: Body(prompt, {"other": other}), FORM: Body(prompt, {"other": other})},
        ),
        Operation(
            "GET",
            f"{base}/models",
            "models",
            "The models that the key may use, by all of their names",
            [Answer(200, "All.", ref("OpenAIModels"), {"all": {"object": "list", "data": [model]}})],
            KEYED,
        ),
        Operation(
            "GET",
            f"{base}/models/{{model_id}}",
            "model",
            "A model",
            [Answer(200, "It is there.", ref("OpenAIModel"), {"model": model})],
            (*KEYED, Forbidden, NotFound),
        ),
        not_offered("DELETE", f"{base}/models/{{model_id}}", "delete_model", "deleting models"),
        not_offered("POST", f"{base}/videos/edits", "edit", "editing videos"),
        not_offered("POST", f"{base}/videos/extensions", "extend", "extending videos"),
        not_offered("POST", f"{base}/videos/characters", "create_character", "characters"),
        not_offered("GET", f"{base}/videos/characters/{{character_id}}", "character", "characters"),
    ]


def _create(catalogue: Catalogue) -> dict[str, Body]:
    names = model_names(catalogue, "openai")
    sizes = list(dict.fromkeys(size for model in catalogue for size in sizes_of(model)))
    fields = {
        "prompt": PROMPT,
        "model": choice(names, "The model's name.", default=names[0]),
        "seconds": duration(catalogue, str),
        "size": choice(
            sizes, f"Width and height in pixels; left out, `aspect_ratio` decides.{apart(catalogue, sizes_of)}"
        ),
        "input_reference": one_of(
            START_IMAGE,
            record({"image_url": START_IMAGE}),
            record({"file_id": text("An image that the key uploaded (`POST /v1/files`).")}),
        ),
        "duration": duration(catalogue) | {"description": "As `seconds`; one of the two."},
        "aspect_ratio": aspect_ratio(catalogue),
        "loop": LOOP,
        "start_image_url": START_IMAGE | {"description": "As `input_reference`; one of the two."},
        "end_image_url": END_IMAGE,
        "seed": SEED,
    }
    form = {
        **fields,
        **dict.fromkeys(("input_reference", "start_image_url", "end_image_url"), IMAGE_PART),
        "input_reference[image_url]": START_IMAGE,
        "input_reference[file_id]": text("An image that the key uploaded."),
    }
    example = {
        "model": names[0],
        "prompt": _VIDEO["prompt"],
        "seconds": fields["seconds"]["enum"][0],
        "size": sizes[0],
    }
    image = {"prompt": "the fox turns its head", "input_reference": {"image_url": "https://example.com/a.png"}}
    return {
        JSON: Body(record(fields, optional=fields.keys() - {"prompt"}), {"text": example, "image": image}),
        FORM: Body(
            record(form, optional=form.keys() - {"prompt"}),
            {"text": example},
            dict.fromkeys(("input_reference", "start_image_url", "end_image_url"), IMAGE_ENCODING),
        ),
    }
