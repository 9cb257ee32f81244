"""Cancel and delete over HTTP. There is no worker here: a claimed job is one that somebody works on."""

from __future__ import annotations

import sqlite3
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from flashreel.jobs import ending, retention
from flashreel.jobs.leases import Claim
from tests.api.conftest import Api
from tests.support.store import RETENTION, claimed, credits_of, ledger_of


def cancel(api: Api, job_id: str, **more: Any) -> httpx.Response:
    return api.post(f"/v2/requests/{job_id}/cancel", **more)


def delete(api: Api, job_id: str, **more: Any) -> httpx.Response:
    return api.call("DELETE", f"/v2/requests/{job_id}", **more)


def status(api: Api, job_id: str) -> dict[str, Any]:
    answer = api.get(f"/v2/requests/{job_id}/status")
    assert answer.status_code in (200, 422)
    body: dict[str, Any] = answer.json()
    return body


def stop(api: Api, taken: Claim) -> None:
    """Plays the worker that has seen the flag."""
    with api.state.database.transaction() as connection:
        assert ending.fail(connection, taken, "cancelled", ending.CANCELLED, RETENTION)


def test_a_queued_job_is_over_at_once_and_costs_nothing(api: Api) -> None:
    job_id = api.submit()
    answer = cancel(api, job_id)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["error_code"], body["error"]) == ("FAILED", "cancelled", "the job was cancelled")
    assert (body["metrics"]["cost"], body["metrics"]["remaining_credits"]) == (0.0, 10.0)
    assert body == status(api, job_id)
    for path in (f"/v1/requests/{job_id}", f"/v2/requests/{job_id}"):
        assert (api.get(path).status_code, api.get(path).json()) == (422, body)


def test_a_running_job_is_over_when_its_worker_has_stopped(api: Api) -> None:
    job_id = api.submit()
    taken = claimed(api.state.database)
    answer = cancel(api, job_id)
    assert (answer.status_code, answer.json()["status"]) == (200, "PROCESSING")
    assert cancel(api, job_id).json()["status"] == "PROCESSING"
    stop(api, taken)
    assert status(api, job_id)["error_code"] == "cancelled"
    assert credits_of(api.state.database, api.key_id) == 10_000_000
    assert [kind for kind, _ in ledger_of(api.state.database, job_id)] == ["hold", "release"]


def test_a_terminal_job_answers_its_own_body_unchanged(api: Api) -> None:
    done = api.submit()
    api.finish()
    before = api.get(f"/v2/requests/{done}").json()
    failed = api.submit()
    cancel(api, failed)
    reason = status(api, failed)
    for job_id, body in ((done, before), (failed, reason)):
        answer = cancel(api, job_id)
        assert (answer.status_code, answer.json()) == (200, body)
        assert api.get(f"/v2/requests/{job_id}").json() == body
    assert [kind for kind, _ in ledger_of(api.state.database, done)] == ["hold", "settle"]


@pytest.mark.parametrize("call", [cancel, delete])
def test_of_an_unknown_job_and_of_another_keys_nothing_is_said(api: Api, call: Any) -> None:
    job_id = api.submit()
    _, other = api.new_key()
    answers = [call(api, job_id, key=other), call(api, "0" * 32), call(api, "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.json()["error"] for answer in answers}) == 1
    assert call(api, job_id, key=None).status_code == 401
    assert status(api, job_id)["status"] == "QUEUED"


def test_cancel_is_answered_while_the_server_drains(api: Api) -> None:
    job_id = api.submit()
    api.life.draining.set()
    assert cancel(api, job_id).json()["status"] == "FAILED"


def test_cancel_needs_no_body_and_reads_none(api: Api) -> None:
    job_id = api.submit()
    assert cancel(api, job_id, body=b"\xff not JSON").status_code == 200


# --- delete


def test_delete_of_a_live_job_cancels_it(api: Api) -> None:
    queued = api.submit()
    answer = delete(api, queued)
    assert (answer.status_code, answer.json()["error_code"]) == (200, "cancelled")
    running = api.submit()
    taken = claimed(api.state.database)
    assert delete(api, running).json()["status"] == "PROCESSING"
    stop(api, taken)
    assert status(api, running)["error_code"] == "cancelled"
    assert credits_of(api.state.database, api.key_id) == 10_000_000


def test_delete_of_a_finished_job_leaves_nothing_to_find(api: Api) -> None:
    job_id = api.submit()
    path = api.finish()
    assert api.get(f"/assets/{path}").status_code == 200
    answer = delete(api, job_id)
    assert (answer.status_code, answer.json()) == (200, {"request_id": job_id, "deleted": True})
    places = [f"/v2/requests/{job_id}{rest}" for rest in ("", "/status", "/events")]
    for place in (*places, f"/v1/requests/{job_id}", f"/assets/{path}"):
        assert api.get(place).status_code == 404
    assert delete(api, job_id).status_code == cancel(api, job_id).status_code == 404
    assert list(api.state.settings.assets.iterdir()) == []
    assert [kind for kind, _ in ledger_of(api.state.database, job_id)] == ["hold", "settle"]  # it was delivered
    with api.state.database.reading() as connection:
        assert retention.due(connection) == []


def test_delete_of_a_failed_job_takes_its_error_text_along(api: Api) -> None:
    job_id = api.submit()
    cancel(api, job_id)
    assert delete(api, job_id).status_code == 200
    assert api.get(f"/v2/requests/{job_id}").status_code == 404
    with api.state.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT error, error_code, swept_at FROM jobs").one()
    assert (row.error, row.error_code) == (None, "cancelled")
    assert row.swept_at is not None


def test_files_that_cannot_be_deleted_now_are_left_to_the_keeper(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = api.submit()
    path = api.finish()

    def refuse(_job_id: str) -> None:
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(type(api.state.storage), "delete_job", lambda _storage, job_id: refuse(job_id))
        assert delete(api, job_id).status_code == 200
    assert api.get(f"/v2/requests/{job_id}").status_code == api.get(f"/assets/{path}").status_code == 404
    with api.state.database.reading() as connection:
        assert retention.due(connection) == [job_id]


@pytest.mark.parametrize("call", [cancel, delete])
def test_a_store_that_cannot_be_written_is_a_503_and_changes_nothing(
    api: Api, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = api.submit()

    def full(*_: object) -> None:
        raise sa.exc.OperationalError("UPDATE", {}, sqlite3.OperationalError("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(ending, "cancel", full)
        answer = call(api, job_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "database or disk is full" in answer.json()["error"]
    assert answer.headers["retry-after"] == "30"
    assert status(api, job_id)["status"] == "QUEUED"
