"""Waiting for a job with a connection open: bounded in number, ended when the process stops, never losing anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress

from sqlalchemy.exc import OperationalError

from flashreel.api.limits import rate_limited
from flashreel.jobs import queue, store
from flashreel.jobs.clock import boot_seconds
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job

_STEP_SECONDS = 0.1
_SHARED_STEP_SECONDS = 0.25  # where other servers ask the same database
_MAX_WAITING = 512
_MAX_OF_KEY = 128


class Waiting:
    """Whoever waits in this process. However many they are, one query a step tells which of their jobs have changed."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        self._database = database
        self._stopping = stopping
        self._step = _SHARED_STEP_SECONDS if database.is_shared else _STEP_SECONDS
        self._connections: Counter[str] = Counter()  # by key
        self._jobs: Counter[str] = Counter()
        self._versions: Mapping[str, int] = {}
        self._read_at = float("-inf")

    @contextmanager
    def counted(self, key_id: str) -> Iterator[None]:
        """Counts one connection of this key in. Raises RateLimited when as many wait as may."""
        if self._connections[key_id] >= _MAX_OF_KEY:
            raise rate_limited(f"{_MAX_OF_KEY} connections of this key are waiting for their jobs already", 5)
        if self._connections.total() >= _MAX_WAITING:
            raise rate_limited(f"{_MAX_WAITING} connections are waiting for their jobs already", 5)
        with _one_more(self._connections, key_id):
            yield

    async def changes(self, job: Job) -> AsyncIterator[Job | None]:
        """The job now and at each visible change, the last one terminal. None at every look that finds none, also while
        the store is away: nothing has happened then that anybody could know.

        Ends early when the process stops or the job is gone.
        """
        yield job
        with _one_more(self._jobs, job.id):
            while not job.is_terminal and not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._step)
                try:
                    changed = self._version(job) != job.version
                    now = self._read(job) if changed else job
                except OperationalError:
                    changed, now = False, job
                if now is None:
                    return
                job = now
                yield job if changed else None

    def _read(self, job: Job) -> Job | None:
        with self._database.reading() as connection:
            return store.get(connection, job.id, job.key_id)

    def _version(self, job: Job) -> int:
        if boot_seconds() - self._read_at > self._step / 2:
            self._versions = {}
            try:
                with self._database.reading() as connection:
                    self._versions = queue.versions(connection, list(self._jobs))
            finally:
                self._read_at = boot_seconds()  # a store that is away is asked no more often
        return self._versions.get(job.id, job.version)  # one that came after the query has no news yet


@contextmanager
def _one_more(counts: Counter[str], what: str) -> Iterator[None]:
    counts[what] += 1
    try:
        yield
    finally:
        counts[what] -= 1
        if not counts[what]:
            del counts[what]
