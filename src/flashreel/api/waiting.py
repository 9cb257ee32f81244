"""Waiting for a job with a connection open: bounded in number, ended when the process stops, never losing anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from flashreel.api.limits import rate_limited
from flashreel.api.state import State
from flashreel.jobs import store
from flashreel.jobs.store import Job

_STEP_SECONDS = 0.1
_MAX_WAITING = 512


def refuse_if_crowded(state: State) -> None:
    """Raises RateLimited when as many connections wait as may."""
    if state.waiting >= _MAX_WAITING:
        raise rate_limited(f"{_MAX_WAITING} connections are waiting for their jobs already", 5)


@contextmanager
def counted(state: State) -> Iterator[None]:
    """Counts this connection among those that wait."""
    state.waiting += 1
    try:
        yield
    finally:
        state.waiting -= 1


async def changes(state: State, job: Job) -> AsyncIterator[Job | None]:
    """The job now and at each visible change, the last one terminal. None at every look that finds none.

    Ends early when the process stops or the job is gone.
    """
    yield job
    while not job.is_terminal and not state.life.stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(state.life.stopping.wait(), _STEP_SECONDS)
        with state.database.reading() as connection:
            now = store.get(connection, job.id, job.key_id)
        if now is None:
            return
        yield now if now.version != job.version else None
        job = now
