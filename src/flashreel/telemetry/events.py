"""Each event of a job: one line in the log, and counted."""

from __future__ import annotations

from typing import Any, Final, Literal

import structlog

from flashreel.catalogue import MICRO
from flashreel.jobs.observers import Happening, observers
from flashreel.telemetry import metrics

_log = structlog.get_logger(__name__)

_STATES: Final = {"completed": "COMPLETED", "failed": "FAILED", "cancelled": "FAILED"}


class JobEvents:
    """`with_texts`: whether the log may hold what a caller may have written, as in the reason of a failure."""

    def __init__(self, *, with_texts: bool) -> None:
        self._with_texts = with_texts

    def transacted(self, kind: Literal["read", "write"], seconds: float) -> None:
        metrics.STORE_SECONDS.labels(kind).observe(seconds)

    def happened(self, what: Happening, job_id: str, facts: dict[str, Any]) -> None:
        said = {name: value for name, value in facts.items() if value is not None}
        if not self._with_texts:
            said.pop("error", None)
        if "cost" in said:
            said["cost"] /= MICRO
        for name in ("waited", "seconds"):
            if name in said:
                said[name] = round(said[name], 2)
        if said.get("stages"):
            said["stages"] = {name: round(seconds, 2) for name, seconds in said["stages"].items()}
        bad = what == "failed" or facts.get("lost")
        (_log.warning if bad else _log.info)(f"job {what}", request_id=job_id, **said)
        _count(what, facts)


def _count(what: Happening, facts: dict[str, Any]) -> None:
    if what == "accepted":
        metrics.JOBS_ACCEPTED.labels(facts["model"], facts["dialect"]).inc()
    elif what == "started":
        metrics.ATTEMPTS.labels("started").inc()
        if facts["attempt"] == 1:
            metrics.QUEUE_WAIT.labels(facts["model"]).observe(facts["waited"])
    elif what == "given back":
        metrics.ATTEMPTS.labels("lost" if facts["lost"] else "given back").inc()
    else:
        model, state = facts["model"], _STATES[what]
        metrics.JOBS_ENDED.labels(model, state, facts["code"] or "").inc()
        if facts["seconds"] is not None:
            metrics.JOB_SECONDS.labels(model, state).observe(facts["seconds"])
        if facts["cost"]:
            metrics.CREDITS_CHARGED.labels(model).inc(facts["cost"] / MICRO)


def begin(*, with_texts: bool) -> None:
    """From here on this process's events are told."""
    observers[:] = [JobEvents(with_texts=with_texts)]
