"""Health: what is wrong is said, and a store that fails is a reason and no crash."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from flashreel.api import health, shared
from flashreel.api.state import State
from flashreel.jobs import workers
from flashreel.jobs.schema import meta, revisions
from flashreel.jobs.workers import WorkerState
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed


@pytest.fixture(autouse=True)
def looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone who asks has a look of his own, unless a test says otherwise."""
    monkeypatch.setattr(shared, "_EVERY_SECONDS", -1.0)


def report(api: Api, name: str, state: WorkerState, stage: str = "", progress: float = 0.0) -> None:
    with api.state.database.transaction() as connection:
        workers.report(connection, name, 1, "animatic", state, stage, progress)


def ready(api: Api) -> tuple[int, dict[str, Any]]:
    answer = api.get("/health/ready", key=None)
    return answer.status_code, answer.json()


def test_live_asks_nobody(api: Api) -> None:
    assert api.get("/health/live", key=None).json() == {"status": "live"}


def test_ready_counts_workers_and_the_queue(api: Api) -> None:
    report(api, "w1", "busy")
    report(api, "w2", "idle")
    for _ in range(3):
        api.submit()
    claimed(api.state.database)
    assert ready(api) == (
        200,
        {
            "status": "ready",
            "reason": None,
            "workers": {"warming": 0, "idle": 1, "busy": 1, "draining": 0},
            "queue": {"queued": 2, "processing": 1},
        },
    )


def test_after_the_start_ready_waits_for_a_worker_once(make_api: ApiMaker) -> None:
    api = make_api(warmed_up=False)
    assert (ready(api)[0], ready(api)[1]["reason"]) == (503, "no worker has warmed up yet")
    report(api, "w1", "warming", "compiling", 0.4)
    assert ready(api)[1]["reason"] == "no worker has warmed up yet: compiling 40%"
    report(api, "w1", "idle")
    assert ready(api)[0] == 200
    with api.state.database.transaction() as connection:
        workers.remove(connection, "w1")
    assert ready(api)[0] == 200  # jobs can be accepted, whoever makes them later


def test_a_store_of_another_schema_is_a_reason(api: Api) -> None:
    with api.state.database.transaction() as connection:
        connection.execute(revisions.update().values(version_num="9999"))
        connection.execute(meta.update().where(meta.c.name == "compatible").values(value="9999"))
    status, body = ready(api)
    assert (status, body["status"]) == (503, "not ready")
    assert "schema 9999" in body["reason"]


def test_a_store_that_cannot_be_read_is_a_reason(api: Api) -> None:
    with sqlite3.connect(str(api.state.database.path)) as connection:
        connection.execute("DROP TABLE workers")
        connection.execute("DROP TABLE alembic_version")
    connection.close()
    status, body = ready(api)
    assert status == 503
    assert "no schema of ours" in body["reason"]


def test_a_store_that_cannot_be_written_is_a_reason(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise sqlite3.OperationalError("disk I/O error at /secret/place")

    monkeypatch.setattr(api.state.database, "check_writable", fails)
    status, body = ready(api)
    assert (status, body["reason"]) == (503, "the store cannot be written: OperationalError")


def test_assets_that_cannot_be_written_are_a_reason(api: Api) -> None:
    folder = api.state.settings.assets
    folder.rmdir()
    folder.write_bytes(b"a file where the folder was")
    status, body = ready(api)
    assert (status, body["reason"]) == (503, "assets cannot be written: OSError")


@pytest.mark.parametrize(("state", "status"), [("warming", 503), ("idle", 200), ("busy", 200), ("draining", 503)])
def test_worker_health_is_whether_any_can_take_a_job(api: Api, state: WorkerState, status: int) -> None:
    report(api, "w1", state, "stage")
    answer = api.get("/health/workers", key=None)
    assert answer.status_code == status
    assert answer.json()["list"] == [{"id": "w1", "engine": "animatic", "state": state, "stage": "stage"}]
    assert answer.json()["workers"][state] == 1


def test_no_worker_at_all_can_take_no_job(api: Api) -> None:
    answer = api.get("/health/workers", key=None)
    assert (answer.status_code, answer.json()["status"]) == (503, "no worker can take a job")


def test_every_state_of_a_worker_is_counted(api: Api) -> None:
    states: list[WorkerState] = ["warming", "idle", "busy", "draining"]
    assert set(health._count([])) == set(states)


def test_whoever_asks_at_once_shares_a_look_and_the_next_is_a_second_later(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, looks = [1000.0], list[str]()
    monkeypatch.setattr(shared, "boot_seconds", lambda: now[0])
    monkeypatch.setattr(shared, "_EVERY_SECONDS", 1.0)

    def note(name: str, true: Callable[[State], Any]) -> None:
        def look(state: State) -> Any:
            looks.append(name)
            return true(state)

        monkeypatch.setattr(health, name, look)

    note("_look", health._look)
    note("_seen", health._seen)

    async def ask() -> None:
        paths = ["/health/ready", "/health/workers"] * 8
        answers = await asyncio.gather(*(api.client.get(path) for path in paths))
        assert [answer.status_code for answer in answers] == [200, 503] * 8

    api.runner.run(ask())
    assert sorted(looks) == ["_look", "_seen", "_seen"]  # one look sees too
    now[0] += 0.9
    api.runner.run(ask())
    assert len(looks) == 3
    now[0] += 0.2
    api.runner.run(ask())
    assert len(looks) == 6
    api.life.draining.set()
    assert ready(api)[1]["reason"] == "the server is shutting down"  # that is known without a look
    assert len(looks) == 6
