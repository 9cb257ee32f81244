"""Every status of the contract, with a body a person and a program can read."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import httpx
import pytest

from flashreel.jobs import keys
from tests.acceptance.conftest import BURST, MAX_BODY, MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server
from tests.support.web import client

NO_SUCH_ID = "0" * 32


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an error answer, which has our shape and nothing of a framework's."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert isinstance(body["error"], str)
    assert len(body["error"]) > 10
    assert "detail" not in body
    assert "Traceback" not in answer.text
    return body


# 400


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "prompt", "prompt is missing"),
        ({"prompt": None}, "prompt", "prompt is missing"),
        ({"prompt": ""}, "prompt", "prompt is empty"),
        ({"prompt": " \n\t"}, "prompt", "prompt is empty"),
        ({"prompt": 7}, "prompt", "prompt is 7"),
        ({"prompt": ["a"]}, "prompt", "must be a text of 1 to 5000 characters"),
        ({"prompt": "x" * 5001}, "prompt", "5001"),
        ({"duration": 7}, "duration", "duration is 7; allowed are 5 and 9"),
        ({"duration": "five"}, "duration", 'duration is "five"'),
        ({"duration": 5.5}, "duration", "5.5"),
        ({"duration": -5}, "duration", "-5"),
        ({"duration": True}, "duration", "duration is true"),
        ({"duration": [5]}, "duration", "allowed are 5 and 9"),
        ({"duration": 10**400}, "duration", "allowed are 5 and 9"),
        ({"aspect_ratio": "16:10"}, "aspect_ratio", 'aspect_ratio is "16:10"; allowed are 16:9'),
        ({"aspect_ratio": 1.77}, "aspect_ratio", "1.77"),
        ({"aspect_ratio": {"a": 1}}, "aspect_ratio", "allowed are 16:9"),
        ({"loop": "yes"}, "loop", 'loop is "yes"; allowed are true and false'),
        ({"loop": 1}, "loop", "allowed are true and false"),
        ({"seed": -1}, "seed", "an integer from 0 to 9007199254740991"),
        ({"seed": 2**53}, "seed", "an integer from 0 to 9007199254740991"),
        ({"seed": "abc"}, "seed", 'seed is "abc"'),
        ({"seed": 1.5}, "seed", "1.5"),
        ({"start_image_url": 5}, "start_image_url", "http or https URL"),
        ({"start_image_url": "fox.png"}, "start_image_url", "http or https URL"),
        ({"start_image_url": "file:///etc/passwd"}, "start_image_url", "http or https URL"),
        ({"start_image_url": "http://169.254.169.254/latest"}, "start_image_url", "not public"),
        ({"end_image_url": "http://localhost/x.png"}, "end_image_url", "not public"),
        ({"end_image_url": "data:text/html;base64,AAAA"}, "end_image_url", "image"),
        ({"loop": True, "end_image_url": "https://example.com/x.png"}, "loop", "end_image_url"),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_bad_fields(
    server: Server, make_caller: MakeCaller, version: str, fields: dict[str, Any], field: str, words: str
) -> None:
    caller = make_caller()
    if "prompt" not in fields and fields:
        fields = {"prompt": "a red fox", **fields}
    body = refused(caller.post(f"/{version}/scripted", **fields), 400, "invalid_request")
    assert body["field"] == field
    assert words in body["error"]
    assert "value" in body
    assert caller.credits() == 100.0


def test_allowed_values_are_listed(caller: Caller) -> None:
    body = caller.post("/v2/tiny", prompt="a red fox", aspect_ratio="2:1").json()
    assert body["value"] == "2:1"
    assert sorted(body["allowed"]) == ["16:9", "1:1", "21:9", "3:4", "4:3", "9:16", "9:21"]
    body = caller.post("/v2/tiny", prompt="a red fox", duration="6").json()
    assert (body["value"], body["allowed"]) == ("6", [5, 9])


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("application/json", b"{", "not JSON"),
        ("application/json", b"", "not JSON"),
        ("application/json", b"\xff\xfe", "UTF-8"),
        ("application/json", b'{"prompt": NaN}', "NaN"),
        ("application/json", b"[" * 90_000, "nested"),
        ("application/json", b'["prompt"]', "JSON object"),
        ("application/json", b'"prompt"', "JSON object"),
        ("text/plain", b"prompt=x", "'text/plain'"),
        ("application/x-www-form-urlencoded", b"prompt=x", "application/json or multipart/form-data"),
        ("", b'{"prompt": "x"}', "is missing"),
        ("multipart/form-data", b"x", "multipart"),
        ("multipart/form-data; boundary=b", b"--c\r\n\r\n", "multipart"),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
            "multipart",
        ),
    ],
)
def test_bad_bodies(caller: Caller, kind: str, content: bytes, words: str) -> None:
    answer = caller.http.post("/v2/scripted", content=content, headers={"content-type": kind} if kind else {})
    assert words in refused(answer, 400, "invalid_request")["error"]


def test_a_file_in_the_form_that_is_no_image_is_refused(caller: Caller) -> None:
    files = {"start_image_url": ("fox.png", b"%PDF-1.7", "application/pdf")}
    body = refused(caller.http.post("/v2/scripted", data={"prompt": "a red fox"}, files=files), 400, "invalid_request")
    assert body["field"] == "start_image_url"
    assert "start_image_url is not an image: application/pdf" in body["error"]


def test_host_that_is_none_is_refused_before_anything_is_accepted(caller: Caller) -> None:
    with socket.create_connection(("127.0.0.1", caller.server.port)) as wire:
        content = b'{"prompt": "a red fox"}'
        head = f"POST /v2/scripted HTTP/1.1\r\nHost: a b\r\nx-api-key: {caller.secret}\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        wire.sendall(head.encode() + content)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert caller.credits() == 100.0


# 401


def test_bad_keys_hear_the_same_words(server: Server, make_caller: MakeCaller) -> None:
    revoked, expired = make_caller(), make_caller(expires_at=time.time() - 1)
    with server.store() as connection:
        assert keys.revoke_key(connection, revoked.key_id)
    ways: list[dict[str, str]] = [
        {},
        {"x-api-key": ""},
        {"x-api-key": "fr_" + "0" * 48},
        {"x-api-key": revoked.secret},
        {"x-api-key": expired.secret},
        {"authorization": f"Basic {revoked.secret}"},
        {"authorization": f"Bearer {expired.secret}"},
        {"authorization": "Bearer"},
    ]
    paths = [
        ("POST", "/v2/scripted"),
        ("POST", "/v1/scripted"),
        ("POST", "/v2/no-such-model"),
        ("GET", f"/v2/requests/{NO_SUCH_ID}"),
        ("GET", f"/v2/requests/{NO_SUCH_ID}/status"),
        ("GET", f"/v1/requests/{NO_SUCH_ID}"),
        ("GET", "/v1/get-user-credits"),
        ("GET", "/v2/no/such/path"),
        ("DELETE", "/v2/scripted"),
    ]
    with client(server.url) as http:
        said = {
            refused(http.request(method, path, headers=way), 401, "unauthorized")["error"]
            for method, path in paths
            for way in ways
        }
    assert len(said) == 1


# 403


def test_key_without_the_scope(make_caller: MakeCaller) -> None:
    body = refused(make_caller(scopes=("admin",)).post("/v2/scripted", prompt="a red fox"), 403, "forbidden")
    assert "'generate'" in body["error"]


def test_key_for_other_models(make_caller: MakeCaller) -> None:
    caller = make_caller(models=("scripted",))
    for version in ("v1", "v2"):
        body = refused(caller.post(f"/{version}/tiny", prompt="a red fox"), 403, "forbidden")
        assert "'tiny'" in body["error"]
        assert "scripted" in body["error"]
    caller.submit()


# 404 and 405


@pytest.mark.parametrize("path", ["/v2/no-such-model", "/v1/no-such-model", "/v1/Scripted", "/v2/requests2"])
def test_unknown_model(caller: Caller, path: str) -> None:
    body = refused(caller.post(path, prompt="a red fox"), 404, "not_found")
    assert "ray-flash-2-720p" in body["error"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/v3/scripted", "/v2/", "/v2/a/b/c", "/v1/requests/x/y", "/docs/x", "/openapi.yaml"]
)
def test_unknown_path(caller: Caller, path: str) -> None:
    assert path in refused(caller.http.get(path), 404, "not_found")["error"]


def test_requests_that_are_not_the_caller_s_are_all_unknown_in_the_same_words(
    strict: Server, make_caller: MakeCaller
) -> None:
    owner, other = make_caller(at=strict), make_caller(at=strict)
    expired = owner.submit()
    assert owner.result(expired).status_code == 200
    said = set()
    for pattern in ("/v2/requests/{}/status", "/v2/requests/{}", "/v1/requests/{}"):
        for request_id in (expired, NO_SUCH_ID, "x", "%00", "é", "' OR 1=1 --"):
            said.add(refused(other.http.get(pattern.format(request_id)), 404, "not_found")["error"])
    owner.expire(expired)
    for pattern in ("/v2/requests/{}/status", "/v2/requests/{}", "/v1/requests/{}"):
        said.add(refused(owner.http.get(pattern.format(expired)), 404, "not_found")["error"])
    assert said == {"this request is unknown or has expired"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v2/scripted", "POST"),
        ("PUT", "/v1/scripted", "POST"),
        ("PUT", f"/v2/requests/{NO_SUCH_ID}", "GET"),
        ("GET", f"/v2/requests/{NO_SUCH_ID}/cancel", "POST"),
        ("POST", f"/v2/requests/{NO_SUCH_ID}/status", "GET"),
        ("POST", "/health/ready", "GET"),
        ("PATCH", "/assets/a/b", "GET"),
        ("POST", "/v1/get-user-credits", "GET"),
    ],
)
def test_wrong_method(caller: Caller, method: str, path: str, allowed: str) -> None:
    answer = caller.http.request(method, path)
    body = refused(answer, 405, "method_not_allowed")
    assert method in body["error"]
    assert allowed in answer.headers["allow"]
    assert body["allowed"] == answer.headers["allow"]


# 406


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_not_enough_credits(make_caller: MakeCaller, version: str) -> None:
    caller = make_caller(0.5)
    body = refused(caller.post(f"/{version}/scripted", prompt="a red fox", duration=9), 406, "insufficient_credits")
    assert (body["have"], body["need"]) == (0.5, 0.675)
    assert "0.5" in body["error"]
    assert "0.675" in body["error"]
    assert caller.credits() == 0.5


def test_credits_are_held_while_a_job_is_queued(make_caller: MakeCaller) -> None:
    caller = make_caller(0.5)
    caller.submit("seconds=1")
    body = refused(caller.post("/v2/scripted", prompt="a red fox"), 406, "insufficient_credits")
    assert (body["have"], body["need"]) == (0.125, 0.375)


# 413


def test_body_too_large(caller: Caller) -> None:
    content = b'{"prompt": "' + b"x" * MAX_BODY + b'"}'
    headers = {"content-type": "application/json"}
    told = caller.http.post("/v2/scripted", content=content, headers=headers)
    untold = caller.http.post("/v2/scripted", content=iter([content[:50_000], content[50_000:]]), headers=headers)
    for answer in (told, untold):
        assert refused(answer, 413, "too_large")["limit"] == MAX_BODY


# 422: a job that FAILED


def test_failed_job_is_422_everywhere_in_v2(caller: Caller) -> None:
    request_id = caller.submit("crash")
    caller.wait_for_state(request_id, "FAILED")
    for path in (f"/v2/requests/{request_id}/status", f"/v2/requests/{request_id}", f"/v1/requests/{request_id}"):
        answer = caller.http.get(path)
        assert answer.status_code == 422
        body = answer.json()
        assert (body["status"], body["error_code"], body["request_id"]) == ("FAILED", "engine_failed", request_id)
        assert "secret" not in answer.text
        assert set(body["metrics"]) == {"queue_time", "inference_time", "total_time", "cost", "remaining_credits"}
        assert (body["metrics"]["cost"], body["metrics"]["remaining_credits"]) == (0, 100)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"prompt": "crash"}, 500, "engine_failed"),
        ({"prompt": "black"}, 500, "output_rejected"),
        ({"prompt": "short"}, 500, "output_rejected"),
        ({"prompt": "upstream"}, 502, "upstream_failed"),
        ({"prompt": "fox", "start_image_url": "data:image/png;base64,AAAA"}, 422, "image_invalid"),
        ({"prompt": "fox", "start_image_url": "http://nothing.invalid/x.png"}, 422, "image_unreachable"),
    ],
)
def test_failed_job_is_its_own_status_in_v1(caller: Caller, fields: dict[str, Any], status: int, code: str) -> None:
    answer = caller.post("/v1/scripted", **fields)
    body = refused(answer, status, code)
    assert (body["status"], body["error_code"]) == ("FAILED", code)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert (answer.headers["x-cost"], answer.headers["x-remaining-credits"]) == ("0.0", "100.0")
    assert "secret" not in answer.text
    if "start_image_url" in fields:
        assert "start_image_url" in body["error"]
    assert caller.status(body["request_id"])["error"] == body["error"]


# 429


def test_too_many_submits(caller: Caller) -> None:
    for _ in range(BURST):
        refused(caller.post("/v2/scripted"), 400, "invalid_request")
    answer = caller.post("/v2/scripted", prompt="a red fox")
    body = refused(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["retry-after"] in body["error"]
    assert caller.credits() == 100.0


def test_too_many_unfinished_jobs(make_caller: MakeCaller) -> None:
    caller = make_caller(max_queued=1)
    first = caller.submit("seconds=60")
    answer = caller.post("/v1/scripted", prompt="a red fox")
    assert "1 unfinished" in refused(answer, 429, "rate_limited")["error"]
    assert int(answer.headers["retry-after"]) >= 1
    caller.post(f"/v2/requests/{first}/cancel")
    caller.wait_for_state(first, "FAILED")
    caller.submit()


# 500


def test_crash_of_a_request_is_an_id_to_quote(server: Server, caller: Caller) -> None:
    request_id = caller.submit()
    caller.result(request_id)
    with server.store() as connection:
        connection.exec_driver_sql("UPDATE jobs SET result = '{broken' WHERE id = ?", (request_id,))
    answer = caller.http.get(f"/v2/requests/{request_id}")
    body = refused(answer, 500, "internal_error")
    assert re.fullmatch(r"[0-9a-f]{12}", body["error_id"])
    assert body["error_id"] in body["error"]
    assert "JSON" not in answer.text
    assert body["error_id"] in server.log


# 504


def test_wait_that_is_too_long_says_where_the_job_is(strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    body = refused(caller.post("/v1/scripted", prompt="seconds=3"), 504, "timeout")
    assert body["status"] in ("QUEUED", "PROCESSING")
    assert body["status_url"] == f"{strict.url}/v2/requests/{body['request_id']}/status"
    assert caller.result(body["request_id"]).status_code == 200
    assert caller.credits() == pytest.approx(99.625)


# the order of the checks: what is wrong twice is refused for the first reason


def post_bytes(caller: Caller, path: str, kind: str, content: bytes) -> httpx.Response:
    return caller.http.post(path, content=content, headers={"content-type": kind})


def test_order_of_checks(server: Server, make_caller: MakeCaller) -> None:
    large = b"x" * (MAX_BODY + 1)
    with client(server.url) as nobody:
        refused(nobody.post("/v2/no-such-model", content=large), 401, "unauthorized")
    useless = make_caller(0, scopes=("admin",), max_queued=0)
    refused(post_bytes(useless, "/v2/no-such-model", "application/json", large), 404, "not_found")
    refused(post_bytes(useless, "/v2/scripted", "application/json", large), 403, "forbidden")
    poor = make_caller(0, max_queued=0)
    for _ in range(BURST):
        refused(poor.post("/v2/scripted", prompt=7), 400, "invalid_request")
    refused(post_bytes(poor, "/v2/scripted", "application/json", large), 413, "too_large")
    refused(post_bytes(poor, "/v2/scripted", "text/plain", b"x"), 400, "invalid_request")
    refused(poor.post("/v2/scripted", prompt=7), 429, "rate_limited")
    poor = make_caller(0, max_queued=0)
    refused(poor.post("/v2/scripted", prompt=7), 400, "invalid_request")
    refused(poor.post("/v2/scripted", prompt="a red fox"), 406, "insufficient_credits")
    refused(make_caller(max_queued=0).post("/v2/scripted", prompt="a red fox"), 429, "rate_limited")
