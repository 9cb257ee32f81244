"""What the routes share: one object, made once per process and kept on the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
import sqlalchemy.exc
from starlette.requests import Request

from flashreel.api.estimates import Estimates
from flashreel.api.limits import Buckets
from flashreel.api.room import Room
from flashreel.api.shared import Shared
from flashreel.api.snapshots import Snapshots
from flashreel.api.waiting import Waiting
from flashreel.catalogue import Catalogue
from flashreel.errors import Unavailable
from flashreel.jobs.database import Database, is_in_doubt
from flashreel.jobs.workers import Worker
from flashreel.jobs.writer import Writer
from flashreel.settings import Settings
from flashreel.storage import Storage

T = TypeVar("T")

#: Who makes videos, and how many jobs are in each state.
SeenNow = tuple[list[Worker], dict[str, int]]

#: A database that is started again is back in seconds.
RETRY_SOON = {"retry-after": "5"}


@dataclass(slots=True)
class Life:
    """Where the process is in its life. Draining refuses new jobs; stopping ends every wait."""

    draining: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class State:
    settings: Settings
    catalogue: Catalogue
    database: Database
    writer: Writer
    storage: Storage
    buckets: Buckets
    room: Room
    estimates: Estimates
    waiting: Waiting
    snapshots: Snapshots
    """What polls are answered from."""
    life: Life
    warmed_up: bool
    """Whether a worker has been ready since `serve` started (or none is expected here)."""
    used: dict[str, float] = field(default_factory=dict)
    """When each key's last use was written down last, on the boot clock."""
    ready: Shared[tuple[str | None, SeenNow]] = field(default_factory=Shared)
    """What /health/ready looks at, which costs a write."""
    seen: Shared[SeenNow] = field(default_factory=Shared)
    """What /health/workers looks at."""
    outage_logged_at: float = float("-inf")
    """When it was logged last that the store cannot be read, on the boot clock."""

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Runs `work` through the writer; returns once it is committed, even if the caller has gone by then.

        Raises Unavailable when the store cannot be written: a full disk, a database that is away. Nothing is kept then,
        unless it says that this is not known.
        """
        try:
            return await asyncio.shield(asyncio.wrap_future(self.writer.write(work)))
        except sqlalchemy.exc.OperationalError as error:
            if is_in_doubt(error):
                kept = "it is not known whether this was kept: look, or send it again with the same Idempotency-Key"
                raise Unavailable(f"the store went away while it was written; {kept}", headers=RETRY_SOON) from error
            if self.database.is_shared:  # what its driver says names hosts and users
                text = f"the store cannot be written ({type(error.orig).__name__}); nothing was kept, try again soon"
                raise Unavailable(text, headers=RETRY_SOON) from error
            text = f"the store cannot be written ({error.orig}); nothing was kept, try again later"
            raise Unavailable(text, headers={"retry-after": "30"}) from error


def state_of(request: Request) -> State:
    state: State = request.app.state.flashreel
    return state
