"""What the Replicate routes take and answer."""

from __future__ import annotations

from typing import Final

from flashreel.api.openapi.fields import model_names, widest
from flashreel.api.openapi.operation import (
    CHANGES,
    FINDS,
    FORM,
    HOOK_URL,
    HOST,
    IDEMPOTENCY,
    JOB_ID,
    JSON,
    KEYED,
    LIMITS,
    RETRY_COUNT,
    SUBMITS,
    UPLOAD_ID,
    VIDEO_URL,
    Answer,
    Body,
    Operation,
    header,
    not_offered,
    query,
)
from flashreel.api.openapi.replicate_schemas import FILE_OBJECT, MODEL, PREDICTION
from flashreel.api.openapi.schema import FILE, Json, array, boolean, choice, record, ref, text
from flashreel.api.openapi.segmind_webhooks import SECRET_SCHEMA, SIGNED_WITH
from flashreel.api.replicate_fields import CANCEL_MIN, EVENTS, VERSION_MAX, WAIT_MAX
from flashreel.api.replicate_models import input_schema, public_name, version_id
from flashreel.catalogue import Catalogue
from flashreel.errors import Forbidden, NotFound, TooLarge
from flashreel.media.kinds import SUFFIXES

_PREFER: Final = header(
    "Prefer",
    text(pattern="^wait(=([1-9]|[1-5][0-9]|60))?$"),
    f"`wait`, or `wait=N` with N from 1 to {WAIT_MAX}: how many seconds the answer may wait for the end.",
)
_CANCEL_AFTER: Final = header(
    "Cancel-After",
    text(pattern="^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,9}s?)?$", minLength=1),
    f"A time like 90s, 5m, 1h30m or 90 (seconds), {CANCEL_MIN} s or more, after which the prediction is cancelled.",
)
#: Which methods the client has at what is not offered for any method.
_NOT_OFFERED: Final = (
    ("/models/{owner}/{name}/versions/{version_id}/trainings", "trainings", ("POST",)),
    ("/trainings", "trainings", ("GET", "POST")),
    ("/trainings/{rest}", "trainings", ("GET", "POST")),
    ("/deployments", "deployments", ("GET", "POST")),
    ("/deployments/{rest}", "deployments", ("GET", "POST", "PATCH", "DELETE")),
    ("/collections", "collections", ("GET",)),
    ("/collections/{rest}", "collections", ("GET",)),
    ("/hardware", "hardware", ("GET",)),
)


def parameters(catalogue: Catalogue) -> dict[str, Json]:
    """Those of the paths, by name."""
    model = next(iter(catalogue))
    owner, _, name = public_name(catalogue, model.name).partition("/")
    return {
        "prediction_id": {"schema": text(), "description": "The prediction's id.", "example": JOB_ID},
        "file_id": {"schema": text(), "description": "The file's id.", "example": UPLOAD_ID},
        "owner": {"schema": text(), "description": "Any: one server has one owner's models.", "example": owner},
        "name": {"schema": text(), "description": "The model's name.", "example": name},
        "version_id": {
            "schema": text(),
            "description": "The id of the model's one version.",
            "example": version_id(model.name),
        },
        "rest": {"schema": text(), "description": "Any: there is nothing."},
    }


