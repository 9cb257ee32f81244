"""What a webhook carries: a job as its dialect prints it, from what the outbox kept of that moment."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from flashreel.api import luma, replicate, segmind
from flashreel.api.times import iso_time
from flashreel.catalogue import Catalogue
from flashreel.jobs.listing import Echo
from flashreel.jobs.outbox import Draft
from flashreel.jobs.store import Job


def render(catalogue: Catalogue, draft: Draft) -> str:
    """The body: JSON."""
    return bytes(JSONResponse(_body(catalogue, draft)).body).decode("utf-8")


def _body(catalogue: Catalogue, draft: Draft) -> dict[str, Any]:
    said = draft.snapshot
    job = Job(**{**said["job"], "warnings": tuple(said["job"]["warnings"])})
    echo, base = Echo(**{"prompt": "", **said["echo"]}), said["base"]
    if draft.shape == "luma":
        return luma.generation_body(catalogue, base, job, echo)
    if draft.shape == "replicate":
        return replicate.prediction_body(catalogue, base, base + said["prefix"], job, echo)
    timestamp = iso_time(draft.created_at, "milliseconds")
    return {"type": draft.event, "timestamp": timestamp, "data": segmind.final_body(base, job)}
