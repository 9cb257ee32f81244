"""What a server and a key may take: the watchdog's limits, the keys' own, the bodies'."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import get


def lost(caller: Caller, request_id: str) -> int:
    with caller.server.store() as connection:
        return int(connection.exec_driver_sql("SELECT lost FROM jobs WHERE id = ?", (request_id,)).scalar_one())


def test_watchdog_ends_what_does_not_move_and_what_takes_too_long(
    strict: Server, make_caller: MakeCaller, tmp_path: Path
) -> None:
    caller, other = make_caller(at=strict), make_caller(at=strict)
    before = {strict.child(name).pid for name in ("worker1", "worker2")}
    endless = caller.submit("seconds=60")
    stuck = other.submit(f"hang={tmp_path / 'once'}")
    for who, request_id in ((caller, endless), (other, stuck)):
        who.wait_for_state(request_id, "PROCESSING")

    body = caller.wait_for_state(endless, "FAILED")
    assert (body["error_code"], body["metrics"]["cost"]) == ("deadline_exceeded", 0)
    assert "12 s" in body["error"]
    assert caller.credits() == 100.0

    assert other.result(stuck).status_code == 200  # killed for it, then made by another
    assert lost(other, stuck) == 1
    assert other.credits() == pytest.approx(100 - 0.375)
    assert not before & {strict.child(name).pid for name in ("worker1", "worker2")}
    assert "its job is past its deadline" in strict.log
    assert "its job has not moved" in strict.log


def test_key_at_its_max_running_waits_and_others_pass(strict: Server, make_caller: MakeCaller) -> None:
    bounded, other = make_caller(at=strict, max_running=1), make_caller(at=strict)
    wait_for(lambda: get(f"{strict.url}/health/ready").json()["workers"]["idle"] == 2)
    first, second = bounded.submit("seconds=3"), bounded.submit()
    bounded.wait_for_state(first, "PROCESSING")
    passing = other.submit()
    assert other.result(passing).status_code == 200
    assert bounded.result(second).status_code == 200
    with strict.store() as connection:
        rows = connection.exec_driver_sql("SELECT id, started_at, finished_at FROM jobs").all()
    one, two, passed = (next(row for row in rows if row.id == job_id) for job_id in (first, second, passing))
    assert two.started_at >= one.finished_at
    assert passed.started_at < two.started_at  # though it was asked for later


def test_submits_say_what_is_left(caller: Caller) -> None:
    answers = [caller.post("/v2/scripted", prompt="a red fox") for _ in range(2)]
    left = [int(answer.headers["x-rate-limit-remaining"]) for answer in answers]
    assert left[1] == left[0] - 1
    reset = datetime.fromisoformat(answers[0].headers["x-rate-limit-reset-at-utc"])
    assert reset.tzinfo == UTC
    assert reset > datetime.now(UTC)


def test_body_that_does_not_arrive_is_not_waited_for(strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    head = (
        f"POST /v2/scripted HTTP/1.1\r\nHost: 127.0.0.1:{strict.port}\r\nx-api-key: {caller.secret}\r\n"
        "content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", strict.port), timeout=60) as connection:
        connection.sendall(head.encode() + b'{"prompt": ')
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive within 2 s" in answer
