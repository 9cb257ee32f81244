"""What an operator asks of the whole store: how long the queue is, what is made in an hour, what fails, who works, what
is kept. Read to be looked at, never to be relied on. A `window` is so many seconds back from now."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import sqlalchemy as sa

from flashreel.errors import JobErrorCode
from flashreel.jobs import keys, workers
from flashreel.jobs.clock import lease_clock, wall_seconds
from flashreel.jobs.keys import Key
from flashreel.jobs.schema import COMPLETED, LIVE, OPEN, UNSWEPT, jobs, outbox, uploads
from flashreel.jobs.store import State
from flashreel.jobs.workers import Worker

HOUR = 3600.0
DAY = 24 * HOUR
_SAMPLE = 2000  # of a busy day, enough for a median, and soon read


@dataclass(frozen=True, slots=True)
class Backlog:
    """A model's jobs that are not finished. `oldest` is how long the first of those that wait was accepted ago, in
    seconds; None where none waits."""

    model: str
    queued: int
    running: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """What ended in a window of so many seconds. `video` is the seconds of film in what was completed, `charged` what
    that cost, in micro-credits."""

    window: float
    completed: int
    failed: int
    video: int
    charged: int

    @property
    def per_hour(self) -> float:
        """Finished jobs, completed or failed, an hour."""
        return (self.completed + self.failed) * HOUR / self.window


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some times: seconds that half of them, and that nineteen in twenty, do not exceed, and the longest."""

    median: float
    p95: float
    longest: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a model's completed jobs took, by phase: `waiting` until the last worker took them, `running` from
    there, and of that every stage by its own name. `jobs` is how many were looked at."""

    model: str
    jobs: int
    phases: Mapping[str, Spread]


@dataclass(frozen=True, slots=True)
class Failures:
    """How many jobs failed with this code, and when the latest of them did, in wall seconds."""

    code: JobErrorCode
    count: int
    latest: float


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key and what it has under way: micro-credits held for its unfinished jobs, and how many those are."""

    key: Key
    held: int
    queued: int
    running: int


