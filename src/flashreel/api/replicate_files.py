"""Replicate's files: images that a caller uploads, to name them in predictions by `urls.get`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flashreel.api.auth import authenticate, require
from flashreel.api.base_url import base_url
from flashreel.api.body import FilePart, read_form
from flashreel.api.replicate_models import prefix
from flashreel.api.state import state_of
from flashreel.api.times import iso_time
from flashreel.api.uploads import accept, discard, url
from flashreel.errors import InvalidRequest, NotFound
from flashreel.jobs import uploads
from flashreel.jobs.uploads import COUNT_MAX, Upload


async def files(request: Request) -> Response:
    """POST /v1/files: keeps the image in the part `content`; GET: all that the key has, newest first."""
    key = authenticate(request)
    if request.method != "POST":
        with state_of(request).database.reading() as connection:
            kept = uploads.list_of(connection, key.id, COUNT_MAX)
        return JSONResponse({"next": None, "previous": None, "results": [_file(request, upload) for upload in kept]})
    require(key, "generate")
    base_url(request)  # a Host that cannot be answered is refused before anything is kept
    part = (await read_form(request)).get("content")
    if not isinstance(part, FilePart):
        said = "is not a file" if part is not None else "is missing"
        rule = "send the image as the file part `content`"
        raise InvalidRequest(f"content {said}; {rule}", field="content", allowed=rule)
    return JSONResponse(_file(request, await accept(request, key, part.data, part.content_type, part.name)), 201)


async def file(request: Request) -> Response:
    """GET /v1/files/{file_id}: what is known of it; DELETE: 204, from then on it is 404."""
    key, file_id = authenticate(request), request.path_params["file_id"]
    if request.method == "DELETE":
        require(key, "generate")
        if not await discard(request, key, file_id):
            raise _unknown()
        return Response(status_code=204)
    with state_of(request).database.reading() as connection:
        upload = uploads.get(connection, file_id, key.id)
    if upload is None:
        raise _unknown()
    return JSONResponse(_file(request, upload))


def _unknown() -> NotFound:
    return NotFound("this file is unknown or has expired")


def _file(request: Request, upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
        "etag": upload.sha256,
        "checksums": {"sha256": upload.sha256},
        "metadata": {},  # what comes with a file besides is not kept
        "created_at": iso_time(upload.created_at),
        "expires_at": iso_time(upload.expires_at),
        "urls": {"get": f"{prefix(request)}/files/{upload.id}", "download": url(request, upload)},
    }
