"""Where an attempt's time goes: each stage logged when it begins, and at the end counted and traced."""

from __future__ import annotations

import time
from typing import Final

import structlog

from flashreel.telemetry import metrics, traces

_log = structlog.get_logger(__name__)

#: Those that have a name of their own, in their order. Engines may say others: those are counted as preparing.
STAGES: Final = ("starting", "preparing", "rendering", "encoding", "storing")


class Stages:
    """Those of one attempt. `enter` may be called from any one thread at a time."""

    def __init__(self, job_id: str, attempt: int) -> None:
        self._log = _log.bind(request_id=job_id, attempt=attempt)
        self._over: list[tuple[str, float, float]] = []
        self._now = (STAGES[0], time.time())

    def enter(self, stage: str) -> None:
        """The stage before ends here."""
        known = stage if stage in STAGES else "preparing"
        if known != self._now[0]:
            now = time.time()
            self._over.append((*self._now, now))
            self._now = (known, now)
            self._log.info("job stage", stage=known)

    def seconds(self) -> dict[str, float]:
        """What each took until now, in their order."""
        took: dict[str, float] = {}
        for stage, begun, ended in (*self._over, (*self._now, time.time())):
            took[stage] = took.get(stage, 0.0) + max(0.0, ended - begun)
        return {stage: took[stage] for stage in STAGES if stage in took}

    def end(self, engine: str) -> None:
        """Counts them, and traces them as children of the span around this. It cannot be used again."""
        for stage, seconds in self.seconds().items():
            metrics.STAGE_SECONDS.labels(engine, stage).observe(seconds)
        for stage, begun, ended in (*self._over, (*self._now, time.time())):
            traces.record(stage, begun, ended)
