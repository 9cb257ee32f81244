"""The operator's routes: for keys of scope `admin` alone, and what they show and do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flashreel.api.admin import ROUTES as JOB_ROUTES
from flashreel.api.admin_keys import LIMITS
from flashreel.api.admin_keys import ROUTES as KEY_ROUTES
from flashreel.jobs import ending, keys, outbox, webhooks, workers
from flashreel.jobs.outbox import Limits, Outcome
from flashreel.jobs.schema import outbox as outbox_table
from tests.api.conftest import Api
from tests.support.store import claimed, fail

ROUTES = [*JOB_ROUTES, *KEY_ROUTES]


class Operator:
    """Calls with a key of scope `admin`."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.key_id, self.secret = api.new_key(0, scopes=("admin",))

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.api.get(f"/admin/api/{path}", key=self.secret)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, object] | None = None, status: int = 200) -> Any:
        answer = self.api.post(f"/admin/api/{path}", body, key=self.secret)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def operator(api: Api) -> Operator:
    return Operator(api)


def made_to_fail(api: Api, **fields: object) -> str:
    job_id = api.submit(**fields)
    assert fail(api.state.database, claimed(api.state.database))
    return job_id


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods - {'HEAD'})} {route.path}")
def test_only_the_scope_admin_opens(api: Api, route: Any) -> None:
    path = route.path.format(job_id="0" * 32, key_id="0" * 12, message_id="msg_1")
    method = min(route.methods - {"HEAD"})
    assert api.call(method, path, key=None).status_code == 401
    assert api.call(method, path, key="fr_wrong").status_code == 401
    for scopes in (("generate",), ("read",), ("generate", "read")):
        refused = api.call(method, path, key=api.new_key(scopes=scopes)[1], json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert refused.json()["error"] == "this API key does not have the scope 'admin'"
    _, secret = api.new_key(scopes=("admin",))
    bearer = api.call(method, path, key=None, headers={"authorization": f"Bearer {secret}"})
    assert bearer.status_code in (200, 400, 404)


def test_a_key_of_scope_admin_makes_no_videos(api: Api, operator: Operator) -> None:
    assert api.post("/v2/tiny", {"prompt": "a fox"}, key=operator.secret).status_code == 403


def test_an_empty_store_is_looked_at(operator: Operator) -> None:
    seen = operator.get("overview")
    assert (seen["hours"], seen["queue"]["queued"], seen["queue"]["oldest_seconds"]) == (24, 0, None)
    assert (seen["workers"], seen["failures"], seen["timings"]) == ([], [], [])
    assert seen["throughput"] == {"completed": 0, "failed": 0, "per_hour": 0, "video_seconds": 0, "credits": 0}
    assert seen["storage"]["disk_total_bytes"] > seen["storage"]["disk_free_bytes"] > 0
    assert seen["storage"]["quota_bytes"] is None


def test_the_overview_has_what_there_is(api: Api, operator: Operator) -> None:
    api.submit()
    api.finish(b"0123456789")
    made_to_fail(api)
    api.submit()
    api.submit()
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        workers.report(connection, "w1", 4711, "animatic", "busy", "rendering", 0.25)
    seen = operator.get("overview?hours=1")
    assert (seen["queue"]["queued"], seen["queue"]["running"]) == (1, 1)
    assert seen["queue"]["oldest_seconds"] >= 0
    assert [one["model"] for one in seen["queue"]["models"]] == ["tiny"]
    (worker,) = seen["workers"]
    assert (worker["id"], worker["job_id"], worker["stage"], worker["progress"]) == ("w1", taken.id, "starting", 0.0)
    made = seen["throughput"]
    assert (made["completed"], made["failed"], made["video_seconds"], made["credits"]) == (1, 1, 5, 0.375)
    slots = seen["slots"]
    assert (slots["seconds"], len(slots["list"])) == (300.0, 12)
    assert (sum(one["completed"] for one in slots["list"]), sum(one["failed"] for one in slots["list"])) == (1, 1)
    assert [(one["code"], one["count"]) for one in seen["failures"]] == [("engine_failed", 1)]
    (timing,) = seen["timings"]
    assert timing["jobs"] == 1 and timing["phases"][0]["phase"] == "waiting"
    assert seen["storage"]["videos"] == {"count": 1, "bytes": 10}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("overview?hours=2", "hours"),
        ("overview?hours=x", "hours"),
        ("jobs?state=DONE", "state"),
        ("jobs?code=no_such", "code"),
        ("jobs?id=xyz", "id"),
        ("jobs?key=a%00b", "key"),
        ("jobs?model=%22", "model"),
        ("jobs?after=xyz", "after"),
        ("jobs?limit=0", "limit"),
        ("jobs?limit=201", "limit"),
        ("jobs?limit=-1", "limit"),
        ("webhooks?messages=some", "messages"),
    ],
)
def test_what_a_query_cannot_be_is_said(operator: Operator, query: str, field: str) -> None:
    refused = operator.get(query, 400)
    assert refused["field"] == field
    assert refused["error"].startswith(f"{field} is ")


