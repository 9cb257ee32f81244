"""Whether there is room on the disk for another job."""

from __future__ import annotations

import shutil

from flashreel.errors import Unavailable
from flashreel.jobs.clock import boot_seconds
from flashreel.settings import Settings

_EVERY_SECONDS = 1.0


class Room:
    """Looks at the disk of the data folder at most once a second."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free = 0
        self._at = float("-inf")

    def problem(self) -> str | None:
        """Why no job can be accepted, None when there is room."""
        if boot_seconds() - self._at > _EVERY_SECONDS:
            self._free = shutil.disk_usage(self._settings.data).free
            self._at = boot_seconds()
        if self._free >= self._settings.min_free:
            return None
        return (
            f"the disk is nearly full: {self._free / 1e6:.0f} MB are free and "
            f"{self._settings.min_free / 1e6:.0f} MB are kept free"
        )

    def check(self) -> None:
        """Raises Unavailable when there is no room."""
        if (problem := self.problem()) is not None:
            raise Unavailable(f"{problem}; submit again later", headers={"retry-after": "30"})
