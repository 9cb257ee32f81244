"""What the callers of a server were told, and whether any of it contradicts the rest."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

TERMINAL: Final = ("COMPLETED", "FAILED")
_STAGES: Final = ("queued", "starting", "preparing", "rendering", "encoding", "storing", "done")


@dataclass(frozen=True, slots=True)
class Sight:
    """One answer about one job. The server made it between `asked` and `heard` (monotonic seconds)."""

    asked: float
    heard: float
    state: str
    stage: str | None
    progress: float
    attempt: float | None
    """Names the attempt by the time the job had waited when it began; None before the first."""
    result: str
    """What was made, or why not; empty where the answer does not say."""

    @property
    def is_terminal(self) -> bool:
        return self.state in TERMINAL


@dataclass(slots=True)
class Accepted:
    """A job whose acceptance a client has read."""

    id: str
    token: str | None
    hook: str | None
    """The path that was to be told of its end."""
    sights: list[Sight] = field(default_factory=list)
    deleted_at: float | None = None
    """When its deletion was first asked for: from then on it may be unknown."""
    missed: list[float] = field(default_factory=list)
    """When an answer that did not know it had been asked for."""


class Witness:
    """A notebook that many clients write into."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.jobs: dict[str, Accepted] = {}
        self.by_token: dict[str, set[str]] = {}
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []

    def accepted(self, job_id: str, token: str | None, hook: str | None) -> None:
        with self._lock:
            self.jobs.setdefault(job_id, Accepted(job_id, token, hook))
            if token is not None:
                self.by_token.setdefault(token, set()).add(job_id)

    def deleting(self, job_id: str) -> None:
        with self._lock:
            job = self.jobs[job_id]
            job.deleted_at = min(job.deleted_at or float("inf"), time.monotonic())

    def missed(self, job_id: str, asked: float) -> None:
        with self._lock:
            self.jobs[job_id].missed.append(asked)

    def saw(self, job_id: str, body: Mapping[str, Any], asked: float) -> Sight:
        made = "output" in body  # at a URL of the server that was asked
        sight = Sight(
            asked=asked,
            heard=time.monotonic(),
            state=body["status"],
            stage=body.get("stage"),
            progress=body.get("progress", 1.0),
            attempt=body["metrics"].get("queue_time"),
            result=f"{urlsplit(body['output']).path} {body['seed']}" if made else body.get("error_code", ""),
        )
        with self._lock:
            self.jobs[job_id].sights.append(sight)
        return sight

    def count(self, answer: str) -> None:
        with self._lock:
            self.answers[answer] += 1

    def object(self, complaint: str) -> None:
        """Notes an answer that no server may give."""
        with self._lock:
            self.wrong.append(complaint)

    def changed_after_end(self) -> list[str]:
        """Jobs of which two ends, or two results, were seen."""
        return [job.id for job in self.jobs.values() if _ends_twice(job)]

    def went_back(self) -> list[str]:
        """Jobs whose stage or progress was seen to go back within one attempt."""
        return [job.id for job in self.jobs.values() if _goes_back(job.sights)]

    def vanished(self) -> list[str]:
        """Jobs that were unknown though nobody had asked for their deletion."""
        return [
            job.id
            for job in self.jobs.values()
            if any(job.deleted_at is None or asked < job.deleted_at for asked in job.missed)
        ]

    def made_twice(self) -> list[str]:
        """Idempotency keys that were answered with more than one job."""
        return [token for token, ids in self.by_token.items() if len(ids) > 1]


def _ends_twice(job: Accepted) -> bool:
    ends = [sight for sight in job.sights if sight.is_terminal]
    if not ends:
        return False
    over = min(sight.heard for sight in ends)
    lives_on = any(not sight.is_terminal and sight.asked > over for sight in job.sights)
    results = {sight.result for sight in ends if sight.result}
    return lives_on or len({sight.state for sight in ends}) > 1 or len(results) > 1


def _goes_back(sights: list[Sight]) -> bool:
    """Only of two answers of which one was asked for after the other was heard is it known which came first; then also
    where two servers gave them."""
    attempts: dict[float, list[Sight]] = {}
    for sight in sights:
        if sight.attempt is not None:
            attempts.setdefault(sight.attempt, []).append(sight)
    return any(
        before.heard <= after.asked and is_further(before, after)
        for seen in attempts.values()
        for before in seen
        for after in seen
    )


def is_further(one: Sight, other: Sight) -> bool:
    """Whether the stage or the progress of `one` lies beyond that of `other`, of the same attempt."""
    if one.stage is not None and other.stage is not None and one.stage != other.stage:
        return _STAGES.index(one.stage) > _STAGES.index(other.stage)
    return one.progress > other.progress
