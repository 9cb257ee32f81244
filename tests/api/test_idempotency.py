"""Idempotency-Key: the same request twice is one job, whatever happened to it in between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from flashreel.api import room
from flashreel.jobs import idempotency, keys, queue, retention
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import idempotency as table
from flashreel.jobs.schema import jobs
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed, complete, credits_of, fail

GOOD = {"prompt": "a fox", "colour": "red"}


def send(api: Api, body: object = None, token: str = "order-7", path: str = "/v2/tiny", **more: Any) -> httpx.Response:
    more["headers"] = {"idempotency-key": token, **more.get("headers", {})}
    return api.call("POST", path, json=GOOD if body is None else body, **more)


def accepted(api: Api, **more: Any) -> dict[str, Any]:
    answer = send(api, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def count(api: Api, what: sa.FromClause) -> int:
    with api.state.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(what)).scalar_one())


def is_single(api: Api) -> bool:
    """Whether one job was made and held once."""
    return (count(api, jobs), credits_of(api.state.database, api.key_id)) == (1, 10_000_000 - 375_000)


def test_the_same_request_is_the_same_answer_and_one_job(api: Api) -> None:
    first = accepted(api)
    assert first["warnings"] == ["the field 'colour' is not known here and was not used"]
    assert accepted(api) == first
    assert accepted(api, body=dict(reversed(GOOD.items()))) == first
    assert is_single(api)


def end_completed(api: Api, _job_id: str) -> None:
    api.finish()


def end_failed(api: Api, _job_id: str) -> None:
    assert fail(api.state.database, claimed(api.state.database))


def end_cancelled(api: Api, job_id: str) -> None:
    api.post(f"/v2/requests/{job_id}/cancel")


def end_deleted(api: Api, job_id: str) -> None:
    end_failed(api, job_id)
    api.call("DELETE", f"/v2/requests/{job_id}")


def end_expired(api: Api, job_id: str) -> None:
    api.finish()
    with api.state.database.transaction() as connection:
        retention.expire(connection, [job_id])


@pytest.mark.parametrize("end", [end_completed, end_failed, end_cancelled, end_deleted, end_expired])
def test_the_first_answer_outlives_the_job(api: Api, end: Callable[[Api, str], None]) -> None:
    first = accepted(api)
    end(api, first["request_id"])
    assert accepted(api) == first
    assert count(api, jobs) == 1
    with api.state.database.reading() as connection:
        assert queue.count_unfinished(connection) == 0


def test_another_request_under_the_same_token_is_refused(api: Api) -> None:
    first = accepted(api)
    for body, path in (
        ({"prompt": "a cat"}, "/v2/tiny"),
        ({**GOOD, "seed": 1}, "/v2/tiny"),
        (GOOD, "/v2/ray-flash-2-720p"),
    ):
        answer = send(api, body, path=path)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
        assert answer.json()["request_id"] == first["request_id"]
    assert is_single(api)
    assert accepted(api) == first


def test_a_token_is_its_keys_own(api: Api) -> None:
    _, other = api.new_key()
    mine, theirs = accepted(api), accepted(api, key=other)
    assert mine["request_id"] != theirs["request_id"]
    assert send(api, {"prompt": "a cat"}, key=other).status_code == 422
    assert accepted(api, key=other) == theirs


def test_without_a_token_the_same_request_is_another_job(api: Api) -> None:
    assert api.submit() != api.submit()


def test_after_a_day_a_token_is_free(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    first = accepted(api)
    later = wall_seconds() + idempotency.KEPT_SECONDS
    monkeypatch.setattr(idempotency, "wall_seconds", lambda: later)
    assert accepted(api, body={"prompt": "a cat"})["request_id"] != first["request_id"]


def test_a_token_sent_many_times_at_once_is_one_job_and_one_hold(api: Api) -> None:
    async def all_at_once() -> list[httpx.Response]:
        headers = {"x-api-key": api.secret, "idempotency-key": "order-7"}
        calls = [api.client.post("/v2/tiny", json=GOOD, headers=headers) for _ in range(8)]
        return list(await asyncio.gather(*calls))

    answers = api.runner.run(all_at_once())
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert is_single(api)


def refuse_by_field(api: Api) -> httpx.Response:
    return send(api, {"prompt": ""})


def refuse_by_credits(api: Api) -> httpx.Response:
    with api.state.database.transaction() as connection:
        keys.grant(connection, api.key_id, -10_000_000)
    answer = send(api)
    with api.state.database.transaction() as connection:
        keys.grant(connection, api.key_id, 10_000_000)
    return answer


def refuse_by_queue(api: Api) -> httpx.Response:
    job_id = api.submit()
    answer = send(api)
    api.post(f"/v2/requests/{job_id}/cancel")
    return answer


def refuse_by_drain(api: Api) -> httpx.Response:
    api.life.draining.set()
    answer = send(api)
    api.life.draining.clear()
    return answer


@pytest.mark.parametrize(
    ("refuse", "status"),
    [(refuse_by_field, 400), (refuse_by_credits, 406), (refuse_by_queue, 429), (refuse_by_drain, 503)],
)
def test_a_refused_request_uses_no_token_up(
    make_api: ApiMaker, refuse: Callable[[Api], httpx.Response], status: int
) -> None:
    api = make_api(max_queued=1)
    assert refuse(api).status_code == status
    assert count(api, table) == 0
    accepted(api)


def test_a_store_that_fails_keeps_neither_job_nor_token(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "remember", full)
        answer = send(api)
        patch.setattr(api.state.database, "is_shared", True)
        shared = send(api)
    assert answer.status_code == shared.status_code == 503
    assert "(database or disk is full); nothing was kept" in answer.json()["error"]
    assert "(OperationalError); nothing was kept" in shared.json()["error"]  # PostgreSQL's driver names hosts
    assert (count(api, table), count(api, jobs)) == (0, 0)
    assert credits_of(api.state.database, api.key_id) == 10_000_000
    accepted(api)


def test_what_was_accepted_is_answered_whatever_has_changed_since(
    make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 5xx would say that there is no such job, and there is."""
    api = make_api(max_queued=1)
    first = accepted(api)
    with api.state.database.transaction() as connection:
        keys.grant(connection, api.key_id, -9_000_000)
    api.life.draining.set()
    monkeypatch.setattr(room.Room, "problem", lambda _room: "the disk is nearly full")
    assert accepted(api) == first


