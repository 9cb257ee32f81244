"""The end of `serve`, wanted or not: with an answer for who waits, and with nothing left behind."""

from __future__ import annotations

import signal
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.chaos.conftest import MakeServer
from tests.support.caller import Caller
from tests.support.server import is_alive, wait_for
from tests.support.video import inspect
from tests.support.web import get


def wait_beside(pool: ThreadPoolExecutor, caller: Caller, prompt: str) -> tuple[str, Future[httpx.Response]]:
    """A v1 call that waits in a thread, and the id of its job, which is being made."""
    call = pool.submit(caller.post, "/v1/scripted", prompt=prompt)

    def running() -> str | None:
        with caller.server.store() as connection:
            query = "SELECT id FROM jobs WHERE key_id = ? AND state = 'PROCESSING'"
            found = connection.exec_driver_sql(query, (caller.key_id,)).scalar()
            return None if found is None else str(found)

    return wait_for(running), call


def is_refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def state_of(caller: Caller, request_id: str) -> tuple[str, int]:
    """The job's state, and how many of its attempts were lost, whether or not the server runs."""
    with caller.server.store() as connection:
        row = connection.exec_driver_sql("SELECT state, lost FROM jobs WHERE id = ?", (request_id,)).one()
        return row.state, row.lost


def test_job_that_ends_within_the_grace_is_delivered(make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server("--grace", "20").ready()
    with closing(Caller.create(server)) as caller, ThreadPoolExecutor() as pool:
        request_id, call = wait_beside(pool, caller, "seconds=1")
        server.signal(signal.SIGTERM)
        assert server.wait_end() == 0
        answer = call.result()
        assert answer.status_code == 200
        assert answer.headers["x-request-id"] == request_id
        assert inspect(answer.content, tmp_path).frames == 121


def test_drain_answers_polls_and_refuses_submits_until_a_second_sigterm(make_server: MakeServer) -> None:
    server = make_server("--grace", "600").ready()
    with closing(Caller.create(server)) as caller, ThreadPoolExecutor() as pool:
        request_id, call = wait_beside(pool, caller, "seconds=600")
        server.signal(signal.SIGTERM)

        def refusal() -> httpx.Response | None:
            answer = caller.post("/v2/scripted", prompt="one more", duration=9)
            return answer if answer.status_code == 503 else None

        refused = wait_for(refusal)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["code"] == "unavailable"
        assert caller.status(request_id)["status"] == "PROCESSING"
        assert get(f"{server.url}/health/live").status_code == 200
        assert get(f"{server.url}/health/ready").status_code == 503

        server.signal(signal.SIGTERM)
        assert server.wait_end() == 0
        assert call.result().status_code == 504
        wait_for(lambda: server.processes() == {})
        assert state_of(caller, request_id) == ("QUEUED", 0)


def test_open_call_is_answered_and_its_job_goes_on_at_the_next_start(make_server: MakeServer) -> None:
    server = make_server("--grace", "0.5").ready()
    with closing(Caller.create(server)) as caller, ThreadPoolExecutor() as pool:
        request_id, call = wait_beside(pool, caller, "seconds=4")
        server.signal(signal.SIGTERM)
        assert server.wait_end() == 0
        answer = call.result()
        assert answer.status_code == 504
        assert answer.json()["request_id"] == request_id
        assert answer.json()["status_url"] == f"{server.url}/v2/requests/{request_id}/status"
        wait_for(lambda: server.processes() == {})
        wait_for(lambda: is_refused(server.port))

        server.start()
        assert caller.result(request_id).status_code == 200
        assert state_of(caller, request_id) == ("COMPLETED", 0)
        assert caller.credits() == pytest.approx(100 - 0.375)


def test_interrupt_ends_everything_at_once(make_server: MakeServer) -> None:
    server = make_server().ready()
    with closing(Caller.create(server)) as caller, ThreadPoolExecutor() as pool:
        request_id, call = wait_beside(pool, caller, "seconds=600")
        server.signal(signal.SIGINT)
        assert server.wait_end() == 0
        assert call.result().status_code == 504
        wait_for(lambda: server.processes() == {})
        wait_for(lambda: is_refused(server.port))
        assert state_of(caller, request_id) == ("QUEUED", 0)


def test_killed_supervisor_leaves_nothing_and_the_next_start_takes_over(make_server: MakeServer) -> None:
    server = make_server().ready()
    with closing(Caller.create(server)) as caller:
        request_id = caller.submit("seconds=2")
        caller.wait_for_state(request_id, "PROCESSING")
        before = server.processes()
        assert set(before) == {"serve", "api", "keeper", "worker1"}
        server.kill("serve")
        wait_for(lambda: not any(is_alive(process) for process in before.values()))
        # A killed process counts as ended when its first thread is; what it held goes with its last one.
        wait_for(lambda: is_refused(server.port))
        with server.store() as connection:
            # As if the dead worker's lease of 15 s had lapsed by now.
            connection.exec_driver_sql("UPDATE jobs SET lease_until = lease_until - 15 WHERE state = 'PROCESSING'")

        server.start()
        assert caller.result(request_id).status_code == 200
        assert state_of(caller, request_id) == ("COMPLETED", 1)
        assert caller.credits() == pytest.approx(100 - 0.375)
        after = server.processes()
        assert set(after) == set(before)
        assert not {process.pid for process in after.values()} & {process.pid for process in before.values()}
