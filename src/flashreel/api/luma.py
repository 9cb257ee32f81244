"""The Luma dialect: Dream Machine, `/dream-machine/v1`. Sources: lumaai 1.21.0 (resources and types), Luma's pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api.auth import authenticate
from flashreel.api.base_url import base_url
from flashreel.api.found import cancel_and_delete, find_with_echo, mark_read, unknown
from flashreel.api.luma_concepts import CAMERA_MOTIONS, CONCEPTS
from flashreel.api.luma_fields import IMAGES, STATES, model_name, plain_id, read
from flashreel.api.state import state_of
from flashreel.api.submit import submit
from flashreel.api.times import iso_time
from flashreel.catalogue import MICRO, Catalogue
from flashreel.errors import JobErrorCode, NotFound
from flashreel.jobs import listing
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job
from flashreel.parameters import refuse

_CENT: Final = MICRO // 100
LIMIT, LIMIT_MAX, OFFSET_MAX = 10, 100, 1_000_000

#: Luma's own sentences (DESIGN.md section 1); ours stands beside them as `failure_detail`.
FAILURES: Final[Mapping[JobErrorCode, str]] = MappingProxyType(
    {
        "content_blocked": "Advanced prompt moderation failed",
        "image_unreachable": "Failed to read user input frames",
        "image_invalid": "Failed to read user input frames",
        "cancelled": "Job cancelled",
        "deadline_exceeded": "Job failed",
        "worker_lost": "Error dispatching job",
        "upstream_failed": "Error dispatching job",
        "engine_failed": "Job failed",
        "out_of_memory": "Job failed",
        "output_rejected": "Job failed",
        "storage_failed": "Job failed",
    }
)

#: What the SDK also has, and this server has not.
NOT_OFFERED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/generations/{id}/upscale": "upscaling",
        "/generations/{id}/audio": "adding audio",
        "/generations/video/reframe": "reframing a video",
        "/generations/video/modify": "modifying a video",
        "/generations/image": "making an image",
        "/generations/image/reframe": "reframing an image",
    }
)


async def generations(request: Request) -> Response:
    """GET /generations: the key's generations, newest first; POST: as `create`."""
    return await (create(request) if request.method == "POST" else _list(request))


async def create(request: Request) -> Response:
    """POST /generations and /generations/video: accepts a generation. 201 with the Generation object."""
    accepted = await submit(
        request,
        dialect="luma",
        model=lambda fields: model_name(request, fields),
        target="generation",
        ask=read,
    )
    # Not marked as read: its client knows the job only when this answer arrives, and may repeat the submit until then.
    if accepted.job is None:
        raise unknown()
    body = generation_body(state_of(request).catalogue, base_url(request), accepted.job, accepted.echo)
    return JSONResponse(body, 201, accepted.allowance.headers)


async def generation(request: Request) -> Response:
    """GET /generations/{id}: the Generation object; DELETE: 204, a running one is cancelled first."""
    job, echo = await find_with_echo(request, plain_id(request.path_params["id"]))
    if request.method == "DELETE":
        await cancel_and_delete(request, job)
        return Response(status_code=204)
    return JSONResponse(generation_body(state_of(request).catalogue, base_url(request), job, echo))


async def concepts(request: Request) -> Response:
    """GET /generations/concepts/list: the keys that `concepts` may have."""
    authenticate(request)
    return JSONResponse(list(CONCEPTS))


async def camera_motions(request: Request) -> Response:
    """GET /generations/camera_motion/list: phrases for the prompt that move the camera."""
    authenticate(request)
    return JSONResponse(list(CAMERA_MOTIONS))


async def credit_balance(request: Request) -> Response:
    """GET /credits: what is left, in US cents; a credit is a dollar's worth."""
    return JSONResponse({"credit_balance": authenticate(request).credits / _CENT})


async def ping(request: Request) -> Response:
    """GET /ping: answers whoever has a good key."""
    authenticate(request)
    return JSONResponse({"message": "pong"})


