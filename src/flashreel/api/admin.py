"""The operator's own routes, which the dashboard at /admin asks: everything of everybody, for keys of scope `admin`.

Lists show nothing that a caller wrote: prompts, errors and warnings (which quote them) are in the detail of one job
alone, and whoever looks at one is logged.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from typing import Final, TypeVar, get_args

import sqlalchemy as sa
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api import admin_shapes as shapes
from flashreel.api.auth import authenticate, require
from flashreel.api.state import state_of
from flashreel.errors import Conflict, JobErrorCode, NotFound, Unavailable
from flashreel.jobs import ending, outbox, overview, search, store, trend, webhooks
from flashreel.jobs import retry as retries
from flashreel.jobs.keys import Key
from flashreel.jobs.outbox import Message
from flashreel.jobs.search import Detail, Sought
from flashreel.jobs.store import State as JobState
from flashreel.parameters import refuse

T = TypeVar("T")

_log = structlog.get_logger(__name__)

#: Hours that can be looked back, and the slots of each in the charts: how many, and their seconds.
WINDOWS: Final[Mapping[int, tuple[int, float]]] = {1: (12, 300.0), 24: (24, 3600.0), 168: (28, 21600.0)}
WINDOW: Final = 24
PAGE: Final = 50
PAGE_MAX: Final = 200
MESSAGES: Final = 100
STATES: Final[tuple[JobState, ...]] = get_args(JobState)
CODES: Final[tuple[JobErrorCode, ...]] = get_args(JobErrorCode)
_PREFIX: Final = re.compile("[0-9a-f]{1,32}")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def operator(request: Request) -> Key:
    """The key that asks. Raises Unauthorized, or Forbidden where its scope is not `admin`."""
    key = authenticate(request)
    require(key, "admin")
    return key


async def read(request: Request, work: Callable[[sa.Connection], T]) -> T:
    """Reads in a thread: what is counted over a whole store takes longer than a poll may wait for."""

    def reads() -> T:
        with state_of(request).database.reading() as connection:
            return work(connection)

    return await asyncio.to_thread(reads)


def note(key: Key, event: str, **what: object) -> None:
    """What an operator did, and with which key."""
    _log.info(event, by=key.secret_id, **what)


async def look(request: Request) -> Response:
    """GET /admin/api/overview: queue, workers, throughput, times, failures, messages and storage."""
    operator(request)
    hours = int(_choice(request, "hours", tuple(map(str, WINDOWS)), str(WINDOW)))
    settings = state_of(request).settings
    count, width = WINDOWS[hours]
    seconds = hours * overview.HOUR

    def reads(connection: sa.Connection) -> shapes.Sight:
        posts = overview.posts(connection)
        return shapes.Sight(
            backlog=overview.backlog(connection),
            posts=posts,
            running=store.get_all(connection, [post.job_id for post in posts if post.job_id is not None]),
            throughput=overview.throughput(connection, seconds),
            slots=trend.trend(connection, width, count),
            timings=overview.timings(connection, seconds),
            failures=overview.failures(connection, seconds),
            mail=overview.mail(connection),
            kept=overview.kept(connection),
            disk=shutil.disk_usage(settings.data),
        )

    return JSONResponse(shapes.sight(await read(request, reads), hours, width, settings))


async def jobs(request: Request) -> Response:
    """GET /admin/api/jobs: everybody's jobs, the newest first."""
    operator(request)
    limit = _limit(request)
    prefix = _pattern(request, "id", _PREFIX, "the beginning of a job's id: 1 to 32 of 0-9, a-f", str.lower)
    after = _pattern(request, "after", _PREFIX, "the id of a job", str.lower)
    state, code = _choice(request, "state", STATES, ""), _choice(request, "code", CODES, "")
    sought = Sought(
        prefix=prefix,
        key_id=_pattern(request, "key", _NAME, "the id of a key"),
        states=tuple(one for one in STATES if one == state),
        model=_pattern(request, "model", _NAME, "the name of a model"),
        error_code=next((one for one in CODES if one == code), None),
    )
    found = await read(request, lambda connection: search.search(connection, sought, limit, after=after))
    return JSONResponse({"jobs": [shapes.entry(one) for one in found.entries], "has_more": found.has_more})


async def job(request: Request) -> Response:
    """GET /admin/api/jobs/{job_id}: all that is known of one, with what its caller asked for."""
    key = operator(request)
    found = await _detail(request, request.path_params["job_id"])
    note(key, "an operator looked at a job", request_id=found.entry.id)
    return JSONResponse(shapes.detail(found))


