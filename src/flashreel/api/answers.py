"""Error answers: JSON for every status, in the shape of the path's dialect."""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from flashreel.api.auth import authenticate
from flashreel.api.dialects import is_keyed, refusal
from flashreel.api.headers import SAFE_HEADERS
from flashreel.api.observed import route_of
from flashreel.api.state import RETRY_SOON, state_of
from flashreel.errors import InternalError, InvalidRequest, MethodNotAllowed, NotFound, RequestRefused, Unavailable
from flashreel.jobs.clock import boot_seconds
from flashreel.parameters import printable

_log = structlog.get_logger(__name__)

_PATH_SHOWN = 200  # characters; a path may have thousands
_LOG_SECONDS = 1.0  # while the store is away every poll fails: one line a second tells of all


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
    except OperationalError as failure:
        return await store_failed(request, failure)
    known: RequestRefused
    shown = printable(path, _PATH_SHOWN)
    if error.status_code == 404:
        known = NotFound(f"there is nothing at {shown}")
    elif error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        known = MethodNotAllowed(
            f"{request.method} is not possible at {shown}; allowed: {allowed}", headers=error.headers, allowed=allowed
        )
    else:
        known = InvalidRequest(str(error.detail))
    return await refused(request, known)


async def store_failed(request: Request, error: Exception) -> Response:
    """The answer to a read that the store did not answer: a database that is away, a disk that fails."""
    assert isinstance(error, OperationalError)
    state = state_of(request)
    if boot_seconds() - state.outage_logged_at > _LOG_SECONDS:
        state.outage_logged_at = boot_seconds()
        _log.warning("the store could not be read", error=str(error).partition("\n")[0])
    return await refused(request, Unavailable("the store cannot be read; try again soon", headers=RETRY_SOON))


async def crashed(request: Request, error: Exception) -> Response:
    """The answer to an error nobody meant: an id to quote here, the traceback in the log."""
    error_id = secrets.token_hex(6)
    _log.error("request crashed", error_id=error_id, route=route_of(request), exc_info=error)
    answer = await refused(request, InternalError(f"the server failed; quote the id {error_id}", error_id=error_id))
    answer.headers.update(SAFE_HEADERS)  # this one passes no middleware
    return answer


async def gone(_request: Request, _error: Exception) -> Response:
    """The caller hung up: nobody reads this."""
    assert isinstance(_error, ClientDisconnect)
    return Response(status_code=499)
