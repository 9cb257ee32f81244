"""The OpenAI dialect: videos and models, under /v1 and /openai/v1. Source: the `openai` package, 3.54.

A video is a job of any dialect, `video_` before its id; a failed one is HTTP 200 with `error`, as the SDK's `poll` has
it. Nothing that is final answers 408, 409, 429 or 5xx: those the SDK sends again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api.assets import send_file
from flashreel.api.auth import authenticate, require_model
from flashreel.api.found import cancel_and_delete, find, find_with_echo, mark_read, unknown
from flashreel.api.openai_fields import STATUSES, ask_new, ask_remix, model_name
from flashreel.api.state import state_of
from flashreel.api.submit import Accepted, submit
from flashreel.errors import InvalidRequest, JobErrorCode, NotFound
from flashreel.jobs import listing, store
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job
from flashreel.parameters import printable, refuse

#: The SDK waits as long between all of its polls as the first answer says: the end of a queue is no time to name.
_POLL_AFTER = {"openai-poll-after-ms": "1000"}
#: DESIGN.md section 1; every other failure is `server_error`.
ERROR_CODES: Mapping[JobErrorCode, str] = {
    "content_blocked": "moderation_blocked",
    "image_unreachable": "invalid_image",
    "image_invalid": "invalid_image",
    "cancelled": "cancelled",
    "deadline_exceeded": "timeout",
}
VARIANTS = ("video", "thumbnail", "spritesheet")
ORDERS = ("asc", "desc")
PAGE = 20
PAGE_MAX = 100


async def videos(request: Request) -> Response:
    """POST /v1/videos: accepts a job; GET: the key's videos, page by page."""
    return await (_create(request) if request.method == "POST" else _list(request))


async def video(request: Request) -> Response:
    """GET /v1/videos/{id}: a video as it is now; DELETE: cancels it where it is not over, and deletes it."""
    job, echo = await find_with_echo(request, _job_id(request.path_params["video_id"]))
    if request.method == "DELETE":
        await cancel_and_delete(request, job)
        return JSONResponse({"id": _id(job.id), "object": "video.deleted", "deleted": True})
    return _video(job, echo)


async def remix(request: Request) -> Response:
    """POST /v1/videos/{id}/remix: the same job with another prompt, whatever dialect made it."""
    source = await _found(request)
    accepted = await submit(
        request,
        dialect="openai",
        model=source.model,
        target=f"remix:{source.id}",
        ask=partial(ask_remix, source),
    )
    return _accepted(accepted)


async def content(request: Request) -> Response:
    """GET /v1/videos/{id}/content: the file, or by `variant` a picture of it; whole, or the range asked for."""
    job = await _found(request)
    variant = request.query_params.get("variant") or VARIANTS[0]
    if variant not in VARIANTS:
        raise refuse("variant", variant, f"allowed are {', '.join(VARIANTS)}", list(VARIANTS))
    if job.state == "FAILED":
        raise InvalidRequest(
            f"this video failed and has no content: {job.error}", code="video_generation_failed", reason=job.error_code
        )
    if job.result is None:
        raise InvalidRequest(
            f"this video is {STATUSES[job.state]} ({_progress(job)} %); its content is there once it is completed",
            code="video_not_ready",
            headers=_POLL_AFTER,
        )
    file = job.result if variant == "video" else job.result.get("stills", {}).get(variant)
    if file is None:
        raise NotFound(f"this video has no {variant}")
    name = _id(job.id) if variant == "video" else f"{_id(job.id)}-{variant}"
    path = PurePosixPath(file["path"])
    return await send_file(request, str(path), file_name=name + path.suffix, content_type=file["content_type"])


async def models(request: Request) -> Response:
    """GET /v1/models: what the key may use, each model by all of its names."""
    key = authenticate(request)
    usable = [model for model in state_of(request).catalogue if key.models is None or model.name in key.models]
    return JSONResponse(
        {"object": "list", "data": [_model(name) for model in usable for name in model.names("openai")]}
    )


async def model(request: Request) -> Response:
    """GET /v1/models/{id}."""
    key = authenticate(request)
    if request.method == "DELETE":
        raise NotFound("deleting models is not offered here; the server's operator says which there are")
    name = printable(request.path_params["model_id"])
    require_model(key, state_of(request).catalogue.find(name, "openai").name)
    return JSONResponse(_model(name))


async def not_offered(request: Request) -> Response:
    """What the SDK knows besides: 404, once the key is good."""
    authenticate(request)
    what = re.findall("edits|extensions|characters", request.scope["path"])[-1]
    raise NotFound(f"video {what} are not offered here; there are create, remix, retrieve, content, list and delete")


