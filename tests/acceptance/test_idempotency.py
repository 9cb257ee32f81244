"""Idempotency-Key over a real connection, from many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server


def submit(caller: Caller, token: str, prompt: str = "a red fox", version: str = "v2") -> httpx.Response:
    return caller.http.post(f"/{version}/scripted", json={"prompt": prompt}, headers={"idempotency-key": token})


def test_one_token_is_one_job_however_often_it_is_sent(make_caller: MakeCaller, strict: Server) -> None:
    caller = make_caller(at=strict)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: submit(caller, "one"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    request_id = answers[0].json()["request_id"]
    assert caller.result(request_id).status_code == 200
    assert submit(caller, "one").text == answers[0].text
    assert submit(caller, "one", "a cat").status_code == 422
    assert caller.credits() == pytest.approx(100 - 0.375)
    assert submit(make_caller(at=strict), "one").json()["request_id"] != request_id


def test_waiting_call_that_was_cut_off_finds_its_video(caller: Caller) -> None:
    with caller.waiting("seconds=4", idempotency_key="two") as request_id:
        pass
    early = submit(caller, "two", "seconds=4", "v1")
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert int(early.headers["retry-after"]) >= 1
    assert early.json()["request_id"] == request_id
    caller.wait_for_state(request_id, "COMPLETED")
    answer = submit(caller, "two", "seconds=4", "v1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["x-request-id"] == request_id
    assert caller.credits() == pytest.approx(100 - 0.375)
