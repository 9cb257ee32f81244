"""The Replicate dialect: predictions. Sources: replicate 1.0.7 (`prediction.py`, `run.py`), Replicate's HTTP pages."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from flashreel.api.auth import authenticate
from flashreel.api.base_url import base_url
from flashreel.api.found import cancel, find_with_echo, mark_read, unknown
from flashreel.api.replicate_fields import IMAGE_NAMES, model_of, read, wait_seconds
from flashreel.api.replicate_files import file, files
from flashreel.api.replicate_models import (
    catalogue_name,
    model,
    models,
    prefix,
    public_name,
    reference,
    version,
    version_id,
    versions,
)
from flashreel.api.segmind_webhooks import signing_secret
from flashreel.api.state import state_of
from flashreel.api.submit import submit
from flashreel.api.times import iso_time
from flashreel.catalogue import Catalogue
from flashreel.errors import NotFound, RateLimited
from flashreel.jobs import listing, store
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job
from flashreel.parameters import refuse

_PAGE = 100
#: The SDK hangs up half a second after the wait it asked for, and then does not know what it has paid for.
_EARLY_SECONDS = 0.25
#: How long a cancel waits for the worker to let go, so that its answer can say so.
_LET_GO_SECONDS = 3.0


def _progress_lines() -> tuple[list[float], list[str]]:
    """The lines of a job's log and the progress from which each is there. They only ever follow one another, so that
    who prints what is new prints no line twice; the SDK reads its percentage from the last."""
    bars = [(percent / 100, f"{percent:3}%|{'█' * (percent // 10):10}| {percent}/100") for percent in range(0, 101, 5)]
    stages = [(0.0, "preparing"), (0.05, "rendering"), (0.95, "encoding"), (0.97, "storing")]  # as the worker has them
    lines = sorted([*stages, *bars], key=lambda line: (line[0], "%" in line[1]))
    return [start for start, _ in lines], [text for _, text in lines]


_STARTS, _LINES = _progress_lines()


async def predictions(request: Request) -> Response:
    """GET /v1/predictions: the key's own, newest first; POST: one of the model that `version` names."""
    if request.method == "POST":
        return await _create(request, partial(model_of, request), "predictions")
    return await _list(request)


async def predict(request: Request) -> Response:
    """POST /v1/models/{owner}/{name}/predictions."""
    name = reference(request)
    return await _create(request, catalogue_name(state_of(request).catalogue, name), name)


async def prediction(request: Request) -> Response:
    """GET /v1/predictions/{prediction_id}."""
    return _answer(request, *await find_with_echo(request, request.path_params["prediction_id"]))


async def cancel_prediction(request: Request) -> Response:
    """POST /v1/predictions/{prediction_id}/cancel: the prediction as it is then, canceled unless its worker has not let
    go in a few seconds; one that was over before is not changed."""
    job, echo = await find_with_echo(request, request.path_params["prediction_id"])
    return _answer(request, await _until_over(request, await cancel(request, job), _LET_GO_SECONDS), echo)


async def account(request: Request) -> Response:
    """GET /v1/account: the key."""
    name = authenticate(request).name
    return JSONResponse({"type": "user", "username": name, "name": name, "github_url": None})


async def webhook_secret(request: Request) -> Response:
    """GET /v1/webhooks/default/secret: what all webhooks of the key are signed with."""
    return JSONResponse({"key": await signing_secret(request)})


async def _create(request: Request, name: str | Callable[[Mapping[str, object]], str], target: str) -> Response:
    """201, at once or when the job is over. A job that is not says `starting` whatever it does: the SDK's `run` takes
    any other status for an end, and returns None."""
    began = asyncio.get_running_loop().time()
    accepted = await submit(request, dialect="replicate", model=name, target=target, ask=read)
    state = state_of(request)
    if (job := accepted.job) is None:
        raise unknown()
    if (wait := wait_seconds(request)) and not job.is_terminal:
        spent = asyncio.get_running_loop().time() - began
        try:
            with state.waiting.counted(accepted.key.id):
                job = await _until_over(request, job, wait - spent - _EARLY_SECONDS)
        except RateLimited:
            pass  # so many wait that this one polls instead, as after any wait
    status = None if job.is_terminal else "starting"
    return _answer(request, job, accepted.echo, status=status, code=201, headers=accepted.allowance.headers)


