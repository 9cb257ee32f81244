"""The Segmind dialect: the order of checks, the bodies of every state, and the call that waits."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from flashreel.errors import JOB_ERRORS, JobErrorCode
from flashreel.jobs import ending, leases, queue
from flashreel.jobs.schema import jobs, keys
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed

GOOD = {"prompt": "a fox"}


def status(api: Api, job_id: str) -> httpx.Response:
    return api.get(f"/v2/requests/{job_id}/status")


def fail_next(api: Api, code: JobErrorCode, message: str) -> None:
    """Plays a worker whose job fails."""
    with api.state.database.transaction() as connection:
        taken = leases.claim(connection, "w1", ["tiny"], max_attempts=3, retention=60.0)
        assert taken is not None
        assert ending.fail(connection, taken, code, message, 60.0)


def count_jobs(api: Api) -> int:
    with api.state.database.reading() as connection:
        return queue.count_unfinished(connection)


# --- submit


def test_a_submit_answers_queued_with_absolute_urls(api: Api) -> None:
    answer = api.post("/v2/tiny", GOOD)
    body = answer.json()
    job_id = body["request_id"]
    assert answer.status_code == 200
    assert body["created_at"].endswith("Z")
    assert {name: body[name] for name in ("status", "poll_url", "status_url", "response_url")} == {
        "status": "QUEUED",
        "poll_url": f"http://api.test/v1/requests/{job_id}",
        "status_url": f"http://api.test/v2/requests/{job_id}/status",
        "response_url": f"http://api.test/v2/requests/{job_id}",
    }
    assert "warnings" not in body


def test_a_submit_costs_what_the_catalogue_says_and_is_held_at_once(api: Api) -> None:
    for duration, left in ((5, 9.625), ("9", 8.95)):
        api.submit(duration=duration)
        assert api.get("/v1/get-user-credits").json() == {"credits": left, "free-credits": 0.0}


def test_requests_are_checked_in_the_order_of_the_design(make_api: ApiMaker) -> None:
    """Each request is wrong in all the ways after the first; mending one way shows the next."""
    api = make_api(max_body=1024, rate=0.001, burst=2, max_queued=1)
    key_id, secret = api.new_key(credits=1)
    huge: dict[str, Any] = {"content": b"{" + b" " * 2000, "headers": {"content-type": "application/json"}}

    def narrow(scopes: str) -> None:
        with api.state.database.transaction() as connection:
            connection.execute(keys.update().where(keys.c.id == key_id).values(scopes=scopes))

    narrow("admin")
    assert api.call("POST", "/v2/nope", key="wrong", **huge).status_code == 401
    assert api.call("POST", "/v2/nope", key=secret, **huge).status_code == 404
    assert api.call("POST", "/v2/tiny", key=secret, **huge).status_code == 403
    narrow("generate")
    assert api.call("POST", "/v2/tiny", key=secret, **huge).status_code == 413
    assert api.post("/v2/tiny", b"{", key=secret).json()["error"].startswith("the body is not JSON")
    assert api.post("/v2/tiny", {"prompt": ""}, key=secret).json()["field"] == "prompt"  # the first token
    assert api.post("/v2/tiny", GOOD, key=secret).status_code == 406  # the second
    assert api.post("/v2/tiny", {"prompt": ""}, key=secret).status_code == 429  # none left: before the fields
    api.submit()
    with api.state.database.transaction() as connection:
        connection.execute(keys.update().where(keys.c.id == api.key_id).values(credits=0))
    assert api.post("/v2/tiny", GOOD).status_code == 406  # its queue is full as well
    assert count_jobs(api) == 1


def test_a_key_may_have_so_many_unfinished_jobs(make_api: ApiMaker) -> None:
    api = make_api(max_queued=2)
    api.submit()
    api.submit()
    answer = api.post("/v2/tiny", GOOD)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "rate_limited", "10")
    assert "already has 2 unfinished jobs" in answer.json()["error"]
    api.finish()
    api.submit()


def test_all_keys_together_may_have_so_many(make_api: ApiMaker) -> None:
    api = make_api(max_queue=1)
    api.submit()
    _, other = api.new_key()
    answer = api.post("/v2/tiny", GOOD, key=other)
    assert answer.status_code == 429
    assert "the queue is full with 1 jobs" in answer.json()["error"]


def test_not_enough_credits_says_have_and_need(api: Api) -> None:
    _, poor = api.new_key(credits=300_000)
    body = api.post("/v2/tiny", GOOD, key=poor).json()
    assert body == {
        "error": "not enough credits: you have 0.3 and this needs 0.375",
        "code": "insufficient_credits",
        "have": 0.3,
        "need": 0.375,
    }


def test_credits_that_are_gone_by_the_time_are_refused_too(api: Api) -> None:
    """Both requests have seen the same credits; only one can have them."""
    _, poor = api.new_key(credits=400_000)

    async def both() -> list[int]:
        calls = [api.client.post("/v2/tiny", json=GOOD, headers={"x-api-key": poor}) for _ in range(2)]
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert sorted(api.runner.run(both())) == [200, 406]
    assert count_jobs(api) == 1


# --- status and result


def test_a_waiting_job_says_so(api: Api) -> None:
    job_id = api.submit()
    answer = status(api, job_id)
    body = answer.json()
    assert (answer.status_code, body["status"], body["progress"]) == (200, "QUEUED", 0.0)
    assert body["metrics"] == {"remaining_credits": 9.625}
    assert body["expires_at"] is None
    for version in ("v1", "v2"):
        early = api.get(f"/{version}/requests/{job_id}")
        assert (early.status_code, early.json()) == (202, body)


def test_a_running_job_tells_its_stage_and_progress(api: Api) -> None:
    job_id = api.submit()
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        leases.renew(connection, taken, "rendering", 1 / 3)
    body = status(api, job_id).json()
    assert (body["status"], body["stage"], body["progress"]) == ("PROCESSING", "rendering", 0.3333)
    assert body["metrics"].keys() == {"remaining_credits", "queue_time"}


def test_a_completed_job_has_a_result(api: Api) -> None:
    job_id = api.submit(seed=99, colour="red")
    path = api.finish(b"0123456789")
    url = f"http://api.test/assets/{path}"
    assert status(api, job_id).status_code == 200
    assert status(api, job_id).json()["status"] == "COMPLETED"
    body = api.get(f"/v2/requests/{job_id}").json()
    assert body == api.get(f"/v1/requests/{job_id}").json()
    assert body["output"] == url
    assert body["video"] == {
        "url": url,
        "content_type": "video/mp4",
        "file_name": "tiny.mp4",
        "file_size": 10,
        "width": 160,
        "height": 90,
        "fps": 24.0,
        "frames": 121,
        "duration": 5,
    }
    assert (body["seed"], body["error"]) == (99, None)
    assert body["warnings"] == ["the field 'colour' is not known here and was not used"]
    metrics = body["metrics"]
    assert metrics.keys() == {"remaining_credits", "queue_time", "inference_time", "total_time", "cost"}
    assert (metrics["cost"], metrics["remaining_credits"]) == (0.375, 9.625)
    assert body["expires_at"] > body["created_at"]


def test_a_failed_job_is_422_with_the_reason_and_costs_nothing(api: Api) -> None:
    job_id = api.submit()
    fail_next(api, "image_invalid", "start_image_url is not an image")
    answers = [status(api, job_id), api.get(f"/v2/requests/{job_id}"), api.get(f"/v1/requests/{job_id}")]
    assert {answer.status_code for answer in answers} == {422}
    for body in (answer.json() for answer in answers):
        assert (body["status"], body["error_code"]) == ("FAILED", "image_invalid")
        assert body["error"] == "start_image_url is not an image"
        assert (body["metrics"]["cost"], body["metrics"]["remaining_credits"]) == (0.0, 10.0)


def test_a_wall_clock_set_back_makes_no_time_negative(api: Api) -> None:
    job_id = api.submit()
    api.finish()
    with api.state.database.transaction() as connection:
        connection.execute(jobs.update().values(started_at=jobs.c.created_at - 50, finished_at=jobs.c.created_at - 100))
    metrics = status(api, job_id).json()["metrics"]
    assert (metrics["queue_time"], metrics["inference_time"], metrics["total_time"]) == (0.0, 0.0, 0.0)


# --- the call that waits


def wait_for(api: Api, act: Any, **headers: str) -> httpx.Response:
    """`POST /v1/tiny`, and `act` once its job is in the store."""

    async def call() -> httpx.Response:
        sent = {"x-api-key": api.secret, **headers}
        waiting = asyncio.ensure_future(api.client.post("/v1/tiny", json={**GOOD, "seed": 5, "odd": 1}, headers=sent))
        for _ in range(1000):
            if count_jobs(api):
                break
            await asyncio.sleep(0.01)
        act()
        return await asyncio.wait_for(waiting, 60)

    return api.runner.run(call())


def test_the_v1_call_answers_the_file_and_its_facts(api: Api) -> None:
    answer = wait_for(api, lambda: api.finish(b"the video"))
    assert (answer.status_code, answer.content) == (200, b"the video")
    headers = answer.headers
    assert headers["content-type"] == "video/mp4"
    assert headers["content-length"] == "9"
    assert api.get(f"/v1/requests/{headers['x-request-id']}").status_code == 200
    assert (headers["x-cost"], headers["x-remaining-credits"], headers["x-seed-value"]) == ("0.375", "9.625", "5")
    assert float(headers["x-generation-time"]) >= 0
    assert json.loads(headers["x-output-metadata"]) == {
        "height": 90,
        "width": 160,
        "frames": 121,
        "fps": 24.0,
        "duration": 5,
    }
    assert json.loads(headers["x-warnings"]) == ["the field 'odd' is not known here and was not used"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("text/html, application/json;q=0.9", "application/json"),
        ("application/json, text/plain, */*", "video/mp4"),
        ("application/json, video/mp4", "video/mp4"),
        ("", "video/mp4"),
    ],
)
def test_the_v1_call_answers_json_where_no_video_is_taken(api: Api, accept: str, kind: str) -> None:
    answer = wait_for(api, api.finish, accept=accept)
    assert answer.headers["content-type"] == kind
    if kind == "application/json":
        body = api.get(f"/v2/requests/{answer.headers['x-request-id']}").json()
        assert answer.json() == body


@pytest.mark.parametrize(("code", "status_code"), JOB_ERRORS.items())
def test_the_v1_call_answers_a_failure_with_the_status_of_its_code(
    api: Api, code: JobErrorCode, status_code: int
) -> None:
    answer = wait_for(api, lambda: fail_next(api, code, "what went wrong"))
    body = answer.json()
    assert answer.status_code == status_code
    assert (body["error"], body["code"], body["error_code"]) == ("what went wrong", code, code)
    assert (answer.headers["x-cost"], answer.headers["x-remaining-credits"]) == ("0.0", "10.0")


def test_past_its_limit_the_v1_call_says_where_the_job_is(make_api: ApiMaker) -> None:
    api = make_api(sync_wait=0.05)
    answer = api.post("/v1/tiny", GOOD)
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (504, "timeout", "QUEUED")
    assert body["error"].startswith("not finished within 0.05 s; the job goes on")
    api.finish()
    assert api.get(body["response_url"]).json()["request_id"] == body["request_id"]


def test_a_stopping_server_ends_the_v1_call_with_where_the_job_is(api: Api) -> None:
    answer = wait_for(api, api.life.stopping.set)
    assert (answer.status_code, answer.json()["code"]) == (504, "timeout")
    assert answer.json()["error"].startswith("the server is stopping; the job goes on")
    assert api.get(answer.json()["status_url"]).json()["status"] == "QUEUED"


def test_a_caller_who_hangs_up_loses_nothing(api: Api) -> None:
    async def hang_up() -> None:
        """The protocol itself: httpx's transport cannot hang up."""
        messages = [{"type": "http.request", "body": json.dumps(GOOD).encode(), "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"host": "api.test", "x-api-key": api.secret, "content-type": "application/json"}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/tiny",
            "raw_path": b"/v1/tiny",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("api.test", 80),
        }
        app: Any = api.client._transport.app  # type: ignore[attr-defined]  # httpx keeps the app it was given
        await asyncio.wait_for(app(scope, receive, send), 60)
        assert sent[0]["status"] == 499

    api.runner.run(hang_up())
    assert count_jobs(api) == 1
    api.finish()
    assert api.get("/v1/get-user-credits").json() == {"credits": 9.625, "free-credits": 0.0}
