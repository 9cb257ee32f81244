"""GET /assets/...: finished files. The unguessable path is the secret; only what a job published is served."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from flashreel.api.state import state_of
from flashreel.errors import NotFound
from flashreel.jobs import store

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


async def asset(request: Request) -> Response:
    """A published file, whole or one range of it. 404 once its job's hour is over."""
    job_id, rest = request.path_params["job_id"], request.path_params["rest"]
    state = state_of(request)
    with state.database.reading() as connection:
        job = store.get(connection, job_id)
    path = f"{job_id}/{rest}"
    if job is None or job.result is None or job.result["path"] != path:
        raise _missing()
    file = await state.storage.head(path)
    if file is None:
        raise _missing()
    headers = {
        "accept-ranges": "bytes",
        "etag": file.etag,
        "cache-control": "private, max-age=3600, immutable",
        "content-disposition": f'inline; filename="{job.result["file_name"]}"',
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
    }
    if _matches(request.headers.get("if-none-match"), file.etag):
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
    kind = job.result["content_type"]
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=kind)
    return StreamingResponse(state.storage.read(path, start, end), status, headers, kind)


def _missing() -> NotFound:
    return NotFound("this file does not exist or has expired")


def _matches(header: str | None, etag: str) -> bool:
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