async def _until_over(request: Request, job: Job, seconds: float) -> Job:
    """The job as it is once it is over, or after `seconds`. Raises ClientDisconnect when the caller hangs up."""
    end = asyncio.get_running_loop().time() + seconds
    async for now in state_of(request).waiting.changes(job):
        job = now or job
        if asyncio.get_running_loop().time() > end:
            break
        if await request.is_disconnected():
            raise ClientDisconnect
    return job


async def _list(request: Request) -> Response:
    key, state = authenticate(request), state_of(request)
    cursor = request.query_params.get("cursor")
    with state.database.reading() as connection:
        jobs, has_newer, has_older = _page(connection, key.id, cursor)
        echoes = listing.echoes(connection, [job.id for job in jobs])
    await mark_read(state, jobs)
    api = prefix(request)
    here = f"{api}/predictions?cursor="
    return JSONResponse(
        {
            "next": f"{here}after-{jobs[-1].id}" if jobs and has_older else None,
            "previous": f"{here}before-{jobs[0].id}" if jobs and has_newer else None,
            "results": [prediction_body(state.catalogue, base_url(request), api, job, echoes[job.id]) for job in jobs],
        }
    )


def _page(connection: sa.Connection, key_id: str, cursor: str | None) -> tuple[Sequence[Job], bool, bool]:
    """Jobs, newest first, and whether there are newer and older ones. A cursor is `after-` or `before-` and a job."""
    if cursor is None:
        page = listing.page(connection, key_id, _PAGE)
        return page.jobs, False, page.has_more
    way, _, job_id = cursor.partition("-")
    if way not in ("after", "before"):
        rule = "it must be as it stands in the `next` or `previous` of a page"
        raise refuse("cursor", cursor, rule, rule)
    job = store.get(connection, job_id, key_id)
    if job is None:
        raise NotFound("this cursor is unknown or has expired; list again without it")
    page = listing.page(connection, key_id, _PAGE, after=job, newest_first=way == "after")
    return (page.jobs, True, page.has_more) if way == "after" else (page.jobs[::-1], page.has_more, True)


