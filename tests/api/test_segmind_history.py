"""The routes of a key's history: what they take, what their rows say, and what they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from flashreel.jobs.schema import jobs
from tests.api.conftest import Api
from tests.support.store import claimed, fail

HISTORY = "/inference-request/request-history"
GENERATIONS = "/inference-request/generations"
RECENT = "/inference-request/recent-generations"


def rows(api: Api, path: str = HISTORY, **query: object) -> list[dict[str, Any]]:
    answer = api.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    found = answer.json()["requests" if path == HISTORY else "generations"]
    assert isinstance(found, list)
    return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [row["request_id"] for row in found]


def today() -> date:
    return datetime.now(UTC).date()


def set_day(api: Api, job_id: str, day: date) -> None:
    """Makes a job one of this day's noon."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    with api.state.database.transaction() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(created_at=noon))


@pytest.fixture
def made(api: Api) -> list[str]:
    """Three jobs: completed, failed, queued."""
    completed = api.submit(loop=True, start_image_url="http://images.test/a.png")
    api.finish()
    failed = api.submit()
    assert fail(api.state.database, claimed(api.state.database))
    return [completed, failed, api.submit()]


def test_rows_say_what_was_asked_what_came_of_it_and_what_it_cost(api: Api, made: list[str]) -> None:
    answer = api.get(HISTORY).json()
    pending, failed, completed = answer.pop("requests")
    assert answer == {"page": 1, "per_page": 20, "total": 3, "total_pages": 1}
    result = api.get(f"/v2/requests/{made[0]}").json()
    assert completed == {
        "request_id": made[0],
        "model_name": "tiny",
        "model_status": "COMPLETED",
        "credits_deduction": 0.375,
        "request_body": {
            "prompt": "a fox",
            "aspect_ratio": "16:9",
            "duration": 5,
            "loop": True,
            "start_image_url": "http://images.test/a.png",
            "end_image_url": None,
            "seed": result["seed"],
        },
        "generation_url": result["output"],
        "latency_ms": completed["latency_ms"],
        "model_created": result["created_at"],
        "created_at": result["created_at"],
        "started_at": completed["started_at"],
        "finished_at": completed["finished_at"],
        "error": None,
        "error_code": None,
    }
    assert completed["latency_ms"] == pytest.approx(result["metrics"]["total_time"] * 1000, abs=1)
    assert completed["created_at"] <= completed["started_at"] <= completed["finished_at"]
    assert (failed["model_status"], failed["credits_deduction"], failed["generation_url"]) == ("FAILED", 0, None)
    assert (failed["error"], failed["error_code"]) == ("the engine failed", "engine_failed")
    assert (pending["model_status"], pending["credits_deduction"], pending["latency_ms"]) == ("PENDING", 0, None)
    assert (pending["started_at"], pending["finished_at"], pending["error"]) == (None, None, None)
    for row in (pending, failed, completed):
        assert api.get(f"{HISTORY}/{row['request_id']}").json() == row


def test_generations_are_the_completed_ones(api: Api, made: list[str]) -> None:
    (row,) = rows(api, GENERATIONS)
    whole = api.get(f"{HISTORY}/{made[0]}").json()
    assert row == {
        "request_id": made[0],
        "model_name": "tiny",
        "generation_url": whole["generation_url"],
        "status": "COMPLETED",
        "credits_deduction": 0.375,
        "latency_ms": whole["latency_ms"],
        "prompt": "a fox",
        "parameters": whole["request_body"],
        "created_at": whole["created_at"],
        "started_at": whole["started_at"],
        "finished_at": whole["finished_at"],
    }
    assert rows(api, RECENT, model_name="Tiny") == [row]
    assert rows(api, RECENT, model_name="tin") == rows(api, GENERATIONS, model_name="tin") == []
    day = date.fromisoformat(row["created_at"][:10])
    assert rows(api, GENERATIONS, model_name="tiny", start_date=day, end_date=day) == [row]
    assert rows(api, GENERATIONS, end_date=day - timedelta(1)) == []
    assert rows(api, GENERATIONS, start_date=day + timedelta(1)) == []


