"""What Segmind's routes about past requests, the account and the models take and answer, and what leads nowhere."""

from __future__ import annotations

from typing import Final, get_args

from flashreel.api.auth import Scope
from flashreel.api.openapi.operation import JOB_ID, KEYED, VIDEO_URL, Answer, Operation, not_offered, query
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
from flashreel.api.segmind_history import (
    DEFAULT_DAYS,
    DIRECTIONS,
    ORDERS,
    PAGE,
    PAGE_MAX,
    PAGES_MAX,
    STATES,
    WINDOW_DAYS,
)
from flashreel.api.segmind_side import LIST, entry
from flashreel.catalogue import Catalogue
from flashreel.errors import JobErrorCode, NotFound

_TIMES: Final = {"created_at": TIME, "started_at": nullable(TIME), "finished_at": nullable(TIME)}
_COST: Final = number("Credits that were charged.", minimum=0)
_LATENCY: Final = nullable(integer("Milliseconds from submit to end.", minimum=0))
_FILE: Final = nullable({**URL, "description": "The video, as long as it is kept."})
_PAGED: Final = {
    "page": integer(minimum=1),
    "per_page": integer(minimum=1),
    "total": integer("Rows on all pages.", minimum=0),
    "total_pages": integer(minimum=0),
}

SCHEMAS: Final[dict[str, Json]] = {
    "SegmindAsked": record(
        {
            "prompt": text(),
            "aspect_ratio": text(),
            "duration": integer("Seconds."),
            "loop": boolean(),
            "start_image_url": nullable(text("Cut short where it is a data: URI.")),
            "end_image_url": nullable(text("As the start image.")),
            "seed": integer(),
        },
        description="What was asked for, whatever the dialect, in Segmind's words.",
    ),
    "SegmindPastRequest": record(
        {
            "request_id": text(),
            "model_name": text(),
            "model_status": choice([*STATES]),
            "credits_deduction": _COST,
            "request_body": nullable(ref("SegmindAsked")),
            "generation_url": _FILE,
            "latency_ms": _LATENCY,
            "model_created": TIME,
            **_TIMES,
            "error": nullable(text("Why it failed; the code alone once its texts are deleted.")),
            "error_code": nullable(choice([*get_args(JobErrorCode)])),
        }
    ),
    "SegmindGeneration": record(
        {
            "request_id": text(),
            "model_name": text(),
            "generation_url": _FILE,
            "status": choice(["COMPLETED"]),
            "credits_deduction": _COST,
            "latency_ms": _LATENCY,
            "prompt": nullable(text()),
            "parameters": nullable(ref("SegmindAsked")),
            **_TIMES,
        }
    ),
    "SegmindAccount": record(
        {
            "success": {"const": True},
            "authenticated": {"const": True},
            "user_id": text("The key's id."),
            "name": text("The key's name."),
            "credits": number(),
            "scopes": array(choice([*get_args(Scope)])),
            "models": array(text(), "Those that the key may use."),
        }
    ),
    "SegmindModel": record(
        {
            "model_id": text(),
            "slug": text("The name that submits have in their path."),
            "title": text(),
            "type": text(),
            "description": text(),
            "parameters": {
                "type": "object",
                "additionalProperties": {"type": "object"},
                "description": "The fields of a submit, each as a JSON schema.",
            },
            "thumbnailImage": {"type": "null"},
            "defaultImageOutput": {"type": "null"},
            "is_depreciated": boolean(),
            "price_per_second": number("Credits.", minimum=0),
        }
    ),
}

_ASKED: Final[Json] = {
    "prompt": "A red fox runs through a snowy forest at sunrise",
    "aspect_ratio": "16:9",
    "duration": 5,
    "loop": False,
    "start_image_url": None,
    "end_image_url": None,
    "seed": 7,
}
_ENDED: Final = {
    "created_at": "2026-01-31T12:00:00.000Z",
    "started_at": "2026-01-31T12:00:00.400Z",
    "finished_at": "2026-01-31T12:00:08.500Z",
}
_PAGE: Final = {"page": 1, "per_page": PAGE, "total": 1, "total_pages": 1}

_DAY: Final = text(format="date")
_NAME: Final = text(minLength=1, maxLength=64, pattern="^[A-Za-z0-9._-]+$")
_PAGING: Final = (
    query("page", integer(minimum=1, maximum=PAGES_MAX, default=1), "Which page."),
    query("per_page", integer(minimum=1, maximum=PAGE_MAX, default=PAGE), "Rows on a page."),
)
_CALLER: Final = (
    query("user_id", text(), "The id of the key itself: nobody sees another's requests."),
    query("user_email", text(maxLength=0), "To be left empty: keys have no e-mail address."),
)
_WHOLE_NAME: Final = "The model's whole name; upper case makes no difference."


