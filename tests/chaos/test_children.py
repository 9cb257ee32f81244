"""SIGKILL to the children of `serve`: nothing accepted is lost, made twice or charged twice."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import get


@dataclass(frozen=True)
class Record:
    """What the store knows of a job that no answer says."""

    attempts: int
    lost: int
    ledger: list[str]


def record(caller: Caller, request_id: str) -> Record:
    with caller.server.store() as connection:
        row = connection.exec_driver_sql("SELECT attempt, lost FROM jobs WHERE id = ?", (request_id,)).one()
        kinds = connection.exec_driver_sql("SELECT kind FROM ledger WHERE job_id = ? ORDER BY id", (request_id,))
        return Record(row.attempt, row.lost, [kind for (kind,) in kinds])


def test_killed_worker_loses_no_job(lasting: Server, caller: Caller) -> None:
    running, waiting = caller.submit("seconds=2"), caller.submit()
    caller.wait_for_state(running, "PROCESSING")
    killed = lasting.kill("worker1")
    assert lasting.child("worker1").pid != killed.pid
    for request_id in (running, waiting):
        assert caller.result(request_id).status_code == 200
    assert record(caller, running) == Record(attempts=2, lost=1, ledger=["hold", "settle"])
    assert record(caller, waiting) == Record(attempts=1, lost=0, ledger=["hold", "settle"])
    assert caller.credits() == pytest.approx(100 - 2 * 0.375)


def test_killed_api_still_knows_every_job(lasting: Server, caller: Caller) -> None:
    finished = caller.submit(seed=3)
    before = caller.result(finished).json()
    running = caller.submit("seconds=2")
    caller.wait_for_state(running, "PROCESSING")
    killed = lasting.kill("api")
    # The port stays ours: this call waits until the next api answers it.
    answer = get(f"{lasting.url}/v2/requests/{finished}", x_api_key=caller.secret)
    after = answer.json()
    assert answer.status_code == 200
    assert {name: after[name] for name in ("output", "video", "seed")} == {
        name: before[name] for name in ("output", "video", "seed")
    }
    assert get(after["output"]).status_code == 200
    assert lasting.child("api").pid != killed.pid
    assert caller.result(running).status_code == 200
    assert record(caller, running) == Record(attempts=1, lost=0, ledger=["hold", "settle"])
    assert get(f"{lasting.url}/health/ready").status_code == 200


def test_everything_killed_at_once(lasting: Server, caller: Caller) -> None:
    asked = [caller.submit(f"seconds={seconds}") for seconds in (3, 0.5, 0.5, 0.5)]
    caller.wait_for_state(asked[0], "PROCESSING")
    killed = [lasting.kill(name) for name in ("worker1", "api", "keeper")]
    assert get(f"{lasting.url}/health/live").status_code == 200
    for request_id in asked:
        assert caller.result(request_id).status_code == 200
        assert record(caller, request_id).ledger == ["hold", "settle"]
    assert caller.credits() == pytest.approx(100 - 4 * 0.375)
    assert not {process.pid for process in killed} & {process.pid for process in lasting.processes().values()}
    wait_for(lambda: set(lasting.processes()) == {"serve", "worker1", "api", "keeper"})


def test_three_deaths_fail_the_job_that_causes_them_and_no_other(lasting: Server, caller: Caller) -> None:
    poison, innocent = caller.submit("die"), caller.submit()
    answer = caller.result(poison)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["error_code"], body["metrics"]["cost"]) == ("worker_lost", 0)
    assert "3 times" in body["error"]
    assert record(caller, poison).lost == 3
    assert record(caller, poison).ledger == ["hold", "release"]
    assert caller.result(innocent).status_code == 200
    assert record(caller, innocent) == Record(attempts=1, lost=0, ledger=["hold", "settle"])
    assert caller.credits() == pytest.approx(100 - 0.375)


def test_jit_cache_of_the_environment_wins(lasting: Server) -> None:
    assert lasting.child("worker1").environ()["NUMBA_CACHE_DIR"] == os.environ["NUMBA_CACHE_DIR"]


def test_port_that_is_taken_stays_with_its_server(lasting: Server, tmp_path: Path) -> None:
    second = Server(tmp_path / "second")
    second.port = lasting.port
    second.launch()
    assert second.wait_end() == 1
    assert second.said == ""
    assert f"port {lasting.port} on 127.0.0.1" in second.log
    assert second.log.count("\n") == 1
    assert not second.data.exists()
    assert get(f"{lasting.url}/health/live").status_code == 200
