"""GET /v2/requests/{id}/events: the status as server-sent events, one for every change, the last one terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from flashreel.api.base_url import base_url
from flashreel.api.segmind import found, status_body
from flashreel.api.state import State, state_of
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.store import Job

_KEEP_ALIVE_SECONDS = 10.0
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_TYPE = "text/event-stream"


async def events(request: Request) -> Response:
    """`id:` is the row's version, `data:` exactly the body of /status at that moment. A stream that is taken up again
    (Last-Event-ID) begins, as every stream does, with the present state."""
    base_url(request)  # a Host that cannot be answered is refused before the stream begins
    job = await found(request)
    if request.method == "HEAD":  # the connection is free for the next request at once
        return StreamingResponse(iter(()), media_type=_TYPE, headers=_HEADERS)
    return _Events(request, job)


class _Events(StreamingResponse):
    def __init__(self, request: Request, job: Job) -> None:
        self._state: State = state_of(request)
        self._key_id = job.key_id
        super().__init__(self._events(request, job), media_type=_TYPE, headers=_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._state.waiting.counted(self._key_id):
            await super().__call__(scope, receive, send)

    async def _events(self, request: Request, job: Job) -> AsyncIterator[bytes]:
        said = boot_seconds()
        async for now in self._state.waiting.changes(job):
            if now is not None:
                data = bytes(JSONResponse(status_body(request, now)).body)
                yield b"id: %d\nevent: status\ndata: %b\n\n" % (now.version, data)
                said = boot_seconds()
            elif boot_seconds() - said > _KEEP_ALIVE_SECONDS:
                yield b": still here\n\n"  # proxies cut connections that say nothing
                said = boot_seconds()
