"""What the operator's routes answer: rows as JSON. Money in credits, durations in seconds, sizes in bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flashreel.api.times import iso_time
from flashreel.catalogue import MICRO
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.outbox import Message
from flashreel.jobs.overview import Backlog, Failures, Files, Kept, KeyUse, Mail, Post, Throughput, Timing
from flashreel.jobs.search import Detail, Entry
from flashreel.jobs.store import Job
from flashreel.jobs.trend import Slot
from flashreel.jobs.webhooks import Webhook
from flashreel.settings import Settings


class Disk(Protocol):
    """Bytes of the disk that the data folder is on."""

    @property
    def total(self) -> int: ...
    @property
    def free(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What was read for the overview."""

    backlog: Sequence[Backlog]
    posts: Sequence[Post]
    running: Mapping[str, Job]
    throughput: Throughput
    slots: Sequence[Slot]
    timings: Sequence[Timing]
    failures: Sequence[Failures]
    mail: Mail
    kept: Kept
    disk: Disk


def sight(seen: Sight, hours: int, width: float, settings: Settings) -> dict[str, Any]:
    oldest = max((one.oldest for one in seen.backlog if one.oldest is not None), default=None)
    made, mail = seen.throughput, seen.mail
    return {
        "at": iso_time(wall_seconds(), "milliseconds"),
        "hours": hours,
        "queue": {
            "queued": sum(one.queued for one in seen.backlog),
            "running": sum(one.running for one in seen.backlog),
            "oldest_seconds": _seconds(oldest),
            "limit": settings.max_queue,
            "models": [
                {
                    "model": one.model,
                    "queued": one.queued,
                    "running": one.running,
                    "oldest_seconds": _seconds(one.oldest),
                }
                for one in seen.backlog
            ],
        },
        "workers": [_post(one, seen.running.get(one.job_id or "")) for one in seen.posts],
        "throughput": {
            "completed": made.completed,
            "failed": made.failed,
            "per_hour": round(made.per_hour, 2),
            "video_seconds": made.video,
            "credits": made.charged / MICRO,
        },
        "slots": {
            "seconds": width,
            "list": [
                {
                    "start": iso_time(slot.start, "seconds"),
                    "completed": slot.completed,
                    "failed": slot.failed,
                    "wait_seconds": _seconds(slot.wait),
                }
                for slot in seen.slots
            ],
        },
        "timings": [
            {
                "model": one.model,
                "jobs": one.jobs,
                "phases": [
                    {
                        "phase": name,
                        "median_seconds": round(spread.median, 2),
                        "p95_seconds": round(spread.p95, 2),
                        "longest_seconds": round(spread.longest, 2),
                    }
                    for name, spread in one.phases.items()
                ],
            }
            for one in seen.timings
        ],
        "failures": [
            {"code": one.code, "count": one.count, "latest_at": iso_time(one.latest, "milliseconds")}
            for one in seen.failures
        ],
        "messages": {
            "waiting": mail.waiting,
            "delivered": mail.delivered,
            "dead": mail.dead,
            "oldest_seconds": _seconds(mail.oldest),
        },
        "storage": {
            "videos": _files(seen.kept.videos),
            "stills": _files(seen.kept.stills),
            "uploads": _files(seen.kept.uploads),
            "quota_bytes": settings.storage_quota or None,
            "disk_free_bytes": seen.disk.free,
            "disk_total_bytes": seen.disk.total,
            "min_free_bytes": settings.min_free,
        },
    }


def _post(post: Post, job: Job | None) -> dict[str, Any]:
    """A worker, with the stage of the job that it has, or else its own."""
    at = job or post.worker
    return {
        "id": post.worker.id,
        "pid": post.worker.pid,
        "engine": post.worker.engine,
        "state": post.worker.state,
        "stage": at.stage,
        "progress": round(at.progress, 4),
        "still_seconds": _seconds(post.worker.still),
        "job_id": post.job_id,
        "model": post.model,
        "job_seconds": _seconds(post.seconds),
    }


