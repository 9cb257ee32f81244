"""Accepting a job, whatever the dialect: the checks in their order, then one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request

from flashreel.api.auth import authenticate, require
from flashreel.api.base_url import base_url
from flashreel.api.body import read_fields
from flashreel.api.dialects import DialectName
from flashreel.api.limits import Allowance, rate_limited
from flashreel.api.observed import note
from flashreel.api.own import own_image
from flashreel.api.state import State, state_of
from flashreel.catalogue import MICRO, Model
from flashreel.engines.capabilities import capabilities
from flashreel.errors import IdempotencyMismatch, InvalidRequest, NotEnoughCredits, Unavailable
from flashreel.jobs import idempotency, keys, listing, queue, repeats, store, webhooks
from flashreel.jobs.keys import Key
from flashreel.jobs.listing import Echo
from flashreel.jobs.store import Job
from flashreel.jobs.webhooks import Hook, Shape
from flashreel.media.urls import URL_MAX, check_http
from flashreel.parameters import parse_spec, printable, refuse
from flashreel.spec import PROMPT_MAX, GenerationSpec
from flashreel.telemetry import traces

TOKEN = re.compile(r"[\x21-\x7e]{1,255}")
_COUNT = re.compile(r"[0-9]{1,3}")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dialect understood: the spec, the warnings, the price in micro-credits, what answers will repeat of it,
    when the caller wants it ended (wall seconds), and the URLs to be told of it."""

    spec: GenerationSpec
    warnings: tuple[str, ...]
    price: int
    echo: Echo
    cancel_at: float | None = None
    hooks: tuple[Hook, ...] = ()


