"""/health: whether this process lives, whether it can serve, whether anybody makes videos."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flashreel.api.state import SeenNow, State, state_of
from flashreel.errors import SetupError
from flashreel.jobs import queue, workers


async def live(_request: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """200 when jobs can be accepted and kept: the store writable and of a known schema, assets writable.

    After the start of `serve` it also waits, once, until a worker has warmed up.
    """
    state = state_of(request)
    reason, (alive, counts) = await state.ready.get(lambda: _look(state))
    if not state.warmed_up:
        state.warmed_up = any(worker.can_take_jobs for worker in alive)
    if reason is None and not state.warmed_up:
        warming = next((worker for worker in alive if worker.state == "warming"), None)
        reason = "no worker has warmed up yet"
        if warming is not None and warming.stage:
            reason += f": {warming.stage} {warming.progress:.0%}"
    if reason is None and state.life.draining.is_set():
        reason = "the server is shutting down"
    body = {
        "status": "ready" if reason is None else "not ready",
        "reason": reason,
        "workers": _count(alive),
        "queue": {"queued": counts.get("QUEUED"), "processing": counts.get("PROCESSING")},
    }
    return JSONResponse(body, 200 if reason is None else 503)


async def worker_health(request: Request) -> Response:
    """503 when no worker can take a job."""
    status = "no worker can take a job"
    state = state_of(request)
    try:
        alive, _ = await state.seen.get(lambda: _seen(state))
    except OperationalError:
        alive, status = [], "the store cannot be read"
    able = any(worker.can_take_jobs for worker in alive)
    body = {
        "status": "able" if able else status,
        "workers": _count(alive),
        "list": [
            {"id": worker.id, "engine": worker.engine, "state": worker.state, "stage": worker.stage} for worker in alive
        ],
    }
    return JSONResponse(body, 200 if able else 503)


def _look(state: State) -> tuple[str | None, SeenNow]:
    """Why no jobs can be accepted and kept, if so, who is there to make them, and how many there are."""
    if (reason := _problem(state)) is not None:
        return reason, ([], {})
    try:
        return None, _seen(state)
    except OperationalError:  # just now
        return "the store cannot be read", ([], {})


def _problem(state: State) -> str | None:
    try:
        state.database.check()
        state.database.check_writable()
    except SetupError as error:
        return str(error)
    except Exception as error:
        return f"the store cannot be written: {type(error).__name__}"
    try:
        state.storage.check_writable()
    except Exception as error:
        return f"assets cannot be written: {type(error).__name__}"
    return state.room.problem()


def _seen(state: State) -> SeenNow:
    with state.database.reading() as connection:
        return workers.list_workers(connection), queue.count_by_state(connection)


def _count(alive: list[workers.Worker]) -> dict[str, int]:
    counts = {"warming": 0, "idle": 0, "busy": 0, "draining": 0}
    for worker in alive:
        counts[worker.state] += 1
    return counts
