"""The URLs of an answer: from the setting, else from the request itself, and never from a stranger's headers."""

from __future__ import annotations

import pytest

from tests.api.conftest import Api, ApiMaker

FORWARDED = {"x-forwarded-host": "video.example.com", "x-forwarded-proto": "https"}


def base_of(api: Api, **headers: str) -> str:
    """The base of the URLs in the answer to a submit."""
    body = api.post("/v2/tiny", {"prompt": "a fox"}, headers=headers).json()
    base, _, rest = body["status_url"].partition("/v2/")
    assert rest == f"requests/{body['request_id']}/status"
    assert body["response_url"] == f"{base}/v2/requests/{body['request_id']}"
    assert body["poll_url"] == f"{base}/v1/requests/{body['request_id']}"
    return str(base)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:80", "a-b.example.com", "[::1]", "[::1]:8000", "my_box:1"]
)
def test_the_base_is_the_host_that_was_asked(api: Api, host: str) -> None:
    assert base_of(api, host=host) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "http://x",
        "x/y",
        "x?y",
        "x#y",
        "x:65536",
        "[::1]:65536",
        "[:::::]",
        "[127.0.0.1]",
        "u@x",
        "[::1",
        "[",
        "x:",
        "x:1:2",
        "x:123456",
        "-x",
        "x" * 300,
        "x\\y",
    ],
)
def test_a_host_that_is_none_is_refused_before_anything_is_accepted(api: Api, host: str) -> None:
    answer = api.post("/v2/tiny", {"prompt": "a fox"}, headers={"host": host})
    body = answer.json()
    assert (answer.status_code, body["code"], body["field"]) == (400, "invalid_request", "host")
    assert "must be a host name" in body["error"]
    assert api.get("/v1/get-user-credits").json() == {"credits": 10.0, "free-credits": 0.0}


@pytest.mark.parametrize("host", ["[::1", "[", "a b", "", "\xff"])
def test_a_bad_host_is_no_crash_where_no_url_is_made(api: Api, host: str) -> None:
    headers = {"host": host.encode("latin-1")}
    assert api.get("/health/live", headers=headers).status_code == 200
    assert api.get("/nope", headers=headers).status_code == 404
    assert api.get("/v1/nope/nope", headers=headers).status_code == 404


def test_the_setting_wins_over_every_header(make_api: ApiMaker) -> None:
    api = make_api(public_url="https://video.example.com/api/", trusted_proxies="127.0.0.1")
    assert base_of(api, host="evil.test", **{"x-forwarded-host": "evil.test"}) == "https://video.example.com/api"


def test_forwarded_headers_of_a_stranger_are_nothing(make_api: ApiMaker) -> None:
    assert base_of(make_api(), host="here", **FORWARDED) == "http://here"
    assert base_of(make_api(trusted_proxies="10.0.0.0/8"), host="here", **FORWARDED) == "http://here"


@pytest.mark.parametrize(
    ("proxies", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.0/8,::1", "10.9.8.7"),
        ("10.0.0.0/8,::1", "::1"),
        ("10.0.0.0/8", "::ffff:10.1.1.1"),
    ],
)
def test_forwarded_headers_of_a_trusted_proxy_are_believed(make_api: ApiMaker, proxies: str, address: str) -> None:
    api = make_api(trusted_proxies=proxies, client=(address, 1))
    assert base_of(api, host="inner:8000", **FORWARDED) == "https://video.example.com"
    assert base_of(api, host="inner:8000") == "http://inner:8000"
    assert base_of(api, host="inner", **{"x-forwarded-host": "first.example, second"}) == "http://first.example"


def test_a_caller_without_an_address_is_no_proxy(make_api: ApiMaker) -> None:
    api = make_api(trusted_proxies="127.0.0.1", client=("unix:socket", 0))
    assert base_of(api, host="here", **FORWARDED) == "http://here"


@pytest.mark.parametrize("field", [{"x-forwarded-host": "a b"}, {"x-forwarded-proto": "gopher"}])
def test_a_proxy_that_forwards_nonsense_is_told_so(make_api: ApiMaker, field: dict[str, str]) -> None:
    api = make_api(trusted_proxies="127.0.0.1")
    answer = api.post("/v2/tiny", {"prompt": "a fox"}, headers=field)
    assert answer.status_code == 400
    assert next(iter(field.values())) in answer.json()["error"]