async def _list(request: Request) -> Response:
    key, state, base = authenticate(request), state_of(request), base_url(request)
    limit = _number(request, "limit", LIMIT, 1, LIMIT_MAX)
    offset = _number(request, "offset", 0, 0, OFFSET_MAX)
    with state.database.reading() as connection:
        page = listing.page(connection, key.id, limit, offset=offset)
        echoes = listing.echoes(connection, [job.id for job in page.jobs])
    await mark_read(state, page.jobs)
    return JSONResponse(
        {
            "generations": [generation_body(state.catalogue, base, job, echoes[job.id]) for job in page.jobs],
            "count": len(page.jobs),
            "has_more": page.has_more,
            "limit": limit,
            "offset": offset,
        }
    )


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        rule = f"it must be an integer from {least} to {most}"
        raise refuse(name, text, rule, rule)
    return int(text)


def generation_body(catalogue: Catalogue, base: str, job: Job, echo: Echo) -> dict[str, Any]:
    """Luma's Generation object, its URLs on `base`. Beyond it: `failure_detail`, `warnings` and `expires_at`."""
    model = echo.extras.get("model") if job.dialect == "luma" else None
    model = model or _called(catalogue, job.model)
    detail = job.error
    for ours, theirs in IMAGES.items():
        detail = detail and detail.replace(ours, theirs)
    return {
        "id": job.id,
        "generation_type": "video",
        "state": STATES[job.state],
        "failure_reason": None if job.error_code is None else FAILURES[job.error_code],
        "failure_detail": detail,
        "created_at": iso_time(job.created_at),
        "expires_at": iso_time(job.expires_at),
        "assets": _assets(base, job.result) if job.state == "COMPLETED" and job.result else None,
        "model": model,
        "warnings": list(job.warnings),
        "request": _request(job, echo, model),
    }


def _assets(base: str, result: Mapping[str, Any]) -> dict[str, str | None]:
    base = f"{base}/assets"
    poster = result.get("stills", {}).get("poster")
    return {
        "video": f"{base}/{result['path']}",
        "image": poster and f"{base}/{poster['path']}",
        "progress_video": None,  # no engine makes one
    }


def _request(job: Job, echo: Echo, model: str) -> dict[str, Any]:
    """What was asked for, as it was asked; of a job of another dialect, what it comes to."""
    asked = echo.extras if job.dialect == "luma" else _as_luma(job, echo)
    return {
        "generation_type": "video",
        "model": model,
        "prompt": echo.prompt or None,
        "aspect_ratio": asked.get("aspect_ratio"),
        "loop": echo.loop,
        "keyframes": asked.get("keyframes"),
        "duration": asked.get("duration"),
        "resolution": asked.get("resolution"),
        "concepts": asked.get("concepts"),
        "callback_url": asked.get("callback_url"),
    }


def _as_luma(job: Job, echo: Echo) -> Mapping[str, Any]:
    frames = {"frame0": echo.start_image, "frame1": echo.end_image}
    images = {name: url and {"type": "image", "url": url} for name, url in frames.items()}
    return {
        "aspect_ratio": job.aspect_ratio,
        "duration": f"{job.duration}s",
        "keyframes": images if any(images.values()) else None,
    }


def _called(catalogue: Catalogue, name: str) -> str:
    """What Luma calls this model."""
    return next((model.names("luma")[0] for model in catalogue if model.name == name), name)


def _not_offered(what: str) -> Callable[[Request], Awaitable[Response]]:
    async def refuse_it(request: Request) -> Response:
        authenticate(request)
        raise NotFound(f"{what} is not offered here; this server makes videos: POST /dream-machine/v1/generations")

    return refuse_it


_BASE: Final = "/dream-machine/v1"

ROUTES: list[Route] = [
    Route(f"{_BASE}/generations", generations, methods=["GET", "POST"]),
    Route(f"{_BASE}/generations/video", create, methods=["POST"]),
    *(Route(_BASE + path, _not_offered(what), methods=["POST"]) for path, what in NOT_OFFERED.items()),
    Route(f"{_BASE}/generations/concepts/list", concepts),
    Route(f"{_BASE}/generations/camera_motion/list", camera_motions),
    Route(f"{_BASE}/generations/{{id}}", generation, methods=["GET", "DELETE"]),
    Route(f"{_BASE}/credits", credit_balance),
    Route(f"{_BASE}/ping", ping),
]
