"""GET /v2/requests/{id}/events: the status as server-sent events, one for every change, the last one terminal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from flashreel.api.segmind import find, status_body
from flashreel.api.state import state_of
from flashreel.api.waiting import changes, counted, refuse_if_crowded
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.store import Job

_KEEP_ALIVE_SECONDS = 10.0


async def events(request: Request) -> Response:
    """`id:` is the row's version, `data:` exactly the body of /status at that moment. A stream that is taken up again
    (Last-Event-ID) begins, as every stream does, with the present state."""
    job = find(request)
    state = state_of(request)

    refuse_if_crowded(state)

    async def stream() -> AsyncIterator[str]:
        said = boot_seconds()
        with counted(state):
            async for now in changes(state, job):
                if now is not None:
                    yield _event(now, json.dumps(status_body(request, now), separators=(",", ":")))
                    said = boot_seconds()
                elif boot_seconds() - said > _KEEP_ALIVE_SECONDS:
                    yield ": still here\n\n"  # proxies cut connections that say nothing
                    said = boot_seconds()

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)


def _event(job: Job, data: str) -> str:
    return f"id: {job.version}\nevent: status\ndata: {data}\n\n"
