"""Where a job stands and when it will be done, from short snapshots: polls must stay cheap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError

from flashreel.jobs import queue, workers
from flashreel.jobs.clock import boot_seconds, wall_seconds
from flashreel.jobs.database import Database
from flashreel.jobs.store import Job
from flashreel.settings import Settings

T = TypeVar("T")

_QUEUE_SECONDS = 0.5
_TIMES_SECONDS = 5.0


class _Snapshot(Generic[T]):
    """A value read again once it is older than `seconds`."""

    def __init__(self, read: Callable[[], T], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._at = float("-inf")

    def get(self) -> T:
        if boot_seconds() - self._at > self._seconds:
            self._value = self._read()
            self._at = boot_seconds()
        return self._value


@dataclass(frozen=True, slots=True)
class Estimate:
    """`queue_position` counts from 1 and is None once a worker has the job, or if unknown; `eta` is in seconds, None if
    unknown."""

    queue_position: int | None
    eta: float | None


class Estimates:
    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._engines = {model.name: model.engine or settings.engine for model in settings.catalogue}
        self._positions = {
            engine: _Snapshot(partial(self._read_positions, engine), _QUEUE_SECONDS)
            for engine in set(self._engines.values())
        }
        self._workers = _Snapshot(self._read_workers, _QUEUE_SECONDS)
        self._times: dict[tuple[str, int], _Snapshot[float | None]] = {}

    def of(self, job: Job) -> Estimate:
        """The estimate for a live job; nothing is known while the store is away."""
        try:
            return self._of(job)
        except OperationalError:
            return Estimate(None, None)

    def _of(self, job: Job) -> Estimate:
        typical = self._typical(job.model, job.duration)
        engine = self._engines.get(job.model)
        if job.state == "PROCESSING":
            eta = None
            if job.started_at is not None and job.progress > 0.1:
                # This very run says more than others did.
                eta = (wall_seconds() - job.started_at) / job.progress * (1 - job.progress)
            elif typical is not None:
                eta = typical * (1 - job.progress)
            return Estimate(None, None if eta is None else round(max(0.0, eta), 1))
        if engine is None:  # a model that is no longer offered
            return Estimate(None, None)
        # One that was submitted after the snapshot stands at its end.
        ahead = self._positions[engine].get()
        position = ahead.get(job.id, len(ahead) + 1)
        hands = self._workers.get().get(engine, 0)
        eta = None if typical is None or not hands else round(typical * (1 + (position - 1) / hands + 0.5), 1)
        return Estimate(position, eta)

    def _typical(self, model: str, duration: int) -> float | None:
        key = (model, duration)
        if key not in self._times:
            self._times[key] = _Snapshot(lambda: self._read_typical(*key), _TIMES_SECONDS)
        return self._times[key].get()

    def _read_typical(self, model: str, duration: int) -> float | None:
        with self._database.reading() as connection:
            return queue.typical_seconds(connection, model, duration)

    def _read_positions(self, engine: str) -> dict[str, int]:
        models = [model for model, its in self._engines.items() if its == engine]
        with self._database.reading() as connection:
            return {job_id: place for place, job_id in enumerate(queue.positions(connection, models), 1)}

    def _read_workers(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        with self._database.reading() as connection:
            for worker in workers.list_workers(connection):
                counts[worker.engine] = counts.get(worker.engine, 0) + worker.can_take_jobs
        return counts