def test_jobs_are_sought(api: Api, operator: Operator) -> None:
    other_id, other = api.new_key()
    failed = made_to_fail(api)
    theirs = str(api.post("/v2/tiny", {"prompt": "a cat"}, key=other).json()["request_id"])
    mine = api.submit()

    def found(query: str) -> list[str]:
        return [one["id"] for one in operator.get(f"jobs?{query}")["jobs"]]

    assert found("") == [mine, theirs, failed]
    assert found(f"id={failed[:8].upper()}") == [failed]
    assert found("id=") == [mine, theirs, failed]
    assert found("state=FAILED") == found("code=engine_failed") == [failed]
    assert found(f"key={other_id}") == [theirs]
    assert found("model=tiny&state=QUEUED") == [mine, theirs]
    assert found("model=other") == found("code=cancelled") == found(f"id={'0' * 32}") == []
    first = operator.get("jobs?limit=2")
    assert ([one["id"] for one in first["jobs"]], first["has_more"]) == ([mine, theirs], True)
    assert found(f"limit=2&after={theirs}") == [failed]


def test_only_the_detail_shows_what_a_caller_wrote(
    api: Api, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = api.submit(prompt="a secret wish", wish="unheard")
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        ending.fail(connection, taken, "image_invalid", "the image of my secret wish is none", 3600.0)
    for path in ("jobs", "overview", "keys", "webhooks"):
        assert "wish" not in json.dumps(operator.get(path))
    detail = operator.get(f"jobs/{job_id}")
    assert (detail["asked"]["prompt"], detail["asked"]["width"]) == ("a secret wish", 160)
    assert detail["error"] == "the image of my secret wish is none"
    assert detail["warnings"] == ["the field 'wish' is not known here and was not used"]
    assert [one["kind"] for one in detail["ledger"]] == ["hold", "release"]
    said = capsys.readouterr().out
    assert job_id in said and operator.key_id in said and "secret wish" not in said
    assert operator.get("jobs/none-such", 404)["code"] == "not_found"


def test_a_job_is_cancelled_and_its_credits_go_back(api: Api, operator: Operator) -> None:
    job_id = api.submit()
    assert operator.post(f"jobs/{job_id}/cancel")["error_code"] == "cancelled"
    assert api.get(f"/v2/requests/{job_id}/status").json()["status"] == "FAILED"
    assert operator.post(f"jobs/{job_id}/cancel")["state"] == "FAILED"
    running = api.submit()
    claimed(api.state.database)
    ended = operator.post(f"jobs/{running}/cancel")
    assert (ended["state"], ended["is_being_cancelled"]) == ("PROCESSING", True)
    operator.post(f"jobs/{'0' * 32}/cancel", status=404)


def test_a_failed_job_is_made_once_more(api: Api, operator: Operator) -> None:
    job_id = made_to_fail(api, prompt="a fox", seed=11)
    made = operator.post(f"jobs/{job_id}/retry")
    assert (made["state"], made["seed"], made["key_id"]) == ("QUEUED", 11, api.key_id)
    assert made["id"] != job_id
    refused = operator.post(f"jobs/{made['id']}/retry", status=409)
    assert "only a job that is FAILED can be" in refused["error"]
    operator.post("jobs/none-such/retry", status=404)
    with api.state.database.transaction() as connection:
        keys.grant(connection, api.key_id, -10_000_000)
    assert operator.post(f"jobs/{job_id}/retry", status=406)["code"] == "insufficient_credits"
    api.life.draining.set()
    operator.post(f"jobs/{job_id}/retry", status=503)


def test_a_key_is_made_and_used(api: Api, operator: Operator) -> None:
    made = operator.post("keys", {"name": " studio ", "credits": 1.5, "models": ["tiny"], "days": 1}, 201)
    assert (made["name"], made["credits"], made["scopes"], made["models"]) == ("studio", 1.5, ["generate"], ["tiny"])
    assert made["expires_at"] is not None
    secret = made.pop("secret")
    assert api.post("/v2/tiny", {"prompt": "a fox"}, key=secret).status_code == 200
    listed = operator.get("keys")
    (found,) = [one for one in listed["keys"] if one["id"] == made["id"]]
    assert (found["credits"], found["held_credits"], found["queued"]) == (1.125, 0.375, 1)
    assert secret not in json.dumps(listed)
    assert listed["defaults"] == {"rate": 120.0, "burst": 60, "max_queued": 200}


def test_a_key_is_given_credits_and_loses_them(api: Api, operator: Operator) -> None:
    key_id, _ = api.new_key(2_000_000)
    assert operator.post(f"keys/{key_id}/grant", {"credits": 0.5})["credits"] == 2.5
    assert operator.post(f"keys/{key_id}/grant", {"credits": -1})["credits"] == 1.5
    with api.state.database.reading() as connection:
        assert keys.check_ledger(connection) == []


def test_limits_are_set_and_taken_back(api: Api, operator: Operator) -> None:
    key_id, secret = api.new_key()
    limited = operator.post(f"keys/{key_id}/limits", {"max_queued": 0, "rate": "0.5", "priority": 3})
    assert {name: limited[name] for name in LIMITS} == {
        "rate": 0.5,
        "max_queued": 0,
        "max_running": None,
        "priority": 3,
    }
    assert api.post("/v2/tiny", {"prompt": "a fox"}, key=secret).status_code == 429
    limited = operator.post(f"keys/{key_id}/limits", {"max_queued": None, "priority": None})
    assert (limited["max_queued"], limited["rate"], limited["priority"]) == (None, 0.5, 0)
    assert operator.post(f"keys/{key_id}/limits", {})["rate"] == 0.5


def test_a_key_is_revoked_but_not_the_one_that_asks(api: Api, operator: Operator) -> None:
    key_id, secret = api.new_key()
    assert operator.post(f"keys/{key_id}/revoke")["state"] == "revoked"
    assert operator.post(f"keys/{key_id}/revoke")["state"] == "revoked"
    assert api.get("/v1/get-user-credits", key=secret).status_code == 401
    assert "the key that asks" in operator.post(f"keys/{operator.key_id}/revoke", status=409)["error"]
    operator.get("keys")


def test_a_further_secret_has_no_credits_or_limits_of_its_own(api: Api, operator: Operator) -> None:
    key_id, _ = api.new_key(0, scopes=("admin",), of_key=operator.key_id)
    operator.post(f"keys/{key_id}/grant", {"credits": 1}, 409)
    operator.post(f"keys/{key_id}/limits", {"rate": 1}, 409)
    operator.secret = api.new_key(0, scopes=("admin",), of_key=api.key_id)[1]
    operator.post(f"keys/{api.key_id}/revoke", status=409)


@pytest.mark.parametrize("what", ["grant", "limits", "revoke"])
@pytest.mark.parametrize("key_id", ["0" * 12, "none", "%00", "%F0%9F%A6%8A"])
def test_a_key_that_is_unknown_is_said_to_be(operator: Operator, what: str, key_id: str) -> None:
    assert operator.post(f"keys/{key_id}/{what}", {"credits": 1}, 404)["error"] == "there is no key of this id"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a", "credits": -1}, "credits"),
        ({"name": "a", "credits": 1e10}, "credits"),
        ({"name": "a", "credits": "much"}, "credits"),
        ({"name": "a", "credits": True}, "credits"),
        ({"name": "a", "credits": "nan"}, "credits"),
        ({"name": "a", "scopes": ["all"]}, "scopes"),
        ({"name": "a", "scopes": "admin"}, "scopes"),
        ({"name": "a", "scopes": [["admin"]]}, "scopes"),
        ({"name": "a", "models": ["none"]}, "models"),
        ({"name": "a", "days": 0}, "days"),
        ({"name": "a", "scope": ["admin"]}, "scope"),
    ],
)
def test_what_a_new_key_cannot_be_is_said(operator: Operator, body: dict[str, object], field: str) -> None:
    assert operator.post("keys", body, 400)["field"] == field
    assert [one["name"] for one in operator.get("keys")["keys"]] == ["test", "other"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rate": 0}, "rate"),
        ({"rate": 1e7}, "rate"),
        ({"max_queued": -1}, "max_queued"),
        ({"max_queued": 1.5}, "max_queued"),
        ({"max_running": 0}, "max_running"),
        ({"priority": 2**40}, "priority"),
        ({"credits": 1}, "credits"),
    ],
)
def test_what_a_limit_cannot_be_is_said(api: Api, operator: Operator, body: dict[str, object], field: str) -> None:
    refused = operator.post(f"keys/{api.key_id}/limits", body, 400)
    assert refused["field"] == field
    with api.state.database.reading() as connection:
        key = keys.get_key(connection, api.key_id)
    assert key is not None and (key.rate, key.max_queued, key.max_running, key.priority) == (None, None, None, 0)


