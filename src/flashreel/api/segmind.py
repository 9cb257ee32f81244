"""The Segmind dialect: v2 (submit, poll, fetch) and v1 (one call that waits). Sources: the model's page, the SDK."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from flashreel.api.auth import authenticate
from flashreel.api.base_url import base_url
from flashreel.api.found import cancel, delete, find, unknown
from flashreel.api.state import state_of
from flashreel.api.submit import Accepted, Asked, ask, called_back, submit
from flashreel.api.times import iso_time
from flashreel.catalogue import MICRO, Model
from flashreel.errors import JOB_ERRORS, Conflict, StillRunning
from flashreel.jobs.keys import Key
from flashreel.jobs.store import Job


async def submit_v2(request: Request) -> Response:
    """POST /v2/{model}: accepts a job, or answers as it did for the same Idempotency-Key."""
    accepted = await _submit(request)
    body: dict[str, Any] = {"request_id": accepted.job_id, "status": "QUEUED"}
    body |= _urls(base_url(request), accepted.job_id)
    if accepted.warnings:
        body["warnings"] = list(accepted.warnings)
    return JSONResponse(
        {**body, "created_at": iso_time(accepted.created_at, "milliseconds")}, headers=accepted.allowance.headers
    )


async def status_v2(request: Request) -> Response:
    """GET /v2/requests/{id}/status."""
    job = await found(request)
    return JSONResponse(status_body(request, job), 422 if job.state == "FAILED" else 200)


async def request_v2(request: Request) -> Response:
    """GET /v2/requests/{id}, as `result`; DELETE: a live job is cancelled, of a finished one all is deleted now."""
    return await (_delete(request) if request.method == "DELETE" else result(request))


async def result(request: Request) -> Response:
    """GET /v2/requests/{id} and /v1/requests/{id}: the result, or the status (202) until there is one."""
    job = await found(request)
    if not job.is_terminal:
        return JSONResponse(status_body(request, job), 202)
    return JSONResponse(final_body(base_url(request), job), 422 if job.state == "FAILED" else 200)


async def cancel_v2(request: Request) -> Response:
    """POST /v2/requests/{id}/cancel: ends a live job. Always 200, with the job's body as it is then: a running job
    says FAILED as soon as its worker has stopped, a terminal one is not changed."""
    job = await cancel(request, await found(request))
    return JSONResponse(final_body(base_url(request), job) if job.is_terminal else status_body(request, job))


async def _delete(request: Request) -> Response:
    job = await found(request)
    if not job.is_terminal:
        return JSONResponse(status_body(request, await cancel(request, job)))
    await delete(request, job)
    return JSONResponse({"request_id": job.id, "deleted": True})


async def generate_v1(request: Request) -> Response:
    """POST /v1/{model}: waits, then answers the MP4 (or the result as JSON, where only that is accepted)."""
    waiting = state_of(request).waiting
    with ExitStack() as stack:
        # Before the job is accepted: afterwards it would be made for nobody.
        accepted = await _submit(request, admit=lambda key: stack.enter_context(waiting.counted(key.id)))
        return await _wait_v1(request, accepted)


async def _wait_v1(request: Request, accepted: Accepted) -> Response:
    state = state_of(request)
    if (job := accepted.job) is None:
        raise unknown()
    if accepted.repeated and not job.is_terminal:
        raise Conflict(
            "the first request with this Idempotency-Key is still being answered; ask again in a moment",
            headers={"retry-after": "5"},
            **status_body(request, job),
        )
    deadline = asyncio.get_running_loop().time() + state.settings.sync_wait
    async for now in state.waiting.changes(job):
        job = now or job
        if asyncio.get_running_loop().time() > deadline:
            break
        if await request.is_disconnected():
            raise ClientDisconnect  # nobody is there to answer; the job goes on
    if not job.is_terminal:
        stopping = state.life.stopping.is_set()
        reason = "the server is stopping" if stopping else f"not finished within {state.settings.sync_wait:g} s"
        raise StillRunning(
            f"{reason}; the job goes on: ask for its result at the response_url", **status_body(request, job)
        )
    if job.state == "FAILED":
        assert job.error_code is not None
        body = {"code": job.error_code, **status_body(request, job)}
        return JSONResponse(body, JOB_ERRORS[job.error_code], headers=_facts(job))
    if _wants_json(request):
        return JSONResponse(final_body(base_url(request), job), headers=_facts(job))
    assert job.result is not None
    size = job.result["file_size"]
    return StreamingResponse(
        state.storage.read(job.result["path"], 0, size),
        media_type="video/mp4",
        headers={"content-length": str(size), **_facts(job)},
    )


async def credits_v1(request: Request) -> Response:
    """GET /v1/get-user-credits."""
    return JSONResponse({"credits": authenticate(request).credits / MICRO, "free-credits": 0.0})


def _submit(request: Request, admit: Callable[[Key], object] = lambda _key: None) -> Awaitable[Accepted]:
    name = request.path_params["model"]
    return submit(request, dialect="segmind", model=name, target=name, ask=_ask, admit=admit)


def _ask(request: Request, key: Key, model: Model, fields: Mapping[str, object]) -> Asked:
    hook = called_back(request, fields.get("webhook_url"), "webhook_url", "segmind")
    fields = {name: value for name, value in fields.items() if name != "webhook_url"}
    return replace(ask(request, key, model, fields), hooks=hook)


def found(request: Request) -> Awaitable[Job]:
    """The job that the path names."""
    return find(request, request.path_params["request_id"])


def _urls(base: str, job_id: str) -> dict[str, str]:
    return {
        "poll_url": f"{base}/v1/requests/{job_id}",
        "status_url": f"{base}/v2/requests/{job_id}/status",
        "response_url": f"{base}/v2/requests/{job_id}",
    }


def status_body(request: Request, job: Job) -> dict[str, Any]:
    """What /status answers for this job, and what its events carry."""
    body = _status(base_url(request), job)
    if not job.is_terminal:
        estimate = state_of(request).estimates.of(job)
        body["queue_position"] = estimate.queue_position
        body["eta"] = estimate.eta
    return body


def final_body(base: str, job: Job) -> dict[str, Any]:
    """What the result route answers once the job is over, and what its webhooks carry."""
    return _result(base, job) if job.state == "COMPLETED" else _status(base, job)


def _status(base: str, job: Job) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": job.state,
        "request_id": job.id,
        **_urls(base, job.id),
        "stage": job.stage,
        "progress": round(job.progress, 4),
        "metrics": _metrics(job),
        **_times(job),
    }
    if job.state == "FAILED":
        body["error"] = job.error
        body["error_code"] = job.error_code
    return body


def _result(base: str, job: Job) -> dict[str, Any]:
    assert job.result is not None
    url = f"{base}/assets/{job.result['path']}"
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
        "metrics": _metrics(job),
        **_times(job),
    }


def _metrics(job: Job) -> dict[str, float]:
    """Seconds and credits, each as soon as it is known."""
    metrics = {"remaining_credits": job.credits / MICRO}
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
    return {
        "created_at": iso_time(job.created_at, "milliseconds"),
        "expires_at": iso_time(job.expires_at, "milliseconds"),
    }


def _facts(job: Job) -> Mapping[str, str]:
    """The headers of a v1 answer."""
    metrics = _metrics(job)
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
