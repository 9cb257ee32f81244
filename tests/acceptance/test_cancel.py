"""Cancel and delete against real workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import get


def test_running_job_stops_and_its_worker_lives_on(server: Server, caller: Caller) -> None:
    """The built-in engine at full size, in the middle of a video."""
    before = server.child("worker1").pid
    request_id = caller.submit("a sailboat at sunset, waves rolling", model="ray-flash-2-720p", duration=9)
    wait_for(lambda: caller.status(request_id)["stage"] == "rendering")
    answer = caller.post(f"/v2/requests/{request_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "PROCESSING")
    body = caller.wait_for_state(request_id, "FAILED")
    assert (body["error_code"], body["metrics"]["cost"]) == ("cancelled", 0)
    assert body["progress"] < 0.9  # in the middle, not at its end
    assert caller.credits() == 100.0
    assert caller.result(caller.submit(model="tiny")).status_code == 200
    assert server.child("worker1").pid == before
    assert not list((server.data / "scratch").glob(f"{request_id}*"))


def test_queued_job_ends_at_once_and_is_never_made(make_caller: MakeCaller) -> None:
    caller = make_caller(1)
    running, queued = caller.submit("seconds=3"), caller.submit()
    assert caller.post(f"/v2/requests/{queued}/cancel").json()["error_code"] == "cancelled"
    assert caller.credits() == pytest.approx(1 - 0.375)
    assert caller.result(running).status_code == 200
    assert caller.result(queued).status_code == 422
    assert "inference_time" not in caller.status(queued)["metrics"]
    assert caller.credits() == pytest.approx(1 - 0.375)


def test_waiting_call_hears_of_the_cancel(server: Server, caller: Caller) -> None:
    with ThreadPoolExecutor() as pool:
        call = pool.submit(caller.post, "/v1/scripted", prompt="seconds=60")

        def running() -> str | None:
            with server.store() as connection:
                query = "SELECT id FROM jobs WHERE key_id = ? AND state = 'PROCESSING'"
                return connection.exec_driver_sql(query, (caller.key_id,)).scalar()

        request_id = wait_for(running)
        assert caller.http.delete(f"/v2/requests/{request_id}").status_code == 200  # live: as cancel
        answer = call.result()
    assert (answer.status_code, answer.json()["code"]) == (422, "cancelled")
    assert answer.headers["x-cost"] == "0.0"


def test_deleted_job_leaves_nothing_behind(server: Server, caller: Caller) -> None:
    request_id = caller.submit()
    output = caller.result(request_id).json()["output"]
    assert get(output).status_code == 200
    answer = caller.http.delete(f"/v2/requests/{request_id}")
    assert (answer.status_code, answer.json()) == (200, {"request_id": request_id, "deleted": True})
    assert get(output).status_code == 404
    for path in ("status", "events", "cancel"):
        method = "POST" if path == "cancel" else "GET"
        assert caller.http.request(method, f"/v2/requests/{request_id}/{path}").status_code == 404
    assert not (server.data / "assets" / request_id).exists()
    assert caller.credits() == pytest.approx(100 - 0.375)  # it was delivered