async def cancel(request: Request) -> Response:
    """POST /admin/api/jobs/{job_id}/cancel: a running one ends as soon as its worker looks, a finished one is left
    alone."""
    key = operator(request)
    state = state_of(request)
    job_id = (await _detail(request, request.path_params["job_id"])).entry.id
    retained = state.settings.retention
    await state.write(lambda connection: ending.cancel(connection, job_id, None, retained))
    note(key, "an operator cancelled a job", request_id=job_id)
    return JSONResponse(shapes.entry((await _detail(request, job_id)).entry))


async def retry(request: Request) -> Response:
    """POST /admin/api/jobs/{job_id}/retry: a new job that makes what this one failed to."""
    key = operator(request)
    state = state_of(request)
    job_id = (await _detail(request, request.path_params["job_id"])).entry.id
    if state.life.draining.is_set():
        raise Unavailable("the server is shutting down; try again in a moment", headers={"retry-after": "5"})
    state.room.check()
    engines = {model.name: model.engine or state.settings.engine for model in state.catalogue}
    made = await state.write(lambda connection: retries.retry(connection, job_id, engines))
    note(key, "an operator retried a job", request_id=made.id, of=job_id)
    return JSONResponse(shapes.entry((await _detail(request, made.id)).entry))


async def _detail(request: Request, job_id: str) -> Detail:
    found = await read(request, lambda connection: search.detail(connection, job_id))
    if found is None:
        raise NotFound("there is no job of this id, or no longer")
    return found


async def hooks(request: Request) -> Response:
    """GET /admin/api/webhooks: the standing ones of all keys, and the latest messages, or only the dead ones."""
    operator(request)
    dead = _choice(request, "messages", ("all", "dead"), "all") == "dead"

    def reads(connection: sa.Connection) -> dict[str, object]:
        found = outbox.messages(connection, MESSAGES, dead=dead)
        return {
            "webhooks": [shapes.webhook(one) for one in webhooks.standing(connection)],
            "messages": [shapes.message(one) for one in found],
        }

    return JSONResponse(await read(request, reads))


async def replay(request: Request) -> Response:
    """POST /admin/api/messages/{message_id}/replay: sends a message again, with the same id and body."""
    key = operator(request)
    message_id = request.path_params["message_id"]
    if not _NAME.fullmatch(message_id):  # nor anything a database would choke on
        raise _no_message()

    def again(connection: sa.Connection) -> Message | None:
        return outbox.replay(connection, message_id)

    message = await state_of(request).write(again)
    if message is None:
        raise _no_message()
    if not message.has_text:
        raise Conflict("the text of this message was deleted with its job: it can no longer be sent")
    note(key, "an operator replayed a message", message_id=message_id)
    return JSONResponse(shapes.message(message))


def _no_message() -> NotFound:
    return NotFound("there is no message of this id, or no longer")


def _choice(request: Request, name: str, allowed: tuple[str, ...], default: str) -> str:
    """A parameter of the query. Raises InvalidRequest."""
    value = request.query_params.get(name) or default
    if value not in (*allowed, default):
        raise refuse(name, value, f"it must be one of {', '.join(allowed)}", list(allowed))
    return value


def _limit(request: Request) -> int:
    value = request.query_params.get("limit") or str(PAGE)
    if not re.fullmatch("[0-9]{1,6}", value) or not 1 <= int(value) <= PAGE_MAX:
        raise refuse("limit", value, f"it must be an integer from 1 to {PAGE_MAX}", {"minimum": 1, "maximum": PAGE_MAX})
    return int(value)


def _pattern(
    request: Request, name: str, pattern: re.Pattern[str], rule: str, tidy: Callable[[str], str] = str
) -> str | None:
    """A parameter of the query, None where it is not given. Raises InvalidRequest."""
    value = tidy((request.query_params.get(name) or "").strip())
    if value and not pattern.fullmatch(value):
        raise refuse(name, value, f"it must be {rule}", rule)
    return value or None


ROUTES: list[Route] = [
    Route("/admin/api/overview", look),
    Route("/admin/api/jobs", jobs),
    Route("/admin/api/jobs/{job_id}", job),
    Route("/admin/api/jobs/{job_id}/cancel", cancel, methods=["POST"]),
    Route("/admin/api/jobs/{job_id}/retry", retry, methods=["POST"]),
    Route("/admin/api/webhooks", hooks),
    Route("/admin/api/messages/{message_id}/replay", replay, methods=["POST"]),
]
