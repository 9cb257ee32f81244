"""Waiting for a job with a connection open: bounded in number, ended when the process stops, never losing anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress

from flashreel.api.limits import rate_limited
from flashreel.jobs import queue, store
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job

_STEP_SECONDS = 0.1
_MAX_WAITING = 512


class Waiting:
    """Whoever waits in this process. However many they are, one query a step tells which of their jobs have changed."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        self._database = database
        self._stopping = stopping
        self._connections = 0
        self._jobs: Counter[str] = Counter()
        self._versions: Mapping[str, int] = {}
        self._read_at = float("-inf")

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts one connection in. Raises RateLimited when as many wait as may."""
        if self._connections >= _MAX_WAITING:
            raise rate_limited(f"{_MAX_WAITING} connections are waiting for their jobs already", 5)
        self._connections += 1
        try:
            yield
        finally:
            self._connections -= 1

    async def changes(self, job: Job) -> AsyncIterator[Job | None]:
        """The job now and at each visible change, the last one terminal. None at every look that finds none.

        Ends early when the process stops or the job is gone.
        """
        yield job
        with self._watched(job.id):
            while not job.is_terminal and not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _STEP_SECONDS)
                if self._version(job) == job.version:
                    yield None
                    continue
                with self._database.reading() as connection:
                    now = store.get(connection, job.id, job.key_id)
                if now is None:
                    return
                job = now
                yield job

    @contextmanager
    def _watched(self, job_id: str) -> Iterator[None]:
        self._jobs[job_id] += 1
        try:
            yield
        finally:
            self._jobs[job_id] -= 1
            if not self._jobs[job_id]:
                del self._jobs[job_id]

    def _version(self, job: Job) -> int:
        if boot_seconds() - self._read_at > _STEP_SECONDS / 2:
            with self._database.reading() as connection:
                self._versions = queue.versions(connection, list(self._jobs))
            self._read_at = boot_seconds()
        return self._versions.get(job.id, job.version)  # one that came after the query has no news yet
