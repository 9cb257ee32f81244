"""Hosts that are answered to, and what every answer carries."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, ApiMaker

SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}


@pytest.mark.parametrize(
    "path", ["/health/live", "/v1/get-user-credits", "/nope", "/dream-machine/v1/ping", "/v1/models"]
)
@pytest.mark.parametrize("key", ["", None])
def test_every_answer_is_safe_to_show(api: Api, path: str, key: str | None) -> None:
    headers = api.get(path, key=key).headers
    assert {name: headers[name] for name in SAFE} == SAFE
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_crash_is_safe_to_show_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashreel.api.segmind.authenticate", None)
    answer = api.get("/v1/get-user-credits")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in SAFE} == SAFE


def test_a_file_runs_nothing_and_may_be_kept(api: Api) -> None:
    api.submit()
    answer = api.get(f"/assets/{api.finish()}", key=None)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "private, max-age=3600, immutable"


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("api.test", True),
        ("API.test:8000", True),
        ("a.b.example.com", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("example.com", False),
        ("evilexample.com", False),
        ("api.test.evil.com", False),
        ("evil.com:8000", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_only_allowed_hosts_are_answered(make_api: ApiMaker, host: str, good: bool) -> None:
    api = make_api(allowed_hosts=("api.test", "*.example.com", "[::1]"))
    answer = api.get("/v1/get-user-credits", headers={"host": host})
    assert answer.status_code == (200 if good else 400)
    if not good:
        assert answer.json()["error"] == f"the Host header is {host!r}, which this server does not answer to"
        assert api.get("/v1/videos", headers={"host": host}).json()["error"]["param"] == "host"
        assert api.get("/health/live", headers={"host": host}).status_code == 200


def test_pages_of_other_origins_may_not_read_answers_unless_they_are_named(make_api: ApiMaker) -> None:
    ask = {"origin": "https://app.test", "access-control-request-method": "POST"}
    asks = {**ask, "access-control-request-headers": "x-api-key, content-type"}
    closed, opened = make_api(), make_api(cors_origins=("https://app.test",))
    assert "access-control-allow-origin" not in closed.get("/v1/get-user-credits", headers=ask).headers
    assert closed.call("OPTIONS", "/v2/tiny", key=None, headers=asks).status_code in (401, 405)
    preflight = opened.call("OPTIONS", "/v2/tiny", key=None, headers=asks)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "https://app.test")
    assert "x-api-key" in preflight.headers["access-control-allow-headers"]
    assert opened.get("/v1/get-user-credits", headers=ask).headers["access-control-allow-origin"] == "https://app.test"
    other = opened.get("/v1/get-user-credits", headers={"origin": "https://evil.test"})
    assert "access-control-allow-origin" not in other.headers
