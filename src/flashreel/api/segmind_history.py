"""Segmind's history routes, which its SDK calls on a host of their own. Source: the SDK's `generations.py`, which names
the parameters and the members of a row; what stands around the rows is our choice (docs/segmind.md)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from math import ceil
from typing import Any, TypeVar

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flashreel.api.auth import authenticate
from flashreel.api.base_url import base_url
from flashreel.api.state import state_of
from flashreel.api.times import iso_time
from flashreel.catalogue import MICRO
from flashreel.errors import InvalidRequest, NotFound
from flashreel.jobs import history
from flashreel.jobs.history import Order, Record, Records, Wanted
from flashreel.jobs.keys import Key
from flashreel.jobs.store import State
from flashreel.parameters import refuse

T = TypeVar("T")

_DAY = 86400.0
WINDOW_DAYS = 31
DEFAULT_DAYS = 7
PAGE = 20
PAGE_MAX = 100
PAGES_MAX = 1_000_000

STATES: Mapping[str, tuple[State, ...]] = {
    "COMPLETED": ("COMPLETED",),
    "FAILED": ("FAILED",),
    "PENDING": ("QUEUED", "PROCESSING"),
}
ORDERS: Mapping[str, Order] = {"model_created": "created", "model_name": "model", "credits_deduction": "cost"}
DIRECTIONS = {"desc": True, "asc": False}
#: What models' names are made of: nothing else could be found.
_NAME = re.compile(r"[a-z0-9._-]{1,64}")
_NAMED = "it must be 1 to 64 of a-z, 0-9, '.', '_', '-', as models' names are"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


async def requests(request: Request) -> Response:
    """GET /inference-request/request-history: the key's requests of some days, whatever became of them."""
    key = _caller(request)
    start, end = _window(request)
    states = _word(request, "status", STATES, ())
    wanted = Wanted(start, end, part=_model_name(request), states=states)
    order = _word(request, "sort_by", ORDERS, "created")
    descending = _word(request, "sort_order", DIRECTIONS, True)
    return await _paged(request, key, wanted, "requests", _request, order=order, descending=descending)


async def one_request(request: Request) -> Response:
    """GET /inference-request/request-history/{id}: one of the key's requests, as long as it is remembered."""
    key = authenticate(request)
    job_id = request.path_params["request_id"]
    record = await _read(request, lambda connection: history.find(connection, key.id, job_id))
    if record is None:
        raise NotFound("this request is unknown, or longer ago than requests are remembered (31 days)")
    return JSONResponse(_request(record, base_url(request)))


async def generations(request: Request) -> Response:
    """GET /inference-request/generations: the key's videos that were made, the latest first."""
    key = _caller(request)
    start, end = _day(request, "start_date"), _day(request, "end_date")
    _check_order("start_date", start, "end_date", end)
    starts = None if start is None else _seconds(start)
    ends = None if end is None else _seconds(end) + _DAY
    wanted = Wanted(starts, ends, model=_model_name(request), states=("COMPLETED",))
    return await _paged(request, key, wanted, "generations", _generation)


async def recent_generations(request: Request) -> Response:
    """GET /inference-request/recent-generations: the latest twenty videos of one model."""
    key = _caller(request)
    model = _model_name(request)
    if model is None:
        raise InvalidRequest(f"model_name is missing; {_NAMED}", field="model_name", value=None, allowed=_NAMED)
    wanted = Wanted(model=model, states=("COMPLETED",))
    found = await _read(request, lambda connection: history.page(connection, key.id, wanted, PAGE))
    base = base_url(request)
    return JSONResponse({"generations": [_generation(record, base) for record in found.records]})


async def _paged(
    request: Request,
    key: Key,
    wanted: Wanted,
    name: str,
    row: Callable[[Record, str], dict[str, Any]],
    *,
    order: Order = "created",
    descending: bool = True,
) -> Response:
    number = _integer(request, "page", 1, PAGES_MAX)
    size = _integer(request, "per_page", PAGE, PAGE_MAX)
    base = base_url(request)

    def read(connection: sa.Connection) -> Records:
        offset = (number - 1) * size
        return history.page(connection, key.id, wanted, size, offset=offset, order=order, descending=descending)

    found = await _read(request, read)
    rows = [row(record, base) for record in found.records]
    pages = ceil(found.total / size)
    return JSONResponse({name: rows, "page": number, "per_page": size, "total": found.total, "total_pages": pages})


async def _read(request: Request, work: Callable[[sa.Connection], T]) -> T:
    """Reads in a thread: to count the month of a busy key takes longer than a poll may wait for."""

    def read() -> T:
        with state_of(request).database.reading() as connection:
            return work(connection)

    return await asyncio.to_thread(read)