@pytest.mark.parametrize("token", ["", " ", "a b", "x" * 256, "caf\xe9", "a\tb"])
def test_a_token_that_cannot_be_is_named(api: Api, token: str) -> None:
    answer = send(api, headers={"idempotency-key": token.encode("latin-1")})
    assert (answer.status_code, answer.json()["field"]) == (400, "idempotency-key")
    assert count(api, jobs) == 0


@pytest.mark.parametrize("token", ["x", "x" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324", "!~"])
def test_a_token_may_be_any_word(api: Api, token: str) -> None:
    assert accepted(api, token=token) == accepted(api, token=token)


# --- the call that waits


def test_while_the_first_v1_call_waits_the_second_is_a_409(make_api: ApiMaker) -> None:
    api = make_api(sync_wait=0.05)
    first = send(api, path="/v1/tiny")
    assert first.status_code == 504
    for _ in range(2):
        again = send(api, path="/v1/tiny")
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        assert int(again.headers["retry-after"]) >= 1
        assert again.json()["request_id"] == first.json()["request_id"]
        claimed(api.state.database) if _ == 0 else None
    assert is_single(api)


def test_once_it_is_done_the_v1_call_answers_the_file_again(make_api: ApiMaker) -> None:
    api = make_api(sync_wait=0.05)
    send(api, path="/v1/tiny")
    api.finish(b"the video")
    for _ in range(2):
        answer = send(api, path="/v1/tiny")
        assert (answer.status_code, answer.content) == (200, b"the video")
    assert is_single(api)


def test_once_it_has_failed_the_v1_call_answers_the_failure_again(make_api: ApiMaker) -> None:
    api = make_api(sync_wait=0.05)
    send(api, path="/v1/tiny")
    assert fail(api.state.database, claimed(api.state.database))
    assert [send(api, path="/v1/tiny").status_code for _ in range(2)] == [500, 500]
    assert count(api, jobs) == 1


def test_once_its_time_is_over_the_v1_call_says_so_and_makes_no_other(make_api: ApiMaker) -> None:
    api = make_api(sync_wait=0.05)
    job_id = send(api, path="/v1/tiny").json()["request_id"]
    end_expired(api, job_id)
    answer = send(api, path="/v1/tiny")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert is_single(api)


def test_v1_and_v2_share_their_tokens(make_api: ApiMaker) -> None:
    """The same request: one waits for it, the other does not."""
    api = make_api(sync_wait=0.05)
    first = accepted(api)
    assert send(api, path="/v1/tiny").json()["request_id"] == first["request_id"]
    assert complete(api.state.database, claimed(api.state.database))
    assert is_single(api)