def test_a_grant_has_to_be_a_number(api: Api, operator: Operator) -> None:
    refused: tuple[dict[str, object], ...] = (
        {},
        {"credits": None},
        {"credits": "all"},
        {"credits": 1e300},
        {"credits": [1]},
    )
    for body in refused:
        assert operator.post(f"keys/{api.key_id}/grant", body, 400)["field"] == "credits"


def _dead_message(api: Api) -> str:
    """The id of a message whose receiver wants no more."""
    api.post("/v2/tiny", {"prompt": "a fox", "webhook_url": "https://example.com/hook"})
    assert fail(api.state.database, claimed(api.state.database))
    with api.state.database.transaction() as connection:
        webhooks.add(connection, api.key_id, "https://example.com/all", ("PIXELFLOW",))
        (delivery,) = outbox.claim(connection, (), Limits(1, 1, 1), 30.0, lambda draft: json.dumps(draft.event))
        assert outbox.ended(connection, delivery, Outcome(410, None, 0.1))
    return delivery.id


def test_a_dead_message_is_seen_and_sent_again(api: Api, operator: Operator) -> None:
    message_id = _dead_message(api)
    seen = operator.get("webhooks?messages=dead")
    assert [(one["id"], one["state"], one["status_code"]) for one in seen["messages"]] == [(message_id, "dead", 410)]
    assert [one["url"] for one in seen["webhooks"]] == ["https://example.com/all"]
    assert operator.get("overview")["messages"]["dead"] == 1
    again = operator.post(f"messages/{message_id}/replay")
    assert (again["state"], again["can_be_sent"]) == ("waiting", True)
    assert operator.get("webhooks?messages=dead")["messages"] == []
    assert operator.get("webhooks")["messages"][0]["due_at"] is not None


def test_a_message_without_its_text_is_not_sent(api: Api, operator: Operator) -> None:
    message_id = _dead_message(api)
    with api.state.database.transaction() as connection:
        connection.execute(outbox_table.update().values(body=None, snapshot=None))
    assert "can no longer be sent" in operator.post(f"messages/{message_id}/replay", status=409)["error"]
    for unknown in ("msg_none", "%00", "a%20b"):
        operator.post(f"messages/{unknown}/replay", status=404)
