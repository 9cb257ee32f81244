"""The Segmind dialect: v2 (submit, poll, fetch) and v1 (one call that waits). Sources: the model's page, the SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from flashreel.api.answers import error_response
from flashreel.api.auth import authenticate, require
from flashreel.api.base_url import base_url
from flashreel.api.body import read_fields
from flashreel.api.limits import rate_limited
from flashreel.api.state import State, state_of
from flashreel.catalogue import MICRO
from flashreel.engines.capabilities import capabilities
from flashreel.errors import JOB_ERRORS, NotEnoughCredits, NotFound, StillRunning, Unavailable
from flashreel.jobs import keys, store
from flashreel.jobs.keys import Key
from flashreel.jobs.store import Job
from flashreel.parameters import parse_spec

_WAIT_STEP_SECONDS = 0.1


async def submit_v2(request: Request) -> Response:
    """POST /v2/{model}: accepts a job."""
    _, job = await _submit(request)
    body = {"request_id": job.id, "status": job.state, **_urls(request, job)}
    if job.warnings:
        body["warnings"] = list(job.warnings)
    return JSONResponse({**body, "created_at": _time(job.created_at)})


async def status_v2(request: Request) -> Response:
    """GET /v2/requests/{id}/status."""
    key, job = _find(request)
    return JSONResponse(_status(request, key, job), 422 if job.state == "FAILED" else 200)


async def result_v2(request: Request) -> Response:
    """GET /v2/requests/{id} and /v1/requests/{id}: the result, or the status (202) until there is one."""
    key, job = _find(request)
    if job.state == "COMPLETED":
        return JSONResponse(_result(request, key, job))
    return JSONResponse(_status(request, key, job), 422 if job.state == "FAILED" else 202)


async def generate_v1(request: Request) -> Response:
    """POST /v1/{model}: waits, then answers the MP4 (or the result as JSON, where only that is accepted)."""
    key, job = await _submit(request)
    state = state_of(request)
    deadline = asyncio.get_running_loop().time() + state.settings.sync_wait
    while not job.is_terminal:
        if await request.is_disconnected():
            raise ClientDisconnect  # nobody is there to answer; the job goes on
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0 or state.life.stopping.is_set():
            reason = "the server is stopping" if left > 0 else f"not finished within {state.settings.sync_wait:g} s"
            raise StillRunning(
                f"{reason}; the job goes on: ask for its result at the response_url",
                **_status(request, key, job),
            )
        await _sleep(state, min(_WAIT_STEP_SECONDS, left))
        with state.database.reading() as connection:
            job = store.get(connection, job.id, key.id) or job
    with state.database.reading() as connection:
        key = keys.get_key(connection, key.id) or key
    if job.state == "FAILED":
        assert job.error_code is not None
        return error_response(
            JOB_ERRORS[job.error_code], {"code": job.error_code, **_status(request, key, job)}, _facts(key, job)
        )
    if _wants_json(request):
        return JSONResponse(_result(request, key, job), headers=_facts(key, job))
    assert job.result is not None
    size = job.result["file_size"]
    return StreamingResponse(
        state.storage.read(job.result["path"], 0, size),
        media_type="video/mp4",
        headers={"content-length": str(size), **_facts(key, job)},
    )


async def credits_v1(request: Request) -> Response:
    """GET /v1/get-user-credits."""
    return JSONResponse({"credits": authenticate(request).credits / MICRO})


async def _sleep(state: State, seconds: float) -> None:
    """Sleeps, less long if the process stops."""
    with suppress(TimeoutError):
        await asyncio.wait_for(state.life.stopping.wait(), seconds)


async def _submit(request: Request) -> tuple[Key, Job]:
    """Checks in the order of DESIGN.md section 1, then accepts the job in one transaction."""
    state = state_of(request)
    settings = state.settings
    key = authenticate(request)
    model = state.catalogue[request.path_params["model"]]
    require(key, "generate", model.name)
    if state.life.draining.is_set():
        raise Unavailable("the server is shutting down; submit again in a moment", headers={"retry-after": "5"})
    base_url(request)  # a Host that cannot be answered is refused before anything is accepted
    fields = await read_fields(request)
    state.buckets.take(key.id, key.rate)
    spec, warnings = parse_spec(model, fields, settings.fetch_policy)
    engine = model.engine or settings.engine
    capabilities(engine).check(spec, engine)
    price = model.price(spec.duration)

    def accept(connection: sa.Connection) -> Job:
        if key.credits < price:
            raise _not_enough(key.credits, price)
        limit = settings.max_queued if key.max_queued is None else key.max_queued
        if store.count_unfinished(connection, key.id) >= limit:
            raise rate_limited(f"this key already has {limit} unfinished jobs", 10)
        if store.count_unfinished(connection) >= settings.max_queue:
            raise rate_limited(f"the queue is full with {settings.max_queue} jobs", 30)
        job = store.submit(connection, key.id, spec, dialect="segmind", engine=engine, price=price, warnings=warnings)
        if job is None:
            now = keys.get_key(connection, key.id)
            raise _not_enough(0 if now is None else now.credits, price)
        return job

    return key, await state.write(accept)


def _not_enough(have: int, need: int) -> NotEnoughCredits:
    return NotEnoughCredits(
        f"not enough credits: you have {have / MICRO:g} and this needs {need / MICRO:g}",
        have=have / MICRO,
        need=need / MICRO,
    )


def _find(request: Request) -> tuple[Key, Job]:
    """The caller's job, or NotFound in the same words whether it is unknown, expired or another key's."""
    key = authenticate(request)
    job_id = request.path_params["request_id"]
    with state_of(request).database.reading() as connection:
        job = store.get(connection, job_id, key.id)
    if job is None:
        raise NotFound("this request is unknown or has expired")
    return key, job


def _urls(request: Request, job: Job) -> dict[str, Any]:
    base = base_url(request)
    return {
        "poll_url": f"{base}/v1/requests/{job.id}",
        "status_url": f"{base}/v2/requests/{job.id}/status",
        "response_url": f"{base}/v2/requests/{job.id}",
    }


def _status(request: Request, key: Key, job: Job) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": job.state,
        "request_id": job.id,
        **_urls(request, job),
        "stage": job.stage,
        "progress": round(job.progress, 4),
        "metrics": _metrics(key, job),
        **_times(job),
    }
    if job.state == "FAILED":
        body["error"] = job.error
        body["error_code"] = job.error_code
    return body


def _result(request: Request, key: Key, job: Job) -> dict[str, Any]:
    assert job.result is not None
    url = f"{base_url(request)}/assets/{job.result['path']}"
    details = ("content_type", "file_name", "file_size", "width", "height", "fps", "frames")
    return {
        "status": job.state,
        "request_id": job.id,
        "output": url,
        "video": {
            "url": url,
            **{name: job.result[name] for name in details},
            "duration": job.duration,
        },
        "seed": job.seed,
        "understood": job.result.get("understood"),
        "warnings": list(job.warnings),
        "error": None,
        "metrics": _metrics(key, job),
        **_times(job),
    }


def _metrics(key: Key, job: Job) -> dict[str, float]:
    """Seconds and credits, each as soon as it is known."""
    metrics = {"remaining_credits": key.credits / MICRO}
    if job.started_at is not None:
        metrics["queue_time"] = round(max(0.0, job.started_at - job.created_at), 3)
    if job.finished_at is not None:
        if job.started_at is not None:
            metrics["inference_time"] = round(max(0.0, job.finished_at - job.started_at), 3)
        metrics["total_time"] = round(max(0.0, job.finished_at - job.created_at), 3)
    if job.cost is not None:
        metrics["cost"] = job.cost / MICRO
    return metrics


def _times(job: Job) -> dict[str, str | None]:
    return {"created_at": _time(job.created_at), "expires_at": _time(job.expires_at)}


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(key: Key, job: Job) -> Mapping[str, str]:
    """The headers of a v1 answer."""
    metrics = _metrics(key, job)
    facts = {
        "x-request-id": job.id,
        "x-generation-time": str(metrics.get("inference_time", 0.0)),
        "x-cost": str(metrics.get("cost", 0.0)),
        "x-remaining-credits": str(metrics["remaining_credits"]),
        "x-seed-value": str(job.seed),
        "x-warnings": json.dumps(job.warnings),
    }
    if job.result is not None:
        shape = {name: job.result[name] for name in ("height", "width", "frames", "fps")}
        facts["x-output-metadata"] = json.dumps({**shape, "duration": job.duration})
    return facts


def _wants_json(request: Request) -> bool:
    """Whether the caller takes JSON and no video. axios sends application/json and `*/*`, which takes both."""
    accepted = {part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")}
    return "application/json" in accepted and not accepted & {"*/*", "video/*", "video/mp4"}