def parameters(_catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    return {
        "request_id": {"schema": text(), "description": "The id that the submit answered.", "example": JOB_ID},
        "rest": {"schema": text(), "description": "Any: there is nothing."},
    }


def operations(catalogue: Catalogue) -> list[Operation]:
    first = next(iter(catalogue))
    shared = {"request_id": JOB_ID, "model_name": first.name, "generation_url": VIDEO_URL, "latency_ms": 8500}
    past = {
        **shared,
        "model_status": "COMPLETED",
        "credits_deduction": 0.375,
        "request_body": _ASKED,
        "model_created": _ENDED["created_at"],
        **_ENDED,
        "error": None,
        "error_code": None,
    }
    made = {
        **shared,
        "status": "COMPLETED",
        "credits_deduction": 0.375,
        "prompt": _ASKED["prompt"],
        "parameters": _ASKED,
        **_ENDED,
    }
    failed = {
        **past,
        "model_status": "FAILED",
        "credits_deduction": 0.0,
        "generation_url": None,
        "error": "the job was cancelled",
        "error_code": "cancelled",
    }
    account = {
        "success": True,
        "authenticated": True,
        "user_id": "4b1d9c07a2e35f68",
        "name": "ada",
        "credits": 99.625,
        "scopes": ["generate", "read"],
        "models": [model.name for model in catalogue],
    }
    request, generation = ref("SegmindPastRequest"), ref("SegmindGeneration")
    requests, generations = {"requests": array(request), **_PAGED}, {"generations": array(generation)}
    return [
        Operation(
            "GET",
            "/inference-request/request-history",
            "history",
            "The key's requests of some days, whatever became of them",
            [Answer(200, "A page.", record(requests), {"page": {"requests": [past, failed], **_PAGE}})],
            KEYED,
            [
                query("from_date", _DAY, f"The first day; left out, {DEFAULT_DAYS} days before the last."),
                query("to_date", _DAY, f"The last day, at most {WINDOW_DAYS} after the first; left out, today."),
                query("model_name", _NAME, "What the model's name has in it; upper case makes no difference."),
                query("status", choice([*STATES]), "What became of them."),
                query("sort_by", choice([*ORDERS], default="model_created"), "What they are sorted by."),
                query("sort_order", choice([*DIRECTIONS], default="desc"), "Which way."),
                *_PAGING,
                *_CALLER,
            ],
        ),
        Operation(
            "GET",
            "/inference-request/request-history/{request_id}",
            "history_of_one",
            "One of the key's requests",
            [Answer(200, "As it is remembered.", request, {"completed": past, "failed": failed})],
            (*KEYED, NotFound),
        ),
        Operation(
            "GET",
            "/inference-request/generations",
            "generations",
            "The key's videos that were made, the latest first",
            [Answer(200, "A page.", record(generations | _PAGED), {"page": {"generations": [made], **_PAGE}})],
            KEYED,
            [
                query("start_date", _DAY, "The first day."),
                query("end_date", _DAY, "The last day."),
                query("model_name", _NAME, _WHOLE_NAME),
                *_PAGING,
                *_CALLER,
            ],
        ),
        Operation(
            "GET",
            "/inference-request/recent-generations",
            "recent_generations",
            f"The latest {PAGE} videos of one model",
            [Answer(200, "The latest first.", record(generations), {"latest": {"generations": [made]}})],
            KEYED,
            [query("model_name", _NAME, _WHOLE_NAME, required=True), *_CALLER],
        ),
        Operation(
            "GET",
            "/inference-model-information/list",
            "models",
            "The models that the key may use",
            [Answer(200, "All.", record({LIST: array(ref("SegmindModel"))}), {"all": {LIST: [entry(first)]}})],
            KEYED,
        ),
        Operation(
            "GET",
            "/api/auth/authenticate",
            "account",
            "Whose key it is",
            [Answer(200, "A good key's.", ref("SegmindAccount"), {"account": account})],
            KEYED,
            description="The error of a key that is not good also has `success` and `authenticated`, both false.",
        ),
        *(
            not_offered(method, f"/{what}/{{rest}}", f"not_offered_{what}_{method.lower()}", named)
            for what, named, methods in (
                ("finetune", "finetuning", ("GET", "POST", "PUT")),
                ("workflows", "workflows (PixelFlows)", ("GET", "POST")),
            )
            for method in methods
        ),
    ]
