"""GET /assets/...: finished files. The unguessable path is the secret; only what a job published is served."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from flashreel.api.state import state_of
from flashreel.errors import NotFound
from flashreel.jobs import store
from flashreel.jobs.store import Job

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
#: Whatever a browser takes a file for, it runs nothing; the styles are of the browser's own player.
_POLICY = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'"


async def asset(request: Request) -> Response:
    """A published file, whole or one range of it. 404 once its job's hour is over."""
    job_id, rest = request.path_params["job_id"], request.path_params["rest"]
    state = state_of(request)
    with state.database.reading() as connection:
        job = store.get(connection, job_id)
    path = f"{job_id}/{rest}"
    published = None if job is None else _published(job, path)
    if published is None:
        raise missing()
    file_name, content_type = published
    return await send_file(request, path, file_name=file_name, content_type=content_type)


async def send_file(request: Request, path: str, *, file_name: str, content_type: str) -> Response:
    """The stored file at `path`, whole or the range that is asked for. Raises NotFound when it is gone."""
    state = state_of(request)
    file = await state.storage.head(path)
    if file is None:
        raise missing()
    headers = {
        "accept-ranges": "bytes",
        "etag": file.etag,
        "cache-control": "private, max-age=3600, immutable",
        "content-disposition": _disposition(file_name),
        "x-content-type-options": "nosniff",
        "content-security-policy": _POLICY,
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
    }
    if matches(request.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    status, start, end = 200, 0, file.size
    wanted = request.headers.get("range") if request.method == "GET" else None
    condition = request.headers.get("if-range")
    if wanted is not None and (condition is None or condition == file.etag):
        try:
            part = _parse_range(wanted, file.size)
        except ValueError:
            return Response(status_code=416, headers={**headers, "content-range": f"bytes */{file.size}"})
        if part is not None:
            status, (start, end) = 206, part
            headers["content-range"] = f"bytes {start}-{end - 1}/{file.size}"
    headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content_type)
    return StreamingResponse(state.storage.read(path, start, end), status, headers, content_type)


def _published(job: Job, path: str) -> tuple[str, str] | None:
    """Name and media type of what the job published at this path: its video or one of its stills."""
    result = job.result
    if result is None:
        return None
    if result["path"] == path:
        return result["file_name"], result["content_type"]
    for name, still in result.get("stills", {}).items():
        if still["path"] == path:
            stem, suffix = PurePosixPath(result["file_name"]).stem, PurePosixPath(path).suffix
            return f"{stem}-{name}{suffix}", still["content_type"]
    return None


def missing() -> NotFound:
    return NotFound("this file does not exist or has expired")


def _disposition(file_name: str) -> str:
    """Shown, not saved; saved, under this name. RFC 6266."""
    if _PLAIN_NAME.fullmatch(file_name):
        return f'inline; filename="{file_name}"'
    return f"inline; filename*=UTF-8''{quote(file_name, safe='')}"


def matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the file that has this etag."""
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags


def _parse_range(header: str, size: int) -> tuple[int, int] | None:
    """One byte range as (start, end), end not included; None for what may be ignored (several ranges, other units).

    Raises ValueError when no byte of the file is in it (416). RFC 9110, section 14.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), size if not last else min(size, int(last) + 1)
        if last and int(last) < start:
            return None
    if start >= end:
        raise ValueError(header)
    return start, end
