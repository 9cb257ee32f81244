"""The metrics that are counted where things happen. What is asked of the store when somebody looks is in `stock.py`.

Every process of a `serve` counts into files of its own, which whoever answers /metrics adds up (prometheus_client's
multi-process mode). A file is named after the process's place in the tree, not its id: whoever replaces a dead worker
counts on from what that one had.

Every label has few values: route templates, model names, states; nothing a caller can make up. Every metric has a
label, since one without is opened at its definition, before `begin` can say where.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, values

_log = structlog.get_logger(__name__)

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY: Final = CollectorRegistry()

_REQUEST: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_STORE: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)
_JOB: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
_WAIT: Final = (0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)

HTTP_REQUESTS: Final = Counter(
    "flashreel_http_requests_total",
    "Requests answered, by route template; what no route took is `unmatched`, what nobody waited for has code 499.",
    ["method", "route", "code"],
    registry=REGISTRY,
)
HTTP_SECONDS: Final = Histogram(
    "flashreel_http_request_seconds",
    "From a request's head to the end of its answer; v1 calls and event streams wait for their job.",
    ["route"],
    buckets=_REQUEST,
    registry=REGISTRY,
)
JOBS_ACCEPTED: Final = Counter(
    "flashreel_jobs_accepted_total", "Jobs accepted.", ["model", "dialect"], registry=REGISTRY
)
JOBS_ENDED: Final = Counter(
    "flashreel_jobs_ended_total",
    "Jobs that ended, by state; error_code is empty for COMPLETED ones.",
    ["model", "state", "error_code"],
    registry=REGISTRY,
)
ATTEMPTS: Final = Counter(
    "flashreel_job_attempts_total",
    "What became of attempts at a job besides its end: started, given back in good order, or lost with their worker.",
    ["what"],
    registry=REGISTRY,
)
QUEUE_WAIT: Final = Histogram(
    "flashreel_queue_wait_seconds",
    "From a job's submit until a worker took it, at its first attempt.",
    ["model"],
    buckets=_WAIT,
    registry=REGISTRY,
)
JOB_SECONDS: Final = Histogram(
    "flashreel_job_seconds",
    "From when a worker took a job until it ended, by state.",
    ["model", "state"],
    buckets=_JOB,
    registry=REGISTRY,
)
STAGE_SECONDS: Final = Histogram(
    "flashreel_stage_seconds",
    "What each stage of an attempt took.",
    ["engine", "stage"],
    buckets=_JOB,
    registry=REGISTRY,
)
CREDITS_CHARGED: Final = Counter(
    "flashreel_credits_charged_total", "Credits charged for completed jobs.", ["model"], registry=REGISTRY
)
WEBHOOKS: Final = Counter(
    "flashreel_webhook_deliveries_total",
    "Deliveries tried, by outcome: delivered, refused (another status than 2xx) or unreachable.",
    ["outcome"],
    registry=REGISTRY,
)
WEBHOOK_SECONDS: Final = Histogram(
    "flashreel_webhook_seconds",
    "What a delivery took, by outcome.",
    ["outcome"],
    buckets=_REQUEST,
    registry=REGISTRY,
)
STORE_SECONDS: Final = Histogram(
    "flashreel_store_seconds",
    "What transactions took, waiting for locks and the commit included: read, write.",
    ["kind"],
    buckets=_STORE,
    registry=REGISTRY,
)
DEATHS: Final = Counter(
    "flashreel_process_deaths_total",
    "Processes that ended though nobody had told them to, by role: api, worker, keeper.",
    ["role"],
    registry=REGISTRY,
)

#: Bytes of each of a process's files: more than all labels there can be take.
_ROOM: Final = 1 << 20
_folder: Path | None = None


def begin(folder: Path, process: str) -> None:
    """From here on this process counts into files in `folder`. `process` is its place in the tree: no two that run at
    once have the same. Where there is no room it counts for itself alone."""
    global _folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for kind in ("counter", "histogram"):
            _reserve(folder / f"{kind}_{process}.db")
    except OSError as error:
        _log.warning("this process's metrics are not shown", reason=error.strerror)
        return
    _folder = folder
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # where the library looks for it
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]


def _reserve(file: Path) -> None:
    """Writes the file out: a page of a mapped file that the disk has no room for ends its process with SIGBUS."""
    if not file.exists() or file.stat().st_size < _ROOM:
        new = file.with_suffix(".new")
        new.write_bytes(bytes(_ROOM))
        new.rename(file)


def folder() -> Path | None:
    """Where the processes count; None where this one counts for itself alone."""
    return _folder
