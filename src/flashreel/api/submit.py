"""Accepting a job, whatever the dialect: the checks in their order, then one transaction."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import Request

from flashreel.api.auth import authenticate, require
from flashreel.api.base_url import base_url
from flashreel.api.limits import Allowance, rate_limited
from flashreel.api.state import State, state_of
from flashreel.catalogue import MICRO
from flashreel.engines.capabilities import capabilities
from flashreel.errors import IdempotencyMismatch, InvalidRequest, NotEnoughCredits, Unavailable
from flashreel.jobs import idempotency, keys, store
from flashreel.jobs.keys import Key
from flashreel.parameters import parse_spec, printable

_TOKEN = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a submit is answered with. `repeated`: a request with the same Idempotency-Key had made this job before."""

    key: Key
    job_id: str
    created_at: float
    warnings: tuple[str, ...]
    repeated: bool
    allowance: Allowance


async def submit(
    request: Request,
    *,
    dialect: str,
    model: str,
    read: Callable[[Request], Awaitable[Mapping[str, object]]],
    admit: Callable[[], object] = lambda: None,
) -> Accepted:
    """Accepts the job that the fields `read(request)` describe, or finds the earlier one of the same Idempotency-Key.

    `admit` is the caller's own last check. Raises RequestRefused in the order of DESIGN.md section 1; what was accepted
    once is answered whatever has changed since, and after the commit nothing here raises.
    """
    state = state_of(request)
    key = authenticate(request)
    offered = state.catalogue[model]
    require(key, "generate", offered.name)
    base_url(request)  # a Host that cannot be answered is refused before anything is accepted
    fields = await read(request)
    allowance = state.buckets.take(key.id, key.rate)
    token = _token(request)
    body_hash = idempotency.hash_request(dialect, offered.name, fields)

    def repeat(connection: sa.Connection) -> Accepted | None:
        earlier = None if token is None else idempotency.find(connection, key.id, token)
        if earlier is None:
            return None
        if earlier.body_hash != body_hash:
            raise IdempotencyMismatch(
                "this Idempotency-Key was used for another request; send a new one with a new request",
                request_id=earlier.job_id,
            )
        return Accepted(key, earlier.job_id, earlier.created_at, earlier.warnings, True, allowance)

    if token is not None:
        with state.database.reading() as connection:
            again = repeat(connection)
        if again is not None:
            admit()
            return again
    spec, warnings = parse_spec(offered, fields, state.settings.fetch_policy)
    engine = offered.engine or state.settings.engine
    capabilities(engine).check(spec, engine)
    if state.life.draining.is_set():
        raise Unavailable("the server is shutting down; submit again in a moment", headers={"retry-after": "5"})
    state.room.check()
    price = offered.price(spec.duration)
    admit()

    def accept(connection: sa.Connection) -> Accepted:
        again = repeat(connection)  # sent twice at once, say
        if again is not None:
            return again
        job = store.submit(connection, key.id, spec, dialect=dialect, engine=engine, price=price, warnings=warnings)
        if job is None:
            raise _not_enough(keys.get_key(connection, key.id), price)
        _check_queue(connection, state, key)
        if token is not None:
            idempotency.remember(
                connection, key.id, token, body_hash, job_id=job.id, created_at=job.created_at, warnings=warnings
            )
        return Accepted(key, job.id, job.created_at, job.warnings, False, allowance)

    return await state.write(accept)


def _token(request: Request) -> str | None:
    token = request.headers.get("idempotency-key")
    if token is not None and not _TOKEN.fullmatch(token):
        rule = "it must be 1 to 255 printable ASCII characters without spaces"
        raise InvalidRequest(
            f"the Idempotency-Key header is {printable(token)!r}; {rule}",
            field="idempotency-key",
            value=printable(token),
            allowed=rule,
        )
    return token


def _check_queue(connection: sa.Connection, state: State, key: Key) -> None:
    """Raises RateLimited when the job just written is one too many; that undoes it."""
    limit = state.settings.max_queued if key.max_queued is None else key.max_queued
    if store.count_unfinished(connection, key.id) > limit:
        raise rate_limited(f"this key already has {limit} unfinished jobs", 10)
    if store.count_unfinished(connection) > state.settings.max_queue:
        raise rate_limited(f"the queue is full with {state.settings.max_queue} jobs", 30)


def _not_enough(key: Key | None, price: int) -> NotEnoughCredits:
    have = 0 if key is None else key.credits
    return NotEnoughCredits(
        f"not enough credits: you have {have / MICRO:g} and this needs {price / MICRO:g}",
        have=have / MICRO,
        need=price / MICRO,
    )