#: Turns the fields of a request into what is asked for. Raises InvalidRequest.
Ask = Callable[[Request, Key, Model, Mapping[str, object]], Asked]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a submit is answered with: nothing is read for it after the commit, when the store may be away.

    `repeated`: the job had been made before, by a request that this one repeats. Then `job` may be None: an
    Idempotency-Key outlives what it made."""

    key: Key
    job_id: str
    created_at: float
    warnings: tuple[str, ...]
    repeated: bool
    allowance: Allowance
    job: Job | None
    echo: Echo


async def submit(
    request: Request,
    *,
    dialect: DialectName,
    model: str | Callable[[Mapping[str, object]], str],
    target: str,
    ask: Ask,
    admit: Callable[[Key], object] = lambda _key: None,
) -> Accepted:
    """Accepts the job that the request's body describes, or finds the one that an earlier send of it made.

    `model` is its name in the dialect, or finds it in the fields; `target` says what the path adds to the request;
    `admit` is the caller's own last check. Raises RequestRefused in the order of DESIGN.md section 1; what was accepted
    once is answered whatever has changed since, and after the commit nothing here raises.
    """
    state = state_of(request)
    key = authenticate(request)
    offered = state.catalogue.find(model, dialect) if isinstance(model, str) else None
    require(key, "generate", None if offered is None else offered.name)
    base = base_url(request)  # a Host that cannot be answered is refused before anything is accepted
    fields = await read_fields(request)
    allowance = await _take(state, key)
    token, count = _token(request), _retry_count(request)
    body_hash = idempotency.hash_request(dialect, target, fields)

    def repeat(connection: sa.Connection) -> Accepted | None:
        if token is None:
            first = None if count is None else repeats.find(connection, key.id, dialect, body_hash, count)
            if first is None:
                return None
            echo = listing.echoes(connection, [first.id])[first.id]
            return Accepted(key, first.id, first.created_at, first.warnings, True, allowance, first, echo)
        earlier = idempotency.find(connection, key.id, token)
        if earlier is None:
            return None
        if earlier.body_hash != body_hash:
            raise IdempotencyMismatch(
                "this Idempotency-Key was used for another request; send a new one with a new request",
                request_id=earlier.job_id,
            )
        job = store.get(connection, earlier.job_id, key.id)
        echo = listing.echoes(connection, [earlier.job_id])[earlier.job_id]
        return Accepted(key, earlier.job_id, earlier.created_at, earlier.warnings, True, allowance, job, echo)

    with state.database.reading() as connection:
        again = repeat(connection)
    if again is not None:
        note(request, request_id=again.job_id)
        admit(key)
        return again
    if not isinstance(model, str):
        offered = state.catalogue.find(model(fields), dialect)
        require(key, "generate", offered.name)
    assert offered is not None
    asked = ask(request, key, offered, fields)
    if state.life.draining.is_set():
        raise Unavailable("the server is shutting down; submit again in a moment", headers={"retry-after": "5"})
    state.room.check()
    admit(key)

    def accept(connection: sa.Connection, alone: bool = False) -> Accepted:
        keys.lock(connection, key.id)
        again = repeat(connection)  # sent twice at once, say; to another server too
        if again is not None:
            return again
        job = store.submit(
            connection,
            key.id,
            asked.spec,
            dialect=dialect,
            engine=offered.engine or state.settings.engine,
            price=asked.price,
            warnings=asked.warnings,
            echo=asdict(asked.echo),
            body_hash=None if count is None else body_hash,
            retry_count=count,
            cancel_at=asked.cancel_at,
            callback=webhooks.callback(base, asked.hooks),
            traceparent=parent,
        )
        if job is None:
            raise _not_enough(keys.get_key(connection, key.id), asked.price)
        if token is not None:
            idempotency.remember(
                connection, key.id, token, body_hash, job_id=job.id, created_at=job.created_at, warnings=asked.warnings
            )
        _check_queue(connection, state, key, alone)
        return Accepted(key, job.id, job.created_at, job.warnings, False, allowance, job, asked.echo)

    with traces.span("send jobs", "producer", traces.QUEUE) as span:
        parent = traces.traceparent()
        try:
            accepted = await state.write(accept)
        except queue.Crowded:
            accepted = await state.write(lambda connection: accept(connection, alone=True))
        traces.describe(span, {"messaging.message.id": accepted.job_id, "flashreel.request_id": accepted.job_id})
    note(request, request_id=accepted.job_id)
    return accepted


def ask(
    request: Request,
    key: Key,
    model: Model,
    fields: Mapping[str, object],
    *,
    names: Mapping[str, str] = _NO_NAMES,
    scale: float = 1.0,
    shown: Mapping[str, object] = MappingProxyType({}),
    extras: Mapping[str, Any] = MappingProxyType({}),
    cancel_at: float | None = None,
) -> Asked:
    """What the fields of `parameters.FIELDS` ask for. `names` are the caller's own names of them, `scale` is of both
    sides of the picture; an image may also be an AssetImage. `shown` are values that answers repeat instead of those
    in `fields`, `extras` what else the dialect wants back. Raises InvalidRequest."""
    images = {}
    for name in ("start_image_url", "end_image_url"):
        value = fields.get(name)
        if isinstance(value, str) and (own := own_image(request, key, value, names.get(name, name))) is not None:
            images[name] = own
    spec, warnings = parse_spec(
        model, {**fields, **images}, state_of(request).settings.fetch_policy, names=names, scale=scale
    )
    engine = model.engine or state_of(request).settings.engine
    capabilities(engine).check(spec, engine, names)
    said = {**fields, **shown}
    echo = Echo(
        prompt=printable(str(said.get("prompt", spec.prompt)), PROMPT_MAX),
        loop=spec.loop,
        start_image=image_shown(said.get("start_image_url")),
        end_image=image_shown(said.get("end_image_url")),
        width=spec.width,
        height=spec.height,
        extras=dict(extras),
    )
    return Asked(spec, tuple(warnings), model.price(spec.duration, scale), echo, cancel_at)


def called_back(
    request: Request, url: object, field: str, shape: Shape, events: tuple[str, ...] = (), prefix: str = ""
) -> tuple[Hook, ...]:
    """The hook of a field that names a URL, if it does. Raises InvalidRequest for one that can never be called."""
    if url is None or url == "":
        return ()
    return (Hook(hook_url(request, url, field), shape, events, prefix),)


def hook_url(request: Request, url: object, field: str) -> str:
    """Raises InvalidRequest for what can never be called: the rules are those of image URLs."""
    if not isinstance(url, str) or printable(url, URL_MAX) != url:
        raise refuse(field, url, "it must be an http or https URL", "an http or https URL of a public host")
    check_http(url, field, state_of(request).settings.fetch_policy)
    return url


def image_shown(value: object) -> str | None:
    """An image as answers name it: a URL as it came, what has the picture in it cut short."""
    if not isinstance(value, str) or not value:
        return None
    return printable(value, URL_MAX if value[:8].lower().startswith(("http:", "https:")) else 64)


def _token(request: Request) -> str | None:
    token = request.headers.get("idempotency-key")
    if token is not None and not TOKEN.fullmatch(token):
        rule = "it must be 1 to 255 printable ASCII characters without spaces"
        raise InvalidRequest(
            f"the Idempotency-Key header is {printable(token)!r}; {rule}",
            field="idempotency-key",
            value=printable(token),
            allowed=rule,
        )
    return token


def _retry_count(request: Request) -> int | None:
    """How often a client that counts has sent this before; None of one that does not."""
    count = request.headers.get("x-stainless-retry-count", "")
    return int(count) if _COUNT.fullmatch(count) else None


async def _take(state: State, key: Key) -> Allowance:
    """One of the submits that the key has, here or, where other servers share the store, of all of them."""
    if not state.database.is_shared:
        return state.buckets.take(key.id, key.rate)
    return await state.write(lambda connection: state.buckets.take(key.id, key.rate, connection))


def _check_queue(connection: sa.Connection, state: State, key: Key, alone: bool) -> None:
    """Raises RateLimited when the job just written is one too many, and Crowded as `queue.fits` does; either undoes
    it. The key is locked: its own count needs no more."""
    limit = state.settings.max_queued if key.max_queued is None else key.max_queued
    if queue.count_unfinished(connection, key.id) > limit:
        raise rate_limited(f"this key already has {limit} unfinished jobs", 10)
    if not queue.fits(connection, state.settings.max_queue, alone=alone):
        raise rate_limited(f"the queue is full with {state.settings.max_queue} jobs", 30)


def _not_enough(key: Key | None, price: int) -> NotEnoughCredits:
    have = 0 if key is None else key.credits
    return NotEnoughCredits(
        f"not enough credits: you have {have / MICRO:g} and this needs {price / MICRO:g}",
        have=have / MICRO,
        need=price / MICRO,
    )
