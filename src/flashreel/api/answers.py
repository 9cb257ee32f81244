"""Error answers: JSON for every status, `{"error": sentence, "code": word, ...}`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from flashreel.api.auth import authenticate
from flashreel.errors import InternalError, InvalidRequest, MethodNotAllowed, NotFound, RequestRefused

_log = structlog.get_logger(__name__)

#: Paths where a key is asked for before anything else is said, also that there is nothing.
_KEYED = ("/v1/", "/v2/")


def error_response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(dict(body), status, headers=dict(headers or {}))


async def refused(_request: Request, error: Exception) -> Response:
    """The answer to a RequestRefused."""
    assert isinstance(error, RequestRefused)
    body = {"error": str(error), "code": error.code, **error.details}
    return error_response(error.status, body, error.headers)


async def http_error(request: Request, error: Exception) -> Response:
    """The answer to what the framework itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    try:
        if path.startswith(_KEYED):
            authenticate(request)
    except RequestRefused as refusal:
        return await refused(request, refusal)
    known: RequestRefused
    if error.status_code == 404:
        known = NotFound(f"there is nothing at {path}")
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        known = MethodNotAllowed(
            f"{request.method} is not possible at {path}; allowed: {allowed}", headers=error.headers, allowed=allowed
        )
    else:
        known = InvalidRequest(str(error.detail))
    return await refused(request, known)


async def crashed(request: Request, error: Exception) -> Response:
    """The answer to an error nobody meant: an id to quote here, the traceback in the log."""
    error_id = secrets.token_hex(6)
    _log.error("request crashed", error_id=error_id, path=request.url.path, exc_info=error)
    return await refused(request, InternalError(f"the server failed; quote the id {error_id}", error_id=error_id))


async def gone(_request: Request, _error: Exception) -> Response:
    """The caller hung up: nobody reads this."""
    assert isinstance(_error, ClientDisconnect)
    return Response(status_code=499)