@dataclass(frozen=True, slots=True)
class Post:
    """A worker that is alive, and the job that it has, if any, with the seconds since it took it."""

    worker: Worker
    job_id: str | None
    model: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Mail:
    """Messages to webhooks, of those that are remembered. `oldest` is how long the first of the waiting ones was made
    ago, in seconds; None where none waits."""

    waiting: int
    delivered: int
    dead: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class Files:
    """Some files, and the bytes of them all."""

    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The files that rows publish, and so storage keeps."""

    videos: Files
    stills: Files
    uploads: Files


def backlog(connection: sa.Connection) -> list[Backlog]:
    """Every model with unfinished jobs, the longest queue first."""
    queued = sa.case((jobs.c.state == "QUEUED", 1), else_=0)
    waiting_since = sa.func.min(sa.case((jobs.c.state == "QUEUED", jobs.c.created_at)))
    query = sa.select(jobs.c.model, sa.func.sum(queued), sa.func.count(), waiting_since).where(LIVE)
    now = wall_seconds()
    found = [
        Backlog(model, int(waiting), count - int(waiting), None if since is None else max(0.0, now - since))
        for model, waiting, count, since in connection.execute(query.group_by(jobs.c.model))
    ]
    return sorted(found, key=lambda one: (-one.queued, one.model))


def count_by_state(connection: sa.Connection, window: float | None = None) -> dict[State, int]:
    """How many jobs are in each state, of those made in the window; without one, of all that are remembered."""
    query = sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state)
    if window is not None:
        query = query.where(jobs.c.created_at >= wall_seconds() - window)
    counts = {row[0]: row[1] for row in connection.execute(query)}
    return {state: counts.get(state, 0) for state in get_args(State)}


def throughput(connection: sa.Connection, window: float) -> Throughput:
    query = (
        sa.select(jobs.c.state, sa.func.count(), sa.func.sum(jobs.c.duration), sa.func.sum(jobs.c.cost))
        .where(jobs.c.finished_at >= wall_seconds() - window)
        .group_by(jobs.c.state)
    )
    found = {state: (count, int(seconds), int(cost or 0)) for state, count, seconds, cost in connection.execute(query)}
    completed, video, charged = found.get("COMPLETED", (0, 0, 0))
    return Throughput(window, completed, found.get("FAILED", (0, 0, 0))[0], video, charged)


def timings(connection: sa.Connection, window: float) -> list[Timing]:
    """Every model that completed jobs in the window, by its name; of very many jobs the latest are looked at."""
    query = (
        sa.select(
            jobs.c.model,
            (jobs.c.started_at - jobs.c.created_at).label("waiting"),
            (jobs.c.finished_at - jobs.c.started_at).label("running"),
            jobs.c.stages,
        )
        .where(COMPLETED, jobs.c.finished_at >= wall_seconds() - window)
        .order_by(jobs.c.finished_at.desc())
        .limit(_SAMPLE)
    )
    counts: Counter[str] = Counter()
    seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(query):
        counts[row.model] += 1
        phases = {"waiting": row.waiting, "running": row.running, **json.loads(row.stages or "{}")}
        for phase, seconds in phases.items():
            seen[row.model][phase].append(seconds)
    return [
        Timing(model, counts[model], {phase: _spread(times) for phase, times in seen[model].items()})
        for model in sorted(seen)
    ]


def _spread(times: Sequence[float]) -> Spread:
    ordered = sorted(times)
    return Spread(statistics.median(ordered), ordered[-(len(ordered) // 20) - 1], ordered[-1])


def failures(connection: sa.Connection, window: float) -> list[Failures]:
    """What jobs failed with in the window, the most frequent first."""
    count = sa.func.count()
    query = (
        sa.select(jobs.c.error_code, count, sa.func.max(jobs.c.finished_at))
        .where(jobs.c.state == "FAILED", jobs.c.finished_at >= wall_seconds() - window)
        .group_by(jobs.c.error_code)
        .order_by(count.desc(), jobs.c.error_code)
    )
    return [Failures(*row) for row in connection.execute(query)]


def key_uses(connection: sa.Connection) -> list[KeyUse]:
    """All keys, the oldest first."""
    running = sa.func.sum(sa.case((jobs.c.state == "PROCESSING", 1), else_=0))
    query = sa.select(jobs.c.key_id, sa.func.sum(jobs.c.price), sa.func.count(), running).where(LIVE)
    under_way = {
        key_id: (int(held), count - int(run), int(run))
        for key_id, held, count, run in connection.execute(query.group_by(jobs.c.key_id))
    }
    return [KeyUse(key, *under_way.get(key.id, (0, 0, 0))) for key in keys.list_keys(connection)]


def posts(connection: sa.Connection) -> list[Post]:
    """The workers that are alive, and what they do."""
    seconds = (lease_clock() - jobs.c.begun_at_boot).label("seconds")
    query = sa.select(jobs.c.worker, jobs.c.id, jobs.c.model, seconds).where(LIVE, jobs.c.state == "PROCESSING")
    held = {row.worker: (row.id, row.model, row.seconds) for row in connection.execute(query)}
    return [Post(worker, *held.get(worker.id, (None, None, None))) for worker in workers.list_workers(connection)]


def mail(connection: sa.Connection) -> Mail:
    waiting_since = sa.func.min(sa.case((OPEN, outbox.c.created_at)))
    delivered, dead = (sa.func.count(column) for column in (outbox.c.delivered_at, outbox.c.dead_at))
    total, sent, given_up, since = connection.execute(
        sa.select(sa.func.count(), delivered, dead, waiting_since).select_from(outbox)
    ).one()
    return Mail(total - sent - given_up, sent, given_up, None if since is None else max(0.0, wall_seconds() - since))


def kept(connection: sa.Connection) -> Kept:
    videos, stills = [], []
    for text in connection.scalars(sa.select(jobs.c.result).where(UNSWEPT, jobs.c.result.is_not(None))):
        result = json.loads(text)
        videos.append(result["file_size"])
        stills += [still["file_size"] for still in result.get("stills", {}).values()]
    count, size = connection.execute(sa.select(sa.func.count(), sa.func.sum(uploads.c.size))).one()
    return Kept(Files(len(videos), sum(videos)), Files(len(stills), sum(stills)), Files(count, int(size or 0)))