def test_what_is_deleted_leaves_its_costs_and_times(api: Api, made: list[str]) -> None:
    before = rows(api)
    for job_id in made[:2]:
        assert api.call("DELETE", f"/v2/requests/{job_id}").status_code == 200
    _, failed, completed = rows(api)
    gone = {"request_body": None, "generation_url": None}
    assert completed == before[2] | gone
    assert failed == before[1] | gone | {"error": "engine_failed"}
    assert api.get(f"{HISTORY}/{made[0]}").json() == completed
    (row,) = rows(api, GENERATIONS)
    assert (row["prompt"], row["parameters"], row["generation_url"]) == (None, None, None)
    assert row["credits_deduction"] == 0.375


def test_a_history_is_searched_sorted_and_paged(api: Api, made: list[str]) -> None:
    completed, failed, pending = made
    assert ids(rows(api)) == [pending, failed, completed]
    assert ids(rows(api, sort_order="asc")) == made
    assert ids(rows(api, sort_by="credits_deduction")) == [completed, pending, failed]
    assert ids(rows(api, sort_by="model_name", sort_order="asc")) == made
    assert ids(rows(api, status="PENDING")) == [pending]
    assert ids(rows(api, status="FAILED")) == [failed]
    assert ids(rows(api, status="COMPLETED", model_name="IN")) == [completed]
    assert rows(api, model_name="other") == []
    assert ids(rows(api, per_page=2)) == [pending, failed]
    answer = api.get(f"{HISTORY}?per_page=2&page=2&unknown=1&status=").json()
    assert ids(answer.pop("requests")) == [completed]
    assert answer == {"page": 2, "per_page": 2, "total": 3, "total_pages": 2}
    assert rows(api, page=3) == []
    assert ids(rows(api, GENERATIONS, per_page=1)) == [completed]


def test_a_history_is_of_the_last_seven_days_unless_it_says(api: Api, made: list[str]) -> None:
    day = {job_id: today() - timedelta(days) for job_id, days in zip(made, (6, 9, 30), strict=True)}
    for job_id in made:
        set_day(api, job_id, day[job_id])
    six, nine, old = made
    assert ids(rows(api)) == [six]
    assert ids(rows(api, from_date=day[old])) == [six, nine, old]
    assert ids(rows(api, from_date=day[nine], to_date=day[nine])) == [nine]
    assert ids(rows(api, to_date=day[nine])) == [nine]
    assert ids(rows(api, from_date=day[old], to_date=day[six] - timedelta(1))) == [nine, old]
    assert ids(rows(api, GENERATIONS)) == [six]  # what is completed, of all days
    assert api.get(f"{HISTORY}/{old}").json()["request_id"] == old
    assert rows(api, GENERATIONS, start_date="0001-01-01", end_date="9999-12-31")
    assert rows(api, to_date="0001-01-01") == rows(api, from_date="9999-12-31", to_date="9999-12-31") == []


def test_nobody_sees_anothers_requests(api: Api, made: list[str]) -> None:
    other_id, other = api.new_key()
    for path in (HISTORY, GENERATIONS, f"{RECENT}?model_name=tiny"):
        answer = api.get(path, key=other).json()
        assert answer.get("requests", answer.get("generations")) == []
    unknown = "this request is unknown, or longer ago than requests are remembered (31 days)"
    for job_id in (made[0], "0" * 32, "x"):
        answer = api.get(f"{HISTORY}/{job_id}", key=other)
        assert (answer.status_code, answer.json()) == (404, {"error": unknown, "code": "not_found"})
    assert ids(rows(api, user_id=api.key_id)) == made[::-1]
    _, further = api.new_key(0, scopes=("read",), of_key=api.key_id)
    assert ids(api.get(HISTORY, key=further).json()["requests"]) == made[::-1]
    for path in (HISTORY, GENERATIONS, RECENT):
        refused = api.get(f"{path}?user_id={other_id}")
        assert (refused.status_code, refused.json()["field"]) == (400, "user_id")
        assert refused.json()["allowed"] == [api.key_id]
        refused = api.get(f"{path}?user_email=a@b.test")
        assert (refused.status_code, refused.json()["field"]) == (400, "user_email")
        assert refused.json()["error"].startswith('user_email is "a@b.test"; keys have no e-mail address here')


