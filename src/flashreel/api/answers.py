"""Error answers: JSON for every status, in the shape of the path's dialect."""

from __future__ import annotations

import secrets
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from flashreel.api.auth import authenticate
from flashreel.api.dialects import is_keyed, refusal
from flashreel.api.headers import SAFE_HEADERS
from flashreel.errors import InternalError, InvalidRequest, MethodNotAllowed, NotFound, RequestRefused

_log = structlog.get_logger(__name__)


async def refused(request: Request, error: Exception) -> Response:
    """The answer to a RequestRefused."""
    assert isinstance(error, RequestRefused)
    # Not `request.url.path`, which is no longer the path that the route was found by: it has no tabs, say.
    return refusal(request.scope["path"], error)


async def http_error(request: Request, error: Exception) -> Response:
    """The answer to what the framework itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    path = request.scope["path"]
    try:
        if is_keyed(path):
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
    _log.error("request crashed", error_id=error_id, path=quote(request.scope["path"]), exc_info=error)
    answer = await refused(request, InternalError(f"the server failed; quote the id {error_id}", error_id=error_id))
    answer.headers.update(SAFE_HEADERS)  # this one passes no middleware
    return answer


async def gone(_request: Request, _error: Exception) -> Response:
    """The caller hung up: nobody reads this."""
    assert isinstance(_error, ClientDisconnect)
    return Response(status_code=499)