async def _create(request: Request) -> Response:
    catalogue = state_of(request).catalogue
    accepted = await submit(
        request, dialect="openai", model=partial(model_name, catalogue), target="", ask=partial(ask_new, catalogue)
    )
    return _accepted(accepted)


async def _list(request: Request) -> Response:
    key = authenticate(request)
    state = state_of(request)
    asked = request.query_params
    limit, order = _limit(asked.get("limit")), asked.get("order") or "desc"
    if order not in ORDERS:
        raise refuse("order", order, f"allowed are {' and '.join(ORDERS)}", list(ORDERS))
    with state.database.reading() as connection:
        after = None
        if cursor := asked.get("after"):
            after = store.get(connection, _job_id(cursor), key.id)
            if after is None:
                rule = "it must be the id of a video of this key that is not deleted or expired; list from the start"
                raise refuse("after", cursor, rule, rule)
        page = listing.page(connection, key.id, limit, after=after, newest_first=order == "desc")
        echoes = listing.echoes(connection, [job.id for job in page.jobs])
    await mark_read(state, page.jobs)
    data = [_body(job, echoes[job.id]) for job in page.jobs]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return JSONResponse({"object": "list", "data": data, **ends, "has_more": page.has_more})


def _limit(value: str | None) -> int:
    if not value:
        return PAGE
    if re.fullmatch("[0-9]{1,3}", value, re.ASCII) and 1 <= int(value) <= PAGE_MAX:
        return int(value)
    rule = f"it must be an integer from 1 to {PAGE_MAX}"
    raise refuse("limit", value, rule, rule)


async def _found(request: Request) -> Job:
    """The job that the path names."""
    return await find(request, _job_id(request.path_params["video_id"]))


def _id(job_id: str) -> str:
    return f"video_{job_id}"


def _job_id(video_id: str) -> str:
    """The id of the job, which may also be named without the prefix."""
    return video_id.removeprefix("video_")


def _accepted(accepted: Accepted) -> Response:
    if accepted.job is None:
        raise unknown()
    return _video(accepted.job, accepted.echo, accepted.allowance.headers)


def _video(job: Job, echo: Echo, headers: Mapping[str, str] | None = None) -> Response:
    poll = {} if job.is_terminal else _POLL_AFTER
    return JSONResponse(_body(job, echo), headers={**poll, **(headers or {})})


def _body(job: Job, echo: Echo) -> dict[str, Any]:
    """The SDK's `Video`, then what it does not know: `extra_body` fields as they came, the seed, the warnings."""
    extras = echo.extras if job.dialect == "openai" else {}
    source = extras.get("remixed_from")
    return {
        "id": _id(job.id),
        "object": "video",
        "model": extras.get("model", job.model),
        "status": STATUSES[job.state],
        "progress": _progress(job),
        "created_at": int(job.created_at),
        "completed_at": int(job.finished_at) if job.state == "COMPLETED" and job.finished_at else None,
        "expires_at": None if job.expires_at is None else int(job.expires_at),
        "error": _error(job),
        "prompt": echo.prompt,
        "seconds": str(job.duration),
        "size": f"{echo.width}x{echo.height}",
        "remixed_from_video_id": None if source is None else _id(source),
        "aspect_ratio": job.aspect_ratio,
        "loop": echo.loop,
        "start_image_url": echo.start_image,
        "end_image_url": echo.end_image,
        "seed": job.seed,
        "warnings": list(job.warnings),
    }


def _progress(job: Job) -> int:
    """In percent; 100 is said of nothing that is not completed."""
    return 100 if job.state == "COMPLETED" else min(99, int(job.progress * 100))


def _error(job: Job) -> dict[str, str | None] | None:
    if job.error_code is None:
        return None
    return {"code": ERROR_CODES.get(job.error_code, "server_error"), "message": job.error}


def _model(name: str) -> dict[str, Any]:
    # The catalogue knows no dates, and the SDK's type wants one.
    return {"id": name, "object": "model", "created": 0, "owned_by": "flashreel"}


ROUTES: list[Route] = [
    route
    for base in ("/v1", "/openai/v1")
    for route in (
        Route(f"{base}/videos", videos, methods=["GET", "POST"]),
        Route(f"{base}/videos/edits", not_offered, methods=["POST"]),
        Route(f"{base}/videos/extensions", not_offered, methods=["POST"]),
        Route(f"{base}/videos/characters", not_offered, methods=["POST"]),
        Route(f"{base}/videos/characters/{{character_id}}", not_offered),
        Route(f"{base}/videos/{{video_id}}", video, methods=["GET", "DELETE"]),
        Route(f"{base}/videos/{{video_id}}/content", content),
        Route(f"{base}/videos/{{video_id}}/remix", remix, methods=["POST"]),
        Route(f"{base}/models", models),
        Route(f"{base}/models/{{model_id}}", model, methods=["GET", "DELETE"]),
    )
]