def _files(files: Files) -> dict[str, int]:
    return {"count": files.count, "bytes": files.size}


def _seconds(value: float | None) -> float | None:
    return None if value is None else max(0.0, round(value, 2))


def key(use: KeyUse) -> dict[str, Any]:
    """A key, without its secret, which is known to nobody."""
    one = use.key
    now = wall_seconds()
    state = "good" if one.is_good(now) else "revoked" if one.revoked_at is not None else "expired"
    return {
        "id": one.id,
        "name": one.name,
        "of_key": one.of_key,
        "state": state,
        "scopes": sorted(one.scopes),
        "models": None if one.models is None else sorted(one.models),
        "credits": one.credits / MICRO,
        "held_credits": use.held / MICRO,
        "queued": use.queued,
        "running": use.running,
        "rate": one.rate,
        "max_queued": one.max_queued,
        "max_running": one.max_running,
        "priority": one.priority,
        "created_at": iso_time(one.created_at, "milliseconds"),
        "expires_at": iso_time(one.expires_at, "milliseconds"),
        "revoked_at": iso_time(one.revoked_at, "milliseconds"),
        "last_used_at": iso_time(one.last_used_at, "milliseconds"),
    }


def entry(one: Entry) -> dict[str, Any]:
    """A job without anything that its caller wrote."""
    return {
        "id": one.id,
        "key_id": one.key_id,
        "key_name": one.key_name,
        "dialect": one.dialect,
        "model": one.model,
        "engine": one.engine,
        "aspect_ratio": one.aspect_ratio,
        "duration_seconds": one.duration,
        "seed": one.seed,
        "state": one.state,
        "stage": one.stage,
        "progress": round(one.progress, 4),
        "is_being_cancelled": one.cancel and one.finished_at is None,
        "worker": one.worker,
        "attempt": one.attempt,
        "lost_attempts": one.lost,
        "error_code": one.error_code,
        "price": one.price / MICRO,
        "cost": None if one.cost is None else one.cost / MICRO,
        "file_bytes": one.file_size,
        "created_at": iso_time(one.created_at, "milliseconds"),
        "started_at": iso_time(one.started_at, "milliseconds"),
        "finished_at": iso_time(one.finished_at, "milliseconds"),
        "expires_at": iso_time(one.expires_at, "milliseconds"),
        "swept_at": iso_time(one.swept_at, "milliseconds"),
    }


def detail(found: Detail) -> dict[str, Any]:
    """A job with all that is known of it: what was asked for, until that is deleted, too."""
    asked = None
    if found.echo is not None:
        asked = {
            "prompt": found.echo.prompt,
            "loop": found.echo.loop,
            "start_image": found.echo.start_image,
            "end_image": found.echo.end_image,
            "width": found.echo.width,
            "height": found.echo.height,
        }
    return {
        **entry(found.entry),
        "error": found.entry.error,
        "warnings": list(found.entry.warnings),
        "asked": asked,
        "ledger": [
            {"kind": one.kind, "credits": one.amount / MICRO, "at": iso_time(one.at, "milliseconds")}
            for one in found.bookings
        ],
        "messages": [message(one) for one in found.messages],
    }


def webhook(one: Webhook) -> dict[str, Any]:
    return {
        "id": one.id,
        "key_id": one.key_id,
        "url": one.url,
        "types": list(one.types),
        "created_at": iso_time(one.created_at, "milliseconds"),
    }


def message(one: Message) -> dict[str, Any]:
    return {
        "id": one.id,
        "job_id": one.job_id,
        "key_id": one.key_id,
        "event": one.event,
        "url": one.url,
        "state": one.state,
        "attempts": one.attempt,
        "status_code": one.status,
        "error": one.error,
        "can_be_sent": one.has_text,
        "created_at": iso_time(one.created_at, "milliseconds"),
        "due_at": iso_time(one.due_at, "milliseconds") if one.state == "waiting" else None,
    }
