"""What polls are answered from: those that come while one snapshot of the store is read share the next one.

However many callers poll, a server reads one snapshot after the other and never two at once. Each begins after the
polls that it answers: nobody hears what was true before he asked, so a job never goes back, whichever servers a caller
asks in turn, and nothing that was accepted, cancelled, deleted or revoked anywhere is answered as if it were not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from flashreel.jobs import keys, listing, store
from flashreel.jobs.database import Database
from flashreel.jobs.keys import Key
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job


@dataclass(frozen=True, slots=True)
class Poll:
    """Who asks (a key's secret), for which job, and whether for what was asked of it too."""

    secret: str = field(repr=False)  # no traceback is to show it
    job_id: str
    with_echo: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is: the key, unless its secret is no good, and its job of that id, with its echo if asked for."""

    key: Key | None
    job: Job | None
    echo: Echo | None


class Snapshots:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, "snapshots")
        self._waiting: dict[Poll, asyncio.Future[Seen]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def see(self, poll: Poll) -> Seen:
        """What the next snapshot shows. Raises what SQLAlchemy raises when it cannot be read."""
        if (answer := self._waiting.get(poll)) is None:
            answer = self._waiting[poll] = asyncio.get_running_loop().create_future()
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_on())
        return await asyncio.shield(answer)

    async def _read_on(self) -> None:
        """Reads as long as anybody waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                seen = await loop.run_in_executor(self._thread, read, self._database, list(asked))
            except Exception as error:
                for answer in asked.values():
                    answer.set_exception(error)
                    answer.exception()  # its caller may be gone
            else:
                for poll, answer in asked.items():
                    answer.set_result(seen[poll])


def read(database: Database, polls: Collection[Poll]) -> dict[Poll, Seen]:
    """Answers all of them from one snapshot."""
    with database.reading() as connection:
        of_secret = keys.authenticate_all(connection, {poll.secret for poll in polls})
        of_id = store.get_all(connection, {poll.job_id for poll in polls})
        echoes = listing.echoes(connection, {poll.job_id for poll in polls if poll.with_echo and poll.job_id in of_id})
    return {poll: _seen(poll, of_secret.get(poll.secret), of_id.get(poll.job_id), echoes) for poll in polls}


def _seen(poll: Poll, key: Key | None, job: Job | None, echoes: dict[str, Echo]) -> Seen:
    if key is None or job is None or job.key_id != key.id:
        return Seen(key, None, None)
    return Seen(key, job, echoes[job.id] if poll.with_echo else None)