def _caller(request: Request) -> Key:
    """The key, which asks for nobody else's requests. Raises InvalidRequest."""
    key = authenticate(request)
    own = f"a key sees only its own requests: leave it out, or send user_id={key.id}"
    user = request.query_params.get("user_id")
    if user and user != key.id:
        raise refuse("user_id", user, own, [key.id])
    if email := request.query_params.get("user_email"):
        raise refuse("user_email", email, f"keys have no e-mail address here, and {own}", [])
    return key


def _window(request: Request) -> tuple[float, float]:
    """The wall seconds between which a history is wanted: whole days of UTC, the last seven unless the query says."""
    first, last = _day(request, "from_date"), _day(request, "to_date")
    _check_order("from_date", first, "to_date", last)
    end = _seconds(last or datetime.now(UTC).date()) + _DAY
    if first is None:
        return end - (DEFAULT_DAYS + 1) * _DAY, end
    if end - _seconds(first) > (WINDOW_DAYS + 1) * _DAY:
        rule = f"it must be at most {WINDOW_DAYS} days before to_date, which is {last or 'today unless it is sent'}"
        raise refuse("from_date", str(first), rule, rule)
    return _seconds(first), end


def _check_order(first_name: str, first: date | None, last_name: str, last: date | None) -> None:
    if first and last and first > last:
        rule = f"it must not be after {last_name}, which is {last}"
        raise refuse(first_name, str(first), rule, rule)


def _day(request: Request, name: str) -> date | None:
    value = request.query_params.get(name)
    if not value:
        return None
    with suppress(ValueError):
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    raise refuse(name, value, "it must be a day, as YYYY-MM-DD", "YYYY-MM-DD")


def _seconds(day: date) -> float:
    """When the day begins in UTC, in wall seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _integer(request: Request, name: str, default: int, most: int) -> int:
    value = request.query_params.get(name)
    if not value:
        return default
    if re.fullmatch("[0-9]{1,9}", value, re.ASCII) and 1 <= int(value) <= most:
        return int(value)
    rule = f"it must be an integer from 1 to {most}"
    raise refuse(name, value, rule, rule)


def _word(request: Request, name: str, allowed: Mapping[str, T], default: T) -> T:
    """What the query's word stands for."""
    value = request.query_params.get(name)
    if not value:
        return default
    if value in allowed:
        return allowed[value]
    raise refuse(name, value, f"allowed are {', '.join(allowed)}", list(allowed))


def _model_name(request: Request) -> str | None:
    """`model_name` in lower case, as all models' names are."""
    value = request.query_params.get("model_name")
    if not value:
        return None
    if _NAME.fullmatch(value.lower()):
        return value.lower()
    raise refuse("model_name", value, _NAMED, _NAMED)


def _request(record: Record, base: str) -> dict[str, Any]:
    """A row of a history. What a failed one said goes with its texts; its code stays."""
    return {
        "request_id": record.id,
        "model_name": record.model,
        "model_status": "PENDING" if record.state in STATES["PENDING"] else record.state,
        "credits_deduction": record.cost / MICRO,
        "request_body": _asked(record),
        "generation_url": _url(record, base),
        "latency_ms": _latency(record),
        "model_created": iso_time(record.created_at, "milliseconds"),
        **_times(record),
        "error": record.error or record.error_code,
        "error_code": record.error_code,
    }


def _generation(record: Record, base: str) -> dict[str, Any]:
    """A row of what was made."""
    return {
        "request_id": record.id,
        "model_name": record.model,
        "generation_url": _url(record, base),
        "status": record.state,
        "credits_deduction": record.cost / MICRO,
        "latency_ms": _latency(record),
        "prompt": None if record.echo is None else record.echo.prompt,
        "parameters": _asked(record),
        **_times(record),
    }


def _asked(record: Record) -> dict[str, Any] | None:
    """What was asked for, whatever the dialect, in Segmind's words; None once it is deleted."""
    if record.echo is None:
        return None
    return {
        "prompt": record.echo.prompt,
        "aspect_ratio": record.aspect_ratio,
        "duration": record.duration,
        "loop": record.echo.loop,
        "start_image_url": record.echo.start_image,
        "end_image_url": record.echo.end_image,
        "seed": record.seed,
    }


def _url(record: Record, base: str) -> str | None:
    return None if record.path is None else f"{base}/assets/{record.path}"


def _latency(record: Record) -> int | None:
    """From submit to end."""
    return None if record.finished_at is None else round(max(0.0, record.finished_at - record.created_at) * 1000)


def _times(record: Record) -> dict[str, str | None]:
    return {
        "created_at": iso_time(record.created_at, "milliseconds"),
        "started_at": iso_time(record.started_at, "milliseconds"),
        "finished_at": iso_time(record.finished_at, "milliseconds"),
    }


ROUTES: list[Route] = [
    Route("/inference-request/request-history", requests),
    Route("/inference-request/request-history/{request_id}", one_request),
    Route("/inference-request/generations", generations),
    Route("/inference-request/recent-generations", recent_generations),
]
