"""The caller's own jobs: found, cancelled, deleted, whatever the dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import sqlalchemy as sa
import structlog
from starlette.requests import Request

from flashreel.api.auth import admit, authenticate, require, secret_of
from flashreel.api.observed import note
from flashreel.api.snapshots import Poll
from flashreel.api.state import State, state_of
from flashreel.errors import Conflict, NotFound, Unavailable
from flashreel.jobs import ending, outbox, repeats, retention
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job

_log = structlog.get_logger(__name__)

#: How long a deletion waits for the worker to let go of the job.
_LET_GO_SECONDS = 5.0


async def find(request: Request, job_id: str) -> Job:
    """The caller's job, or NotFound in the same words whether it is unknown, expired or another key's."""
    return (await _find(request, job_id, with_echo=False))[0]


async def find_with_echo(request: Request, job_id: str) -> tuple[Job, Echo]:
    """As `find`, with what was asked for."""
    job, echo = await _find(request, job_id, with_echo=True)
    assert echo is not None
    return job, echo


async def _find(request: Request, job_id: str, *, with_echo: bool) -> tuple[Job, Echo | None]:
    state = state_of(request)
    seen = await state.snapshots.see(Poll(secret_of(request), job_id, with_echo))
    note(request, key=admit(state, seen.key).id)
    job = seen.job
    if job is None:
        raise unknown()
    note(request, request_id=job.id)
    await mark_read(state, [job])
    return job, seen.echo


async def mark_read(state: State, jobs: Iterable[Job]) -> None:
    """Notes, once in a job's life, that its client knows it. A store that cannot be written is no reason not to answer:
    at worst a submit that is repeated finds a job that its client knows."""
    unread = [job.id for job in jobs if job.unread]
    if unread:
        with suppress(Unavailable):
            await state.write(lambda connection: repeats.mark_read(connection, unread))


def unknown() -> NotFound:
    return NotFound("this request is unknown or has expired")


async def cancel(request: Request, job: Job) -> Job:
    """Ends a live job; the job as it is then. A running one ends as soon as its worker looks."""
    require(authenticate(request), "generate")
    state = state_of(request)
    retained = state.settings.retention
    return await state.write(lambda connection: ending.cancel(connection, job.id, job.key_id, retained)) or job


async def delete(request: Request, job: Job) -> None:
    """Deletes a finished job's texts and files now: from here on it is 404."""
    require(authenticate(request), "generate")
    state = state_of(request)

    def end(connection: sa.Connection) -> None:
        retention.expire(connection, [job.id])
        outbox.drop(connection, [job.id])

    await state.write(end)
    try:
        await asyncio.to_thread(state.storage.delete_job, job.id)
        await state.write(lambda connection: retention.sweep(connection, [job.id]))
    except (OSError, Unavailable) as error:
        _log.warning("files not deleted; the keeper tries it again", request_id=job.id, error=str(error))


async def cancel_and_delete(request: Request, job: Job) -> None:
    """Deletes a job in any state, a live one once it is cancelled. Raises Conflict while its worker has not let go."""
    if not job.is_terminal:
        job = await cancel(request, job)
    end = asyncio.get_running_loop().time() + _LET_GO_SECONDS
    async for now in state_of(request).waiting.changes(job):
        job = now or job
        if asyncio.get_running_loop().time() > end:
            break
    if not job.is_terminal:
        raise Conflict("this job is being cancelled; delete it again in a moment", headers={"retry-after": "2"})
    await delete(request, job)
