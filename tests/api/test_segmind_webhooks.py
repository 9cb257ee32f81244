"""Webhooks as callers ask for them, and the bodies that they are sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flashreel.api.messages import render
from flashreel.jobs import outbox, webhooks
from flashreel.jobs.outbox import Delivery, Limits
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed, fail

URL = "https://example.com/hook"
PIXELFLOW = {"types": ["PIXELFLOW"]}


def due(api: Api) -> list[Delivery]:
    """All that is to be sent, in order, each printed as it would be sent."""
    found: list[Delivery] = []
    while True:
        with api.state.database.transaction() as connection:
            taken = outbox.claim(
                connection, (), Limits(1, 1, 1), 60.0, lambda draft: render(api.state.catalogue, draft)
            )
        if not taken:
            return found
        found += taken


def bodies(api: Api) -> list[tuple[str, Any]]:
    return [(delivery.event, json.loads(delivery.body)) for delivery in due(api)]


def add(api: Api, url: str = URL, **more: Any) -> dict[str, Any]:
    answer = api.post("/webhook/add", {"webhook_url": url, "event": PIXELFLOW}, **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_webhook_carries_the_body_of_the_result_route(api: Api) -> None:
    request_id = api.submit(webhook_url=URL)
    api.finish()
    [(event, body)] = bodies(api)
    assert event == body["type"] == "request.completed"
    assert set(body) == {"type", "timestamp", "data"}
    assert body["data"] == api.get(f"/v2/requests/{request_id}").json()
    assert body["data"]["output"].startswith("http://api.test/assets/")


def test_a_failure_is_told_in_the_same_way(api: Api) -> None:
    request_id = api.submit(webhook_url=URL)
    assert fail(api.state.database, claimed(api.state.database))
    [(event, body)] = bodies(api)
    assert event == body["type"] == "request.failed"
    assert body["data"] == api.get(f"/v2/requests/{request_id}").json()
    assert (body["data"]["status"], body["data"]["error_code"]) == ("FAILED", "engine_failed")


def test_urls_are_those_of_the_submit_or_the_public_one(make_api: ApiMaker) -> None:
    api = make_api(public_url="https://video.example.com")
    api.submit(webhook_url=URL)
    api.finish()
    [(_, body)] = bodies(api)
    assert body["data"]["output"].startswith("https://video.example.com/assets/")


def test_a_webhook_url_is_used_and_not_warned_of(api: Api) -> None:
    answer = api.post("/v2/tiny", {"prompt": "a fox", "webhook_url": URL}).json()
    assert "warnings" not in answer
    for empty in (None, ""):
        assert api.post("/v2/tiny", {"prompt": "a fox", "webhook_url": empty}).status_code == 200


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1/x", "webhook_url leads to an address that is not public: 'http://127.0.0.1/x'"),
        ("http://169.254.169.254/", "webhook_url leads to an address that is not public"),
        ("https://[fd00::1]/", "webhook_url leads to an address that is not public"),
        ("http://localhost/", "webhook_url leads to an address that is not public"),
        ("http://2130706433/", "webhook_url has no valid host"),
        ("http://example.com:22/", "webhook_url names port 22, which is not allowed"),
        ("https://me:secret@example.com/", "webhook_url carries credentials: 'https://***@example.com/'"),
        ("ftp://example.com/", "webhook_url is not an http or https URL"),
        ("data:image/png;base64,AAAA", "webhook_url is not an http or https URL"),
        ("https://example.com/a b", "webhook_url has a space, backslash or control character"),
        ("https://example.com/\ud800", "webhook_url is"),
        (7, "webhook_url is 7; it must be an http or https URL"),
        (["https://example.com"], "webhook_url is ['https://example.com']; it must be an http or https URL"),
    ],
)
@pytest.mark.parametrize("path", ["/v2/tiny", "/v1/tiny", "/webhook/add", "/webhook/update"])
def test_a_url_that_can_never_be_called_is_refused(api: Api, path: str, url: object, said: str) -> None:
    fields = {"prompt": "a fox", "webhook_id": "a1", "event": PIXELFLOW, "webhook_url": url}
    answer = api.post(path, json.dumps(fields).encode())
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(said)
    assert answer.json()["field"] == "webhook_url"
    assert due(api) == []


def test_an_idempotent_repeat_has_its_first_webhook_only(api: Api) -> None:
    headers = {"idempotency-key": "one"}
    for _ in range(2):
        assert api.post("/v2/tiny", {"prompt": "a fox", "webhook_url": URL}, headers=headers).status_code == 200
    other = api.post("/v2/tiny", {"prompt": "a fox", "webhook_url": URL + "2"}, headers=headers)
    assert other.status_code == 422
    api.finish()
    assert [delivery.url for delivery in due(api)] == [URL]


def test_a_standing_webhook_is_told_of_jobs_of_every_dialect(api: Api) -> None:
    made = add(api)
    api.post("/dream-machine/v1/generations", {"model": "tiny", "prompt": "a fox"})
    api.post("/v1/models/me/tiny/predictions", {"input": {"prompt": "a fox"}})
    for _ in range(2):
        api.finish()
    found = due(api)
    assert [(delivery.event, delivery.webhook_id) for delivery in found] == [
        ("request.completed", made["webhook_id"]),
        ("request.completed", made["webhook_id"]),
    ]
    assert json.loads(found[0].body)["data"]["status"] == "COMPLETED"


def test_standing_webhooks_are_made_listed_changed_and_ended(api: Api) -> None:
    made = add(api)
    assert made["webhook_url"] == URL
    assert made["event"] == PIXELFLOW
    assert made["is_active"] is True
    listed = api.get("/webhook/get").json()
    assert listed["webhooks"] == [made]
    assert listed["signing_secret"].startswith("whsec_")
    types = {"types": ["REQUEST_FAILED", "REQUEST_COMPLETED"]}
    changed = api.post(
        "/webhook/update", {"webhook_id": made["webhook_id"], "webhook_url": URL + "2", "event": types}
    ).json()
    assert (changed["webhook_url"], set(changed["event"]["types"])) == (URL + "2", set(types["types"]))
    ended = api.get(f"/webhook/inactive?webhook_id={made['webhook_id']}").json()
    assert (ended["webhook_id"], ended["is_active"]) == (made["webhook_id"], False)
    assert api.get("/webhook/get").json()["webhooks"] == []
    api.submit()
    api.finish()
    assert due(api) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"webhook_url": URL}, "event"),
        ({"webhook_url": URL, "event": "PIXELFLOW"}, "event"),
        ({"webhook_url": URL, "event": {"types": []}}, "event"),
        ({"webhook_url": URL, "event": {"types": ["NODE_RUN"]}}, "event.types"),
        ({"webhook_url": URL, "event": {"types": [["PIXELFLOW"]]}}, "event.types"),
        ({"event": PIXELFLOW}, "webhook_url"),
    ],
)
def test_what_a_standing_webhook_cannot_be_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post("/webhook/add", body)
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    if field == "event.types":
        assert "REQUEST_COMPLETED, REQUEST_FAILED, PIXELFLOW" in answer.json()["error"]


def test_other_keys_webhooks_are_unknown(api: Api) -> None:
    made = add(api)
    _, other = api.new_key()
    changed = {"webhook_id": made["webhook_id"], "webhook_url": URL, "event": PIXELFLOW}
    assert api.post("/webhook/update", changed, key=other).status_code == 404
    for path in ("inactive", "dispatch-logs"):
        assert api.get(f"/webhook/{path}?webhook_id={made['webhook_id']}", key=other).status_code == 404
    listed = api.get("/webhook/get", key=other).json()
    assert listed["webhooks"] == []
    assert listed["signing_secret"] != api.get("/webhook/get").json()["signing_secret"]
    for bad in ("", "?webhook_id=", "?webhook_id=%00", "?webhook_id=..%2F"):
        assert api.get(f"/webhook/inactive{bad}").status_code == 400
    for bad in ("%00", "..%2F"):  # PostgreSQL holds no NUL, and would end in a 500
        answer = api.get(f"/webhook/dispatch-logs?webhook_id={bad}")
        assert (answer.status_code, answer.json()["field"]) == (400, "webhook_id")
    assert api.get("/webhook/dispatch-logs?webhook_id=").status_code == 200


def test_head_ends_no_webhook(api: Api) -> None:
    made = add(api)
    path = f"/webhook/inactive?webhook_id={made['webhook_id']}"
    assert api.call("HEAD", path).status_code == 200
    assert api.get("/webhook/get").json()["webhooks"] == [made]
    assert api.call("HEAD", "/webhook/inactive?webhook_id=none").status_code == 404
    assert api.get(path).json()["is_active"] is False
    assert api.get("/webhook/get").json()["webhooks"] == []


def test_a_key_that_reads_only_sees_webhooks_and_no_secret(api: Api) -> None:
    made = add(api)
    _, reader = api.new_key(credits=0, scopes=("read",), of_key=api.key_id)
    assert api.get("/webhook/get", key=reader).json() == {"webhooks": [made]}
    assert api.get("/webhook/dispatch-logs", key=reader).json() == {"logs": []}
    changed = {"webhook_id": made["webhook_id"], "webhook_url": URL, "event": PIXELFLOW}
    for path in ("/webhook/add", "/webhook/update"):
        assert api.post(path, changed, key=reader).status_code == 403
    assert api.get(f"/webhook/inactive?webhook_id={made['webhook_id']}", key=reader).status_code == 403
    assert api.get("/v1/webhooks/default/secret", key=reader).status_code == 403


def test_a_key_may_have_only_so_many(api: Api) -> None:
    for number in range(20):
        add(api, f"{URL}/{number}")
    answer = api.post("/webhook/add", {"webhook_url": URL, "event": PIXELFLOW})
    assert answer.status_code == 409
    assert len(api.get("/webhook/get").json()["webhooks"]) == 20


def test_every_path_wants_a_key(api: Api) -> None:
    for path in ("get", "inactive", "dispatch-logs", "nothing"):
        assert api.get(f"/webhook/{path}", key=None).status_code == 401
    for path in ("add", "update"):
        assert api.post(f"/webhook/{path}", {}, key=None).status_code == 401


def test_a_luma_callback_is_told_of_the_begin_and_the_end_with_the_generation(api: Api) -> None:
    fields = {"model": "tiny", "prompt": "a fox", "callback_url": URL}
    made = api.post("/dream-machine/v1/generations", fields).json()
    assert made["request"]["callback_url"] == URL
    api.finish()
    (begun, dreaming), (ended, completed) = bodies(api)
    assert (begun, dreaming["state"]) == ("dreaming", "dreaming")
    assert dreaming["assets"] is None
    assert (ended, completed["state"]) == ("completed", "completed")
    assert completed == api.get(f"/dream-machine/v1/generations/{made['id']}").json()


@pytest.mark.parametrize("base", ["/v1", "/replicate/v1"])
def test_a_replicate_webhook_is_told_of_the_begin_and_the_end_with_the_prediction(api: Api, base: str) -> None:
    fields = {"input": {"prompt": "a fox"}, "webhook": URL}
    made = api.post(f"{base}/models/me/tiny/predictions", fields).json()
    api.finish()
    (begun, started), (ended, completed) = bodies(api)
    assert (begun, started["status"], started["output"]) == ("start", "processing", None)
    assert (ended, completed["status"]) == ("completed", "succeeded")
    assert completed == api.get(f"{base}/predictions/{made['id']}").json()


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"webhook": URL, "webhook_events_filter": ["completed"]}, ["completed"]),
        ({"webhook": URL, "webhook_events_filter": ["start"]}, ["start"]),
        ({"webhook": URL, "webhook_events_filter": ["output", "logs"]}, ["output"]),
        ({"webhook_completed": URL}, ["completed"]),
        ({"webhook_events_filter": ["start"]}, []),
    ],
)
def test_a_replicate_webhook_is_told_what_its_filter_says(api: Api, fields: dict[str, Any], events: list[str]) -> None:
    assert api.post("/v1/models/me/tiny/predictions", {"input": {"prompt": "a fox"}, **fields}).status_code == 201
    api.finish()
    assert [event for event, _ in bodies(api)] == events


@pytest.mark.parametrize(
    ("events", "is_warned"),
    [(["logs"], True), (["logs", "logs"], True), (["completed", "logs"], True), (["completed"], False), (None, False)],
)
def test_logs_that_are_asked_for_are_warned_of(api: Api, events: list[str] | None, is_warned: bool) -> None:
    fields = {"input": {"prompt": "a fox"}, "webhook": URL, "webhook_events_filter": events}
    logs = api.post("/v1/models/me/tiny/predictions", fields).json()["logs"]
    assert ("webhook_events_filter has logs, and those are not sent here" in logs) == is_warned


def test_the_replicate_secret_is_the_key_s_own(api: Api) -> None:
    first = api.get("/v1/webhooks/default/secret").json()
    assert first == api.get("/replicate/v1/webhooks/default/secret").json()
    assert first == {"key": api.get("/webhook/get").json()["signing_secret"]}
    with api.state.database.reading() as connection:
        assert webhooks.known_secret(connection, api.key_id) == first["key"]


def test_a_deleted_job_is_told_of_no_more(api: Api) -> None:
    request_id = api.submit(webhook_url=URL)
    api.finish()
    assert api.call("DELETE", f"/v2/requests/{request_id}").status_code == 200
    assert due(api) == []
