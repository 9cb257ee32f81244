"""Who is let in, in which words who is not, and what a good key may do."""

from __future__ import annotations

import pytest

from flashreel.jobs import keys
from flashreel.jobs.schema import keys as key_table
from tests.api.conftest import Api, ApiMaker

CREDITS = "/v1/get-user-credits"


def _bad_key(api: Api, how: str) -> str | None:
    """A key that must not be let in, by name."""
    if how == "missing":
        return None
    if how == "unknown":
        return "fr_0000"
    key_id, secret = api.new_key()
    with api.state.database.transaction() as connection:
        if how == "revoked":
            keys.revoke_key(connection, key_id)
        else:
            connection.execute(key_table.update().where(key_table.c.id == key_id).values(expires_at=1.0))
    return secret


@pytest.mark.parametrize("how", ["missing", "unknown", "revoked", "expired"])
@pytest.mark.parametrize("path", [CREDITS, "/v2/requests/x", "/v2/nope", "/v1/tiny"])
def test_a_bad_key_is_refused_in_the_same_words_whatever_is_wrong(api: Api, how: str, path: str) -> None:
    answer = api.call("POST" if path in ("/v2/nope", "/v1/tiny") else "GET", path, key=_bad_key(api, how))
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "the API key is missing or not valid; send a good one in the header x-api-key, "
        "or as Authorization: Bearer",
        "code": "unauthorized",
    }
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_key_may_come_as_a_bearer_token(api: Api, scheme: str) -> None:
    answer = api.get(CREDITS, key=None, headers={"authorization": f"{scheme} {api.secret}"})
    assert (answer.status_code, answer.json()) == (200, {"credits": 10.0, "free-credits": 0.0})


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "{secret}", "Token {secret}"])
def test_no_other_authorization_is_a_key(api: Api, value: str) -> None:
    header = value.format(secret=api.secret)
    assert api.get(CREDITS, key=None, headers={"authorization": header}).status_code == 401


def test_a_key_of_any_bytes_is_no_crash(api: Api) -> None:
    assert api.get(CREDITS, key=None, headers={"x-api-key": b"\xff\xfe\x80"}).status_code == 401


def test_a_key_without_the_scope_is_forbidden(api: Api) -> None:
    _, secret = api.new_key(scopes=("admin",))
    answer = api.post("/v2/tiny", {"prompt": "a fox"}, key=secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "'generate'" in answer.json()["error"]


def test_a_key_for_other_models_is_forbidden_and_told_which_are_its_own(api: Api) -> None:
    _, secret = api.new_key(models=("ray-flash-2-720p",))
    answer = api.post("/v2/tiny", {"prompt": "a fox"}, key=secret)
    assert answer.status_code == 403
    assert "'tiny'" in answer.json()["error"]
    assert "ray-flash-2-720p" in answer.json()["error"]


def test_another_keys_job_is_unknown_in_the_same_words_as_none(api: Api) -> None:
    job_id = api.submit()
    _, secret = api.new_key()
    bodies = [
        api.get(f"/v2/requests/{which}{rest}", key=secret)
        for which in (job_id, "0" * 32, "%00", "x")
        for rest in ("", "/status")
    ]
    assert {answer.status_code for answer in bodies} == {404}
    assert {answer.text for answer in bodies} == {
        '{"error":"this request is unknown or has expired","code":"not_found"}'
    }


def test_a_read_key_of_another_looks_at_its_jobs_and_changes_nothing(api: Api) -> None:
    job_id = api.submit()
    _, reader = api.new_key(credits=0, scopes=("read",), of_key=api.key_id)
    _, stranger = api.new_key(scopes=("read",))
    path = f"/v2/requests/{job_id}"
    assert api.get(f"{path}/status", key=reader).status_code == 200
    assert api.get(f"{path}/status", key=stranger).status_code == 404
    assert api.get("/v1/get-user-credits", key=reader).json() == api.get("/v1/get-user-credits").json()
    for method, at, body in (
        ("POST", "/v2/tiny", {"prompt": "a fox"}),
        ("POST", f"{path}/cancel", None),
        ("DELETE", path, None),
        ("DELETE", f"/v1/videos/{job_id}", None),
        ("DELETE", f"/dream-machine/v1/generations/{job_id}", None),
        ("POST", f"/v1/predictions/{job_id}/cancel", None),
        ("POST", "/upload-asset", {"data_urls": []}),
        ("DELETE", f"/v1/files/{'a' * 32}", None),
    ):
        answer = api.call(method, at, key=reader, json=body)
        assert (answer.status_code, "scope" in answer.text) == (403, True), (method, at, answer.text)
    assert api.get(f"{path}/status").json()["status"] == "QUEUED"


def test_a_further_secret_spends_the_credits_of_its_key_within_its_own_bounds(make_api: ApiMaker) -> None:
    api = make_api()
    _, narrow = api.new_key(credits=0, models=("ray-flash-2-720p",), of_key=api.key_id)
    _, short = api.new_key(credits=0, life=-1.0, of_key=api.key_id)
    body = {"prompt": "a fox"}
    assert api.post("/v2/tiny", body, key=narrow).status_code == 403
    assert api.post("/v2/tiny", body, key=short).status_code == 401
    made = api.post("/v2/ray-flash-2-720p", body, key=narrow)
    assert made.status_code == 200
    assert api.get("/v1/get-user-credits").json() == {"credits": 10 - 0.375, "free-credits": 0.0}
    assert api.get(f"/v2/requests/{made.json()['request_id']}/status").status_code == 200
    with api.state.database.transaction() as connection:
        assert keys.check_ledger(connection) == []
        keys.revoke_key(connection, api.key_id)
    assert api.post("/v2/ray-flash-2-720p", body, key=narrow).status_code == 401


def test_the_last_use_of_a_key_is_noted_once_in_a_while(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(keys, "touch", lambda _connection, key_id: written.append(key_id))
    for _ in range(3):
        assert api.get("/v1/get-user-credits").status_code == 200
    monkeypatch.setattr("flashreel.api.auth._TOUCH_SECONDS", 0.0)
    assert api.get("/v1/get-user-credits").status_code == 200
    api.state.writer.write(lambda _: None).result(10)  # what came before is written by now
    assert written == [api.key_id, api.key_id]


def test_a_key_says_when_it_was_used(api: Api) -> None:
    assert api.get("/v1/get-user-credits").status_code == 200
    api.state.writer.write(lambda _: None).result(10)
    with api.state.database.reading() as connection:
        key = keys.get_key(connection, api.key_id)
    assert key is not None
    assert key.last_used_at is not None