def _answer(
    request: Request,
    job: Job,
    echo: Echo,
    *,
    status: str | None = None,
    code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = prediction_body(state_of(request).catalogue, base_url(request), prefix(request), job, echo)
    return JSONResponse(body if status is None else {**body, "status": status}, code, headers)


def prediction_body(catalogue: Catalogue, base: str, api: str, job: Job, echo: Echo) -> dict[str, Any]:
    """Replicate's Prediction object, and `expires_at`. `input` is as it was sent, without what was not used; of a job
    of another dialect, what it comes to. `base` is that of files, `api` that of the dialect's own paths."""
    here = f"{api}/predictions/{job.id}"
    asked = echo.extras if job.dialect == "replicate" else {}
    output = None
    if job.state == "COMPLETED" and job.result is not None:
        output = f"{base}/assets/{job.result['path']}"
    return {
        "id": job.id,
        "model": asked.get("model") or public_name(catalogue, job.model),
        "version": version_id(job.model),
        "status": _status(job),
        "input": asked.get("input") or _as_input(job, echo),
        "output": output,
        "logs": _logs(job, asked.get("warned", 0)),
        "error": _error(job, asked.get("input", {})),
        "metrics": _metrics(job),
        "created_at": iso_time(job.created_at),
        "started_at": iso_time(job.started_at),
        "completed_at": iso_time(job.finished_at),
        "expires_at": iso_time(job.expires_at),
        "urls": {"get": here, "cancel": f"{here}/cancel"},
    }


def _status(job: Job) -> str:
    if job.state == "FAILED":
        return "canceled" if job.error_code == "cancelled" else "failed"
    return {"QUEUED": "starting", "PROCESSING": "processing", "COMPLETED": "succeeded"}[job.state]


def _error(job: Job, asked: Mapping[str, Any]) -> str | None:
    error = job.error
    for ours, theirs in IMAGE_NAMES.items():
        error = error and error.replace(ours, f"input.{ours}" if ours in asked else theirs)
    return error


def _as_input(job: Job, echo: Echo) -> dict[str, Any]:
    values = {
        "prompt": echo.prompt,
        "start_image": echo.start_image,
        "end_image": echo.end_image,
        "duration": job.duration,
        "aspect_ratio": job.aspect_ratio,
        "loop": echo.loop,
    }
    return {name: value for name, value in values.items() if value is not None}


def _logs(job: Job, warned: int) -> str:
    """Seed, what the create warned of (the first `warned`), how far this attempt is, what the engine warned of."""
    lines = [f"seed: {job.seed}", *(f"warning: {text}" for text in job.warnings[:warned])]
    if job.started_at is not None:
        lines += _LINES[: bisect_right(_STARTS, job.progress)]
    return "\n".join([*lines, *(f"warning: {text}" for text in job.warnings[warned:])]) + "\n"


def _metrics(job: Job) -> dict[str, float]:
    """Seconds, once the job is over."""
    if job.finished_at is None:
        return {}
    metrics = {"total_time": round(max(0.0, job.finished_at - job.created_at), 3)}
    if job.started_at is not None:
        metrics["predict_time"] = round(max(0.0, job.finished_at - job.started_at), 3)
    return metrics


class _NotOffered:
    """An endpoint for every method that says what there is not, to whoever has a good key."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        authenticate(Request(scope))
        raise NotFound(self._sentence)


_NO_MODELS: Final = _NotOffered("models are not made or deleted here: the server's operator says which there are")
_NO_SEARCH: Final = _NotOffered("models cannot be searched here; GET /replicate/v1/models lists them all")
_NO_TRAININGS: Final = _NotOffered("trainings are not offered here; this server runs models as they are")
_NO_DEPLOYMENTS: Final = _NotOffered("deployments are not offered here; create predictions of a model")
_NO_COLLECTIONS: Final = _NotOffered("collections are not offered here; GET /replicate/v1/models lists all models")
#: What the SDK also has, and this server has not.
_NOT_OFFERED: Final = {
    "/trainings": _NO_TRAININGS,
    "/trainings/{rest:path}": _NO_TRAININGS,
    "/deployments": _NO_DEPLOYMENTS,
    "/deployments/{rest:path}": _NO_DEPLOYMENTS,
    "/collections": _NO_COLLECTIONS,
    "/collections/{rest:path}": _NO_COLLECTIONS,
    "/hardware": _NotOffered("hardware is not offered here; it is the server's own"),
}
_MODEL: Final = "/models/{owner}/{name}"


def _routes(base: str) -> list[Route]:
    return [
        Route(f"{base}/predictions", predictions, methods=["GET", "POST"]),
        Route(f"{base}/predictions/{{prediction_id}}", prediction),
        Route(f"{base}/predictions/{{prediction_id}}/cancel", cancel_prediction, methods=["POST"]),
        Route(f"{base}{_MODEL}", model),
        Route(f"{base}{_MODEL}", _NO_MODELS, methods=["DELETE"]),
        Route(f"{base}{_MODEL}/predictions", predict, methods=["POST"]),
        Route(f"{base}{_MODEL}/versions", versions),
        Route(f"{base}{_MODEL}/versions/{{version_id}}", version),
        Route(f"{base}{_MODEL}/versions/{{version_id}}", _NO_MODELS, methods=["DELETE"]),
        Route(f"{base}{_MODEL}/versions/{{version_id}}/trainings", _NO_TRAININGS),
        Route(f"{base}/account", account),
        Route(f"{base}/webhooks/default/secret", webhook_secret),
        Route(f"{base}/files", files, methods=["GET", "POST"]),
        Route(f"{base}/files/{{file_id}}", file, methods=["GET", "DELETE"]),
        *(Route(base + path, endpoint) for path, endpoint in _NOT_OFFERED.items()),
    ]


ROUTES: list[Route] = [
    *_routes("/v1"),
    *_routes("/replicate/v1"),
    Route("/replicate/v1/models", models),
    Route("/replicate/v1/models", _NO_SEARCH, methods=["QUERY"]),
    Route("/replicate/v1/models", _NO_MODELS),
]
