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
from flashreel.api.waiting import Waiting
from flashreel.catalogue import Catalogue
from flashreel.errors import Unavailable
from flashreel.jobs.database import Database
from flashreel.jobs.writer import Writer
from flashreel.settings import Settings
from flashreel.storage import Storage

T = TypeVar("T")


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
    life: Life
    warmed_up: bool
    """Whether a worker has been ready since `serve` started (or none is expected here)."""
    used: dict[str, float] = field(default_factory=dict)
    """When each key's last use was written down last, on the boot clock."""

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Runs `work` through the writer; returns once it is committed, even if the caller has gone by then.

        Raises Unavailable when the store cannot be written, a full disk first of all; nothing is kept then.
        """
        try:
            return await asyncio.shield(asyncio.wrap_future(self.writer.write(work)))
        except sqlalchemy.exc.OperationalError as error:
            # What PostgreSQL's driver says names hosts and users.
            reason = type(error.orig).__name__ if self.database.is_shared else error.orig
            raise Unavailable(
                f"the store cannot be written ({reason}); nothing was kept, try again later",
                headers={"retry-after": "30"},
            ) from error


def state_of(request: Request) -> State:
    state: State = request.app.state.flashreel
    return state
