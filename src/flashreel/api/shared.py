"""A look that costs something, at what anybody may ask as often as he likes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from flashreel.jobs.clock import boot_seconds

T = TypeVar("T")

_EVERY_SECONDS = 1.0


class Shared(Generic[T]):
    """What a look finds: one a second at most, shared by all who ask in that second."""

    def __init__(self) -> None:
        self._looking: asyncio.Task[T] | None = None
        self._begun_at = float("-inf")

    async def get(self, look: Callable[[], T]) -> T:
        """What `look` returned in its thread, less than a second ago or now. Raises what it raises."""
        looking = self._looking
        if looking is None or (looking.done() and boot_seconds() - self._begun_at > _EVERY_SECONDS):
            self._begun_at = boot_seconds()
            looking = self._looking = asyncio.create_task(asyncio.to_thread(look))
        return await asyncio.shield(looking)  # who hangs up ends it for no other
