"""One operation, and what all have in common: errors in the dialect's shape, headers, parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from flashreel.api.dialects import refusal
from flashreel.api.openapi.schema import Json, integer, one_of, ref, text
from flashreel.api.submit import TOKEN
from flashreel.errors import (
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    InternalError,
    InvalidRequest,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    RequestRefused,
    StillRunning,
    TooLarge,
    Unauthorized,
    Unavailable,
)

#: Where the examples' server is.
HOST: Final = "https://video.example.com"
#: Ids of the examples.
JOB_ID: Final = "0f5c1d2e3a4b49c6a7d8e9f0a1b2c3d4"
UPLOAD_ID: Final = "9a8b7c6d5e4f40a1b2c3d4e5f6a7b8c9"
VIDEO_URL: Final = f"{HOST}/assets/{JOB_ID}/1/6d1f0a2b3c4d4e5f8091a2b3c4d5e6f7.mp4"
IMAGE_URL: Final = "https://example.com/a.png"
HOOK_URL: Final = "https://example.com/hook"

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"

HEADERS: Final[Mapping[str, Json]] = MappingProxyType(
    {
        "x-rate-limit-remaining": integer("Submits that the key may make at once.", minimum=0),
        "x-rate-limit-reset-at-utc": text("When it has its whole burst again.", format="date-time"),
        "retry-after": integer("Seconds after which to try again.", minimum=1),
        "www-authenticate": text("How to authenticate."),
        "openai-poll-after-ms": integer("Milliseconds after which to ask again.", minimum=1),
        "etag": text("Changes when the file does."),
        "accept-ranges": text("Ranges of bytes may be asked for."),
        "content-disposition": text("The file's name."),
        "content-range": text("Which bytes these are, and of how many."),
        "x-request-id": text("The job's id."),
        "x-generation-time": text("Seconds the generation took."),
        "x-cost": text("Credits the job was charged."),
        "x-remaining-credits": text("Credits the key has left."),
        "x-seed-value": text("The seed."),
        "x-warnings": text("The warnings, a JSON list."),
        "x-output-metadata": text("Height, width, frames, fps and duration of the video, a JSON object."),
    }
)
LIMITS: Final = ("x-rate-limit-remaining", "x-rate-limit-reset-at-utc")

#: What every keyed operation may raise, one that finds a job, and one that accepts it.
KEYED: Final = (InvalidRequest, Unauthorized, InternalError, Unavailable)
FINDS: Final = (*KEYED, NotFound)
CHANGES: Final = (*FINDS, Forbidden)
SUBMITS: Final = (*CHANGES, NotEnoughCredits, TooLarge, IdempotencyMismatch, RateLimited)

#: What each error means, and one of its kind.
_ERRORS: Final[Mapping[type[RequestRefused], tuple[str, RequestRefused]]] = MappingProxyType(
    {
        InvalidRequest: (
            "A field, a parameter, a header or the body cannot be: the sentence says which and what is allowed.",
            InvalidRequest("seed is -1; it must be an integer", field="seed", value=-1, allowed="an integer"),
        ),
        Unauthorized: (
            "The key is missing or not valid.",
            Unauthorized("the API key is missing or not valid", headers={"www-authenticate": "Bearer"}),
        ),
        Forbidden: (
            "The key is good, and may not do this.",
            Forbidden("this API key does not have the scope 'generate'"),
        ),
        NotFound: ("There is no such thing, or it has expired.", NotFound("this request is unknown or has expired")),
        NotEnoughCredits: (
            "The key's credits do not pay for this.",
            NotEnoughCredits("not enough credits: you have 0.1 and this needs 0.375", have=0.1, need=0.375),
        ),
        Conflict: (
            "Something is still going on that must end first.",
            Conflict("this job is being cancelled; delete it again in a moment", headers={"retry-after": "2"}),
        ),
        TooLarge: (
            "The body or a file in it is too large.",
            TooLarge("the request body is larger than 33554432 bytes", limit=33554432),
        ),
        IdempotencyMismatch: (
            "The Idempotency-Key was used for another request.",
            IdempotencyMismatch("this Idempotency-Key was used for another request", request_id=JOB_ID),
        ),
        RateLimited: (
            "Too many submits, or too many jobs in the queue.",
            RateLimited(
                "this key may submit 120 jobs a minute and has used them up; try again in 1 s",
                headers={"retry-after": "1"} | dict.fromkeys(LIMITS, ""),
            ),
        ),
        InternalError: (
            "The server failed.",
            InternalError("the server failed; quote the id 5f2c8a1b9d3e", error_id="5f2c8a1b9d3e"),
        ),
        Unavailable: (
            "Nothing can be accepted, kept or looked up just now.",
            Unavailable("the server is shutting down; submit again in a moment", headers={"retry-after": "5"}),
        ),
        StillRunning: (
            "The job outlasts the wait, and goes on.",
            StillRunning("not finished within 300 s; the job goes on", request_id=JOB_ID),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be answered with this status: `examples` by name; no schema where there is no body."""

    status: int
    description: str
    schema: Json | None = None
    examples: Mapping[str, object] = field(default_factory=dict)
    media_type: str = JSON
    headers: Sequence[str] = ()
    error: str = ""
    """The code of the error that this is."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body of one media type."""

    schema: Json
    examples: Mapping[str, object]
    encoding: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path. `name` is its operationId within its tag; `raises` what it may be refused with."""

    method: str
    path: str
    name: str
    summary: str
    answers: Sequence[Answer] = ()
    raises: Sequence[type[RequestRefused]] = KEYED
    parameters: Sequence[Json] = ()
    body: Mapping[str, Body] = field(default_factory=dict)
    description: str = ""
    keyed: bool = True


def query(name: str, schema: Json, description: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


def header(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


IDEMPOTENCY: Final = header(
    "Idempotency-Key",
    text(pattern=f"^{TOKEN.pattern}$"),
    "Makes a repeated request answer as the first did, for 24 h, and charge nothing.",
)
RETRY_COUNT: Final = header(
    "x-stainless-retry-count",
    integer(minimum=0, maximum=999),
    "How often the client has sent this request before: a repetition finds the job that it had made.",
)


def not_offered(method: str, path: str, name: str, what: str) -> Operation:
    """What the dialect's client knows, and this server answers 404."""
    refusals = (Unauthorized, NotFound, InternalError, Unavailable)
    return Operation(method, path, name, f"Not offered: {what}", raises=refusals)