def operations(catalogue: Catalogue, base: str) -> list[Operation]:
    """Under `base`, /v1 or /replicate/v1."""
    first = next(iter(catalogue))
    called, version = public_name(catalogue, first.name), version_id(first.name)
    here = f"{HOST}{base}/predictions/{JOB_ID}"
    starting = {
        **PREDICTION,
        "model": called,
        "version": version,
        "urls": {"get": here, "cancel": f"{here}/cancel"},
    }
    done = {
        **starting,
        "status": "succeeded",
        "output": VIDEO_URL,
        "logs": "seed: 7\n100%|██████████| 100/100\n",
        "metrics": {"total_time": 8.5, "predict_time": 8.1},
        "started_at": "2026-01-31T12:00:00.400000Z",
        "completed_at": "2026-01-31T12:00:08.500000Z",
        "expires_at": "2026-01-31T13:00:08.500000Z",
    }
    canceled = {**starting, "status": "canceled", "error": "the job was cancelled"}
    versioned = {
        "id": version,
        "created_at": "1970-01-01T00:00:00Z",
        "cog_version": "none",
        "openapi_schema": input_schema(first),
    }
    owner, _, name = called.partition("/")
    model = {
        **MODEL,
        "url": f"{HOST}{base}/models/{called}",
        "owner": owner,
        "name": name,
        "latest_version": versioned,
    }
    file = {**FILE_OBJECT, "urls": {**FILE_OBJECT["urls"], "get": f"{HOST}{base}/files/{UPLOAD_ID}"}}
    prediction, path = ref("ReplicatePrediction"), f"{base}/models/{{owner}}/{{name}}"
    accepted = Answer(
        201, "Accepted, and over where it waited for that.", prediction, {"starting": starting}, JSON, LIMITS
    )
    create = [IDEMPOTENCY, RETRY_COUNT, _PREFER, _CANCEL_AFTER]
    inputs = _inputs(catalogue)
    named = {
        "input": inputs,
        "stream": boolean("A video comes whole.", enum=[False]),
        "webhook": text("An http or https URL of a public host that is told how the prediction goes."),
        "webhook_completed": text("The same, told of its end alone; the older field."),
        "webhook_events_filter": array(choice(EVENTS), "What `webhook` is told; left out, all. Logs are not sent."),
    }
    optional = [name for name in named if name != "input"]
    asked = {"input": {"prompt": "A red fox runs through a snowy forest at sunrise", "seed": 7}}
    hooked = {"webhook": HOOK_URL, "webhook_events_filter": ["start", "completed"]}
    versions = text(
        "`owner/name`, `owner/name:version` or the id of a version.",
        maxLength=VERSION_MAX,
        examples=model_names(catalogue, "replicate"),
    )
    content = record(
        {"content": {**FILE, "description": f"The image: {', '.join(SUFFIXES.values())}."}}, additionalProperties=True
    )
    found = (*KEYED, NotFound)
    return [
        Operation(
            "POST",
            f"{base}/predictions",
            "create",
            "Make a video with the model that `version` names",
            [accepted],
            SUBMITS,
            create,
            {
                JSON: Body(
                    record({"version": versions, **named}, optional=optional),
                    {"text": {"version": called, **asked}, "webhook": {"version": called, **asked, **hooked}},
                )
            },
        ),
        Operation(
            "GET",
            f"{base}/predictions",
            "list",
            "The key's predictions, newest first",
            [Answer(200, "A page.", ref("ReplicatePredictions"), {"page": _page(done)})],
            FINDS,
            [query("cursor", text(), "As it stands in the `next` or `previous` of a page.")],
        ),
        Operation(
            "GET",
            f"{base}/predictions/{{prediction_id}}",
            "get",
            "A prediction",
            [Answer(200, "As it stands.", prediction, {"succeeded": done})],
            FINDS,
        ),
        Operation(
            "POST",
            f"{base}/predictions/{{prediction_id}}/cancel",
            "cancel",
            "Cancel a prediction",
            [Answer(200, "The prediction as it is then.", prediction, {"canceled": canceled})],
            CHANGES,
        ),
        Operation(
            "POST",
            f"{path}/predictions",
            "create_of_model",
            "Make a video with this model",
            [accepted],
            SUBMITS,
            create,
            {JSON: Body(record(named, optional=optional), {"text": asked, "webhook": {**asked, **hooked}})},
        ),
        Operation(
            "GET",
            path,
            "model",
            "A model",
            [Answer(200, "It is there.", ref("ReplicateModel"), {"model": model})],
            (*KEYED, Forbidden, NotFound),
        ),
        Operation(
            "GET",
            f"{path}/versions",
            "versions",
            "The versions of a model",
            [Answer(200, "There is one.", ref("ReplicateVersions"), {"page": _page(versioned)})],
            (*KEYED, Forbidden, NotFound),
        ),
        Operation(
            "GET",
            f"{path}/versions/{{version_id}}",
            "version",
            "A version of a model",
            [Answer(200, "It is there.", ref("ReplicateVersion"), {"version": versioned})],
            (*KEYED, Forbidden, NotFound),
        ),
        Operation(
            "GET",
            f"{base}/account",
            "account",
            "The key",
            [
                Answer(
                    200,
                    "Its name.",
                    ref("ReplicateAccount"),
                    {"account": {"type": "user", "username": "ada", "name": "ada", "github_url": None}},
                )
            ],
            KEYED,
        ),
        Operation(
            "POST",
            f"{base}/files",
            "upload",
            "Keep an image, to name it in predictions",
            [Answer(201, "Kept.", ref("ReplicateFile"), {"file": file})],
            (*KEYED, Forbidden, TooLarge),
            body={FORM: Body(content, {}, {"content": {"contentType": ", ".join(SUFFIXES)}})},
        ),
        Operation(
            "GET",
            f"{base}/files",
            "files",
            "The key's files, newest first",
            [Answer(200, "All.", ref("ReplicateFiles"), {"page": _page(file)})],
        ),
        Operation(
            "GET",
            f"{base}/files/{{file_id}}",
            "file",
            "A file",
            [Answer(200, "It is there.", ref("ReplicateFile"), {"file": file})],
            found,
        ),
        Operation(
            "DELETE",
            f"{base}/files/{{file_id}}",
            "delete_file",
            "Delete a file",
            [Answer(204, "Deleted.")],
            (*KEYED, Forbidden, NotFound),
        ),
        Operation(
            "GET",
            f"{base}/webhooks/default/secret",
            "webhook_secret",
            "What the key's webhooks are signed with",
            [Answer(200, "One for all.", record({"key": SECRET_SCHEMA}), {"secret": {"key": SIGNED_WITH}})],
            (*KEYED, Forbidden),
        ),
        not_offered("DELETE", path, "delete_model", "deleting models"),
        not_offered("DELETE", f"{path}/versions/{{version_id}}", "delete_version", "deleting versions"),
        *(
            not_offered(method, base + path, f"not_offered_{place}_{method.lower()}", what)
            for place, (path, what, methods) in enumerate(_NOT_OFFERED, 1)
            for method in methods
        ),
        *(_models(model) if base.startswith("/replicate") else ()),
    ]


def _models(model: Json) -> list[Operation]:
    """What only /replicate/v1 has: /v1/models is OpenAI's."""
    path = "/replicate/v1/models"
    page = {"page": _page(model)}
    answers = [Answer(200, "All, on one page.", ref("ReplicateModels"), page)]
    about = "The method QUERY, which the client searches with, is answered 404: models cannot be searched."
    listing = Operation("GET", path, "models", "The models that the key may use", answers, description=about)
    return [listing, not_offered("POST", path, "create_model", "making models")]


def _page(result: object) -> Json:
    return {"next": None, "previous": None, "results": [result]}


def _inputs(catalogue: Catalogue) -> Json:
    """The `input` as each model's own version describes it, of all together."""
    inputs: Json = input_schema(widest(catalogue))["components"]["schemas"]["Input"]
    return {
        **inputs,
        "properties": {
            name: {member: value for member, value in shape.items() if member not in ("x-order", "format")}
            for name, shape in inputs["properties"].items()
        },
    }