@pytest.mark.parametrize("path", [HISTORY, f"{HISTORY}/{'0' * 32}", GENERATIONS, RECENT])
def test_a_history_wants_a_key(api: Api, path: str) -> None:
    assert api.get(path, key=None).status_code == 401


@pytest.mark.parametrize(
    ("path", "name", "value", "allowed"),
    [
        (HISTORY, "page", "0", "it must be an integer from 1 to 1000000"),
        (HISTORY, "page", "1e3", "it must be an integer from 1 to 1000000"),
        (GENERATIONS, "page", "9" * 30, "it must be an integer from 1 to 1000000"),
        (HISTORY, "per_page", "101", "it must be an integer from 1 to 100"),
        (HISTORY, "per_page", "٣", "it must be an integer from 1 to 100"),
        (HISTORY, "status", "QUEUED", ["COMPLETED", "FAILED", "PENDING"]),
        (HISTORY, "sort_by", "cost", ["model_created", "model_name", "credits_deduction"]),
        (HISTORY, "sort_order", "DESC", ["desc", "asc"]),
        (HISTORY, "from_date", "2026-02-30", "YYYY-MM-DD"),
        (HISTORY, "to_date", "20260201", "YYYY-MM-DD"),
        (GENERATIONS, "start_date", "0000-01-01", "YYYY-MM-DD"),
        (GENERATIONS, "end_date", "yesterday", "YYYY-MM-DD"),
        (HISTORY, "model_name", "a/b", "it must be 1 to 64 of a-z, 0-9, '.', '_', '-', as models' names are"),
        (GENERATIONS, "model_name", "\0", "it must be 1 to 64 of a-z, 0-9, '.', '_', '-', as models' names are"),
        (RECENT, "model_name", "x" * 65, "it must be 1 to 64 of a-z, 0-9, '.', '_', '-', as models' names are"),
    ],
)
def test_what_cannot_be_is_refused_by_name(api: Api, path: str, name: str, value: str, allowed: object) -> None:
    answer = api.get(path, params={name: value})
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["field"], body["allowed"]) == ("invalid_request", name, allowed)
    assert body["error"].startswith(f"{name} is ")
    assert body["value"] == value.replace("\0", "")


def test_days_that_do_not_go_together_are_refused(api: Api) -> None:
    last = today()
    first = last - timedelta(32)
    answer = api.get(f"{HISTORY}?from_date={first}").json()
    rule = "it must be at most 31 days before to_date, which is today unless it is sent"
    assert answer["error"] == f'from_date is "{first}"; {rule}'
    answer = api.get(f"{HISTORY}?from_date=2026-01-01&to_date=2026-02-02").json()
    assert answer["error"].endswith("it must be at most 31 days before to_date, which is 2026-02-02")
    assert api.get(f"{HISTORY}?from_date=2026-01-01&to_date=2026-02-01").status_code == 200
    for path, names in ((HISTORY, ("from_date", "to_date")), (GENERATIONS, ("start_date", "end_date"))):
        answer = api.get(f"{path}?{names[0]}=2026-02-02&{names[1]}=2026-02-01").json()
        assert (answer["field"], answer["value"]) == (names[0], "2026-02-02")
        assert answer["error"].endswith(f"it must not be after {names[1]}, which is 2026-02-01")


def test_recent_generations_are_of_a_model(api: Api) -> None:
    answer = api.get(RECENT).json()
    assert (answer["field"], answer["value"]) == ("model_name", None)
    assert answer["error"].startswith("model_name is missing; ")
