"""Where a job stands and when it will be done: from what is known, and None where nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from flashreel.api import estimates
from flashreel.jobs import leases, queue, store, workers
from flashreel.jobs.schema import jobs
from flashreel.jobs.workers import WorkerState
from tests.api.conftest import Api
from tests.support.store import claimed, complete


@pytest.fixture(autouse=True)
def _no_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_QUEUE_SECONDS", "_TIMES_SECONDS"):
        monkeypatch.setattr(estimates, name, 0.0)


def status(api: Api, job_id: str) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/v2/requests/{job_id}/status").json()
    return body


def told(api: Api, job_id: str) -> tuple[int | None, float | None]:
    body = status(api, job_id)
    return body["queue_position"], body["eta"]


def report(api: Api, name: str, state: WorkerState = "idle") -> None:
    with api.state.database.transaction() as connection:
        workers.report(connection, name, 1, "animatic", state, "", 0.0)


def history(api: Api, seconds: float) -> None:
    """One completed job that took so long."""
    api.submit()
    taken = claimed(api.state.database)
    complete(api.state.database, taken)
    with api.state.database.transaction() as connection:
        change = jobs.update().where(jobs.c.id == taken.id)
        connection.execute(change.values(started_at=jobs.c.finished_at - seconds))


def test_positions_count_from_one_and_shrink_as_the_queue_does(api: Api) -> None:
    ids = [api.submit() for _ in range(3)]
    assert [told(api, job_id)[0] for job_id in ids] == [1, 2, 3]
    taken = claimed(api.state.database)
    assert taken.id == ids[0]
    assert [told(api, job_id)[0] for job_id in ids] == [None, 1, 2]
    api.post(f"/v2/requests/{ids[1]}/cancel")
    assert told(api, ids[2])[0] == 1
    assert "queue_position" not in status(api, ids[1])


def test_another_keys_jobs_count_by_turns(api: Api) -> None:
    mine = [api.submit() for _ in range(2)]
    _, other = api.new_key()
    theirs = api.post("/v2/tiny", {"prompt": "a fox"}, key=other).json()["request_id"]
    body = api.get(f"/v2/requests/{theirs}/status", key=other).json()
    assert body["queue_position"] == 2
    assert [told(api, job_id)[0] for job_id in mine] == [1, 3]


def test_without_history_or_workers_there_is_no_eta(api: Api) -> None:
    job_id = api.submit()
    assert told(api, job_id) == (1, None)
    report(api, "w1")
    assert told(api, job_id) == (1, None)
    claimed(api.state.database)
    assert told(api, job_id) == (None, None)


def test_the_eta_of_a_waiting_job_grows_with_its_place_and_shrinks_with_workers(api: Api) -> None:
    history(api, 10.0)
    first, second = api.submit(), api.submit()
    assert told(api, first) == (1, None)  # who knows when a worker comes
    report(api, "w1")
    report(api, "w2", "warming")
    alone = [told(api, job_id)[1] for job_id in (first, second)]
    assert alone == [15.0, 25.0]
    report(api, "w2", "busy")
    assert [told(api, job_id)[1] for job_id in (first, second)] == [15.0, 20.0]


def test_the_eta_of_a_running_job_comes_from_the_others_first_and_then_from_itself(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(api, 10.0)
    job_id = api.submit()
    taken = claimed(api.state.database)
    started = status_started(api, job_id)
    monkeypatch.setattr(estimates, "wall_seconds", lambda: started + 6.0)
    assert told(api, job_id) == (None, 10.0)
    with api.state.database.transaction() as connection:
        leases.renew(connection, taken, "rendering", 0.05)
    assert told(api, job_id) == (None, 9.5)
    with api.state.database.transaction() as connection:
        leases.renew(connection, taken, "rendering", 0.75)
    assert told(api, job_id) == (None, 2.0)
    monkeypatch.setattr(estimates, "wall_seconds", lambda: started - 3600.0)
    assert told(api, job_id) == (None, 0.0)  # a clock that was set back


def status_started(api: Api, job_id: str) -> float:
    with api.state.database.reading() as connection:
        job = store.get(connection, job_id)
    assert job is not None
    assert job.started_at is not None
    return job.started_at


def test_a_job_of_a_model_that_is_no_longer_offered_is_still_told(api: Api) -> None:
    job_id = api.submit()
    with api.state.database.transaction() as connection:
        connection.execute(jobs.update().values(model="gone"))
    assert told(api, job_id) == (None, None)


def test_polls_share_what_was_read(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_QUEUE_SECONDS", "_TIMES_SECONDS"):
        monkeypatch.setattr(estimates, name, 1000.0)
    read: list[str] = []
    typical, positions = queue.typical_seconds, queue.positions

    def note_typical(*arguments: Any) -> float | None:
        read.append("typical")
        return typical(*arguments)

    def note_positions(*arguments: Any) -> list[str]:
        read.append("positions")
        return positions(*arguments)

    monkeypatch.setattr(queue, "typical_seconds", note_typical)
    monkeypatch.setattr(queue, "positions", note_positions)
    api.state.estimates = estimates.Estimates(api.state.settings, api.state.database)
    first = api.submit()
    assert told(api, first) == (1, None)
    second = api.submit()
    assert told(api, second) == (2, None)  # not in the snapshot: it stands at its end
    assert sorted(read) == ["positions", "typical"]  # also where there is no history to find
