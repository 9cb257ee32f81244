"""Making a failed job once more, at the operator's word."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa
from pydantic import ValidationError

from flashreel.catalogue import MICRO
from flashreel.errors import Conflict, NotEnoughCredits, NotFound
from flashreel.jobs import keys, search, store, uploads
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import jobs, specs
from flashreel.jobs.store import Job
from flashreel.spec import GenerationSpec


def retry(connection: sa.Connection, job_id: str, engines: Mapping[str, str]) -> Job:
    """A new job that is to make what this FAILED one was, with its seed, for its key and price, which is held again;
    its webhooks are told of that too. The old one stays as it is, so that it can be retried more than once. `engines`
    are the models that are offered, with the engine of each. A caller's limits of rate and queue do not hold here.

    Raises NotFound where there is no such job; Conflict where it has not failed, or what it needs is no longer there;
    NotEnoughCredits.
    """
    if job_id not in search.ids(connection, job_id, 1):
        raise NotFound(f"there is no job with the id {job_id!r}")
    job = store.get(connection, job_id)
    query = sa.select(specs.c.spec, specs.c.echo, specs.c.sources, jobs.c.callback)
    asked = connection.execute(query.join(jobs, jobs.c.id == specs.c.job_id).where(specs.c.job_id == job_id)).first()
    if job is None or asked is None:
        raise _conflict(job_id, "what it was to make was deleted when its time was over")
    if job.state != "FAILED":
        raise _conflict(job_id, f"it is {job.state}; only a job that is FAILED can be")
    if job.model not in engines:
        raise _conflict(job_id, f"its model {job.model!r} is not offered; models are {', '.join(sorted(engines))}")
    key = keys.get_key(connection, job.key_id)
    assert key is not None
    if not key.is_good(wall_seconds()):
        raise _conflict(job_id, f"its key {key.id} is revoked or expired: nobody could fetch what is made")
    for source in (asked.sources or "").split():
        if store.get(connection, source) is None and uploads.get(connection, source) is None:
            raise _conflict(job_id, f"it uses a file of {source}, which was deleted")
    try:
        spec = GenerationSpec.model_validate_json(asked.spec)
    except ValidationError:  # whose own words have the prompt in them
        raise _conflict(job_id, "it was accepted by another version of the server and cannot be read") from None
    made = store.submit(
        connection,
        job.key_id,
        spec,
        dialect=job.dialect,
        engine=engines[job.model],
        price=job.price,
        warnings=job.warnings,
        echo=json.loads(asked.echo),
        callback=asked.callback,
    )
    if made is None:
        have, need = key.credits / MICRO, job.price / MICRO
        raise NotEnoughCredits(
            f"the key {key.id} has {have:g} credits and {job_id} needs {need:g}", have=have, need=need
        )
    return made


def _conflict(job_id: str, why: str) -> Conflict:
    return Conflict(f"{job_id} cannot be made again: {why}", request_id=job_id)