def described(
    operation: Operation, *, tag: str, prefix: str, parameters: Mapping[str, Json], error: str, shared: dict[str, Json]
) -> Json:
    """The Operation Object. `prefix` goes before its id, `parameters` are those of paths by name, `error` names the
    schema of the dialect's errors. Responses that operations have in common are put into `shared`, by name."""
    named = re.findall(r"\{(\w+)\}", operation.path)
    in_path = [{"name": name, "in": "path", "required": True, **parameters[name]} for name in named]
    described: Json = {
        "operationId": f"{prefix}_{operation.name}",
        "tags": [tag],
        "summary": operation.summary,
        "parameters": [*in_path, *operation.parameters],
        "responses": _responses([*operation.answers, *_errors(operation, error)], tag, shared),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body:
        described["requestBody"] = {"required": True, "content": {k: _content(v) for k, v in operation.body.items()}}
    if not operation.keyed:
        described["security"] = []
    return described


def _content(body: Body) -> Json:
    content: Json = {"schema": body.schema, "examples": {name: {"value": v} for name, v in body.examples.items()}}
    return {**content, "encoding": dict(body.encoding)} if body.encoding else content


def _errors(operation: Operation, schema: str) -> list[Answer]:
    """Printed by the dialect itself, so that statuses and shapes are the real ones."""
    answers = []
    for kind in sorted(operation.raises, key=lambda kind: kind.status):
        description, error = _ERRORS[kind]
        printed = refusal(operation.path, error)
        media_type = printed.headers["content-type"]
        example = {kind.code: json.loads(bytes(printed.body))}
        headers = () if kind is Conflict else tuple(error.headers)
        answers.append(Answer(printed.status_code, description, ref(schema), example, media_type, headers, kind.code))
    return answers


def _responses(answers: Sequence[Answer], tag: str, shared: dict[str, Json]) -> Json:
    responses: dict[str, Json] = {}
    for status in sorted({answer.status for answer in answers}):
        same = [answer for answer in answers if answer.status == status]
        responses[str(status)] = _response(same)
        if all(answer.error for answer in same):
            name = f"{tag}_{'_or_'.join(answer.error for answer in same)}"
            shared.setdefault(name, responses[str(status)])
            responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return responses


def _response(same: Sequence[Answer]) -> Json:
    """All the answers with one status."""
    response: Json = {"description": " ".join(dict.fromkeys(answer.description for answer in same))}
    names = dict.fromkeys(name for answer in same for name in answer.headers)
    if names:
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    content: dict[str, Any] = {}
    for media_type in dict.fromkeys(answer.media_type for answer in same if answer.schema is not None):
        these = [answer for answer in same if answer.media_type == media_type]
        schemas: list[Json] = []
        for answer in these:
            if answer.schema is not None and answer.schema not in schemas:
                schemas.append(answer.schema)
        content[media_type] = {"schema": one_of(*schemas)}
        examples = {name: {"value": value} for answer in these for name, value in answer.examples.items()}
        if examples:
            content[media_type]["examples"] = examples
    if content:
        response["content"] = content
    return response
