"""Bodies: bounded in bytes and seconds, and whatever they hold, an answer a person can act on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from flashreel.jobs.schema import specs
from flashreel.media.urls import URL_MAX
from tests.api.conftest import Api, ApiMaker, in_pieces

SUBMIT = "/v2/tiny"
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
PNG = b"\x89PNG\r\n\x1a\n and the rest"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One app for all: what is refused leaves nothing behind."""
    maker = ApiMaker(tmp_path_factory.mktemp("body"))
    made = maker(rate=1e6, burst=10_000)
    made.key_id, made.secret = made.new_key(10**9)
    yield made
    maker.close()


def refusal(api: Api, body: bytes, **headers: str) -> str:
    """The sentence of a 400."""
    answer = api.post(SUBMIT, body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"
    return str(answer.json()["error"])


def form(*parts: tuple[str, str], end: bytes = b"--b--\r\n") -> bytes:
    """Multipart form data with the boundary `b`."""
    lines = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts]
    return "".join(lines).encode("utf-8", "surrogatepass") + end


# --- JSON


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not JSON: Expecting value at line 1, column 1"),
        (b"{", "is not JSON: Expecting property name"),
        (b'{"prompt": "x",}', "is not JSON"),
        (b"prompt=x", "is not JSON"),
        (b'{"prompt": "\xff"}', "it is not UTF-8 text"),
        ('{"prompt": "x"}'.encode("utf-16"), "it is not UTF-8 text"),
        (b'{"seed": NaN}', "NaN is not a JSON value"),
        (b'{"seed": -Infinity}', "-Infinity is not a JSON value"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "a number has too many digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", 'must be a JSON object, like {"prompt": "a red fox"}'),
        (b"null", "must be a JSON object"),
        (b'"prompt"', "must be a JSON object"),
    ],
)
def test_what_is_no_json_object_is_refused_in_a_sentence(api: Api, body: bytes, said: str) -> None:
    assert said in refusal(api, body)


@pytest.mark.parametrize("depth", [10, 900, *range(975, 1000)])
def test_a_nested_value_is_refused_however_deep(api: Api, depth: int) -> None:
    said = refusal(api, b'{"prompt": ' + b"[" * depth + b"]" * depth + b"}")
    assert "prompt is [" in said or "nested too deeply" in said


@pytest.mark.parametrize(
    "value", ["1e400", "-1e400", "12345678901234567890123", "{}", '"\\u0000"', '"\\ud800"', '"NaN"']
)
@pytest.mark.parametrize("field", ["seed", "duration", "aspect_ratio", "loop", "start_image_url"])
def test_an_odd_value_is_refused_and_echoed_as_json(api: Api, field: str, value: str) -> None:
    answer = api.post(SUBMIT, f'{{"prompt": "x", "{field}": {value}}}'.encode())
    body = answer.json()
    assert (answer.status_code, body["field"]) == (400, field)
    assert body["error"].startswith(f"{field} ")
    assert "value" in body


def test_lone_surrogates_and_nul_are_taken_out_of_a_prompt(api: Api) -> None:
    answer = api.post(SUBMIT, rb'{"prompt": "a \ud83d fox\u0000 \ud83e\udd8a", "\ud800 odd\u0000": 1}')
    assert answer.status_code == 200
    assert answer.json()["warnings"] == ["the field ' odd' is not known here and was not used"]
    assert "prompt is empty" in refusal(api, rb'{"prompt": " \ud800\u0000 "}')


@pytest.mark.parametrize("url", ["http://example.com/#\ud800", "data:image/png;a=\ud800;base64,AAAA", "http://\ud800/"])
def test_lone_surrogates_in_an_image_url_are_refused(api: Api, url: str) -> None:
    assert "start_image_url" in refusal(api, json.dumps({"prompt": "x", "start_image_url": url}).encode())


def test_a_hundred_thousand_unknown_fields_do_not_come_back(api: Api) -> None:
    answer = api.post(SUBMIT, {"prompt": "x", **{f"field{number}": 1 for number in range(100_000)}})
    assert answer.status_code == 200
    warnings = answer.json()["warnings"]
    assert len(warnings) == 21
    assert warnings[-1] == "99980 more fields are not known here and were not used"


# --- content type


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
def test_json_is_json_however_it_is_written(api: Api, kind: str) -> None:
    assert api.post(SUBMIT, b'{"prompt": "x"}', headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "x" * 9000, ""])
def test_another_content_type_is_refused_and_told_the_right_ones(api: Api, kind: str) -> None:
    answer = api.post(SUBMIT, b'{"prompt": "x"}', headers={"content-type": kind})
    body = answer.json()
    assert (answer.status_code, body["field"]) == (400, "content-type")
    assert body["allowed"] == ["application/json", "multipart/form-data"]
    assert len(answer.content) < 1000


# --- size and time


def test_a_body_of_exactly_the_limit_is_read(make_api: ApiMaker) -> None:
    api = make_api(max_body=1024)
    body = b'{"prompt": "x"}'.ljust(1024)
    assert api.post(SUBMIT, body).status_code == 200
    assert api.post(SUBMIT, body + b" ").status_code == 413


@pytest.mark.parametrize("length", ["1025", "9" * 400, "9" * 5000])
def test_a_body_announced_too_large_is_refused_unread(make_api: ApiMaker, length: str) -> None:
    api = make_api(max_body=1024)
    answer = api.post(SUBMIT, b"{}", headers={"content-length": length})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (413, "too_large", 1024)
    assert answer.headers["connection"] == "close"


def test_a_body_without_a_length_is_bounded_as_it_comes(make_api: ApiMaker) -> None:
    api = make_api(max_body=1024)
    headers = {"content-type": "application/json"}
    good = api.call("POST", SUBMIT, content=in_pieces(b'{"pro', b'mpt": ', b'"x"}'), headers=headers)
    assert good.status_code == 200
    bad = api.call("POST", SUBMIT, content=in_pieces(*[b" " * 100] * 100), headers=headers)
    assert bad.status_code == 413


def test_a_body_that_takes_too_long_is_refused(make_api: ApiMaker) -> None:
    api = make_api(body_seconds=0.05)
    pieces = in_pieces(*[b" "] * 100, pause=0.02)
    answer = api.call("POST", SUBMIT, content=pieces, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")
    assert answer.json()["error"] == "the request body did not arrive within 0.05 s"


def test_the_key_and_the_model_are_checked_before_the_body(api: Api) -> None:
    huge = {"content-length": "9" * 12}
    assert api.post(SUBMIT, b"{", key=None, headers=huge).status_code == 401
    assert api.post("/v2/nope", b"{", headers=huge).status_code == 404
    assert api.post(SUBMIT, b"{", headers=huge).status_code == 413


def test_an_answer_to_a_body_that_nobody_read_ends_the_connection(api: Api) -> None:
    refused = api.post(SUBMIT, b'{"prompt": "x"}', key=None)
    assert (refused.status_code, refused.headers["connection"]) == (401, "close")
    read = api.post(SUBMIT, b'{"prompt": "x"}')
    assert (read.status_code, "connection" in read.headers) == (200, False)
    assert "connection" not in api.get("/health/live").headers


# --- multipart


def test_multipart_fields_are_read_as_they_are_meant(api: Api) -> None:
    fields = ("prompt", "a 狐 fox"), ("duration", "9"), ("loop", "true"), ("start_image_url", ""), ("seed", "5")
    answer = api.post(SUBMIT, form(*fields), headers=MULTIPART)
    assert answer.status_code == 200
    job = api.get(f"/v2/requests/{answer.json()['request_id']}/status").json()
    assert job["status"] == "QUEUED"
    with api.state.database.reading() as connection:
        spec = connection.scalar(sa.select(specs.c.spec).where(specs.c.job_id == job["request_id"]))
    kept: dict[str, Any] = json.loads(spec or "")
    assert (kept["prompt"], kept["duration"], kept["loop"], kept["seed"]) == ("a 狐 fox", 9, True, 5)
    assert kept["start_image"] is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form(("prompt", "x")), "multipart/form-data"),
        (form(("prompt", "x")), "multipart/form-data; boundary="),
        (form(("prompt", "x")), "multipart/form-data; boundary=other"),
        (form(("prompt", "x")), 'multipart/form-data; boundary="b'),
        (b"", "multipart/form-data; boundary=b"),
        (b"\x00\xff", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\nno header\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (form(("prompt", "x"), end=b""), "multipart/form-data; boundary=\xff"),
    ],
)
def test_broken_multipart_is_refused_in_a_sentence(api: Api, body: bytes, kind: str) -> None:
    answer = api.post(SUBMIT, body, headers={"content-type": kind.encode("latin-1")})
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"


def test_too_many_multipart_fields_are_refused(api: Api) -> None:
    answer = api.post(SUBMIT, form(("prompt", "x"), *[(f"f{n}", "") for n in range(200)]), headers=MULTIPART)
    assert answer.status_code == 400
    assert "200" in answer.json()["error"]


def with_file(data: bytes, name: str = "start_image_url", kind: str = "image/png", filename: str = "a.png") -> bytes:
    """A form with a prompt and a file."""
    head = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}\r\n\r\n'
    )
    return form(("prompt", "x"), end=head.encode("utf-8", "surrogatepass") + data + b"\r\n--b--\r\n")


def start_image(api: Api, body: bytes) -> str | None:
    """What the job that this form makes has for a start image."""
    answer = api.post(SUBMIT, body, headers=MULTIPART)
    assert answer.status_code == 200, answer.text
    with api.state.database.reading() as connection:
        text = connection.scalar(sa.select(specs.c.spec).where(specs.c.job_id == answer.json()["request_id"]))
    kept: dict[str, str | None] = json.loads(text or "")
    return kept["start_image"]


@pytest.mark.parametrize("declared", ["image/png", "application/octet-stream", "text/html", "", "x\\ud800"])
def test_a_file_is_the_image_that_it_is_whatever_it_is_called(api: Api, declared: str) -> None:
    uri = start_image(api, with_file(PNG, kind=declared, filename="a.pdf"))
    assert uri == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_a_file_that_is_not_known_is_what_its_sender_says(api: Api) -> None:
    assert start_image(api, with_file(b"?", kind="Image/X-Own; a=b")) == "data:image/x-own;base64,Pw=="
    for kind, said in (("application/pdf", "application/pdf"), ("a/b,c", "application/octet-stream")):
        answer = api.post(SUBMIT, with_file(b"?", kind=kind), headers=MULTIPART)
        assert answer.status_code == 400
        assert f"start_image_url is not an image: {said}" in answer.json()["error"]


def test_a_file_field_in_which_nothing_was_chosen_is_not_there(api: Api) -> None:
    assert start_image(api, with_file(b"", filename="")) is None


@pytest.mark.parametrize("name", ["\ud800", "f" * 500, "prompt"])
def test_a_file_in_any_field_is_no_crash(api: Api, name: str) -> None:
    for charset in ("", "; charset=unicode_escape", "; charset=nonsense", "; charset=hex"):
        answer = api.post(SUBMIT, with_file(PNG, name), headers={"content-type": MULTIPART["content-type"] + charset})
        assert answer.status_code in (200, 400)


def test_a_file_may_be_as_large_as_an_image_in_a_data_uri(api: Api) -> None:
    assert start_image(api, with_file(PNG.ljust(20_000_000, b"x"))) is not None
    answer = api.post(SUBMIT, with_file(PNG.ljust(20_000_001, b"x"), "end_image_url"), headers=MULTIPART)
    assert (answer.status_code, answer.json()["field"]) == (413, "end_image_url")
    assert answer.json()["error"] == "end_image_url is a file of 20000001 bytes; it may have 20000000"


def test_too_many_files_are_refused(api: Api) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
    assert api.post(SUBMIT, form(("prompt", "x"), end=part * 4 + b"--b--\r\n"), headers=MULTIPART).status_code == 200
    answer = api.post(SUBMIT, form(("prompt", "x"), end=part * 5 + b"--b--\r\n"), headers=MULTIPART)
    assert answer.status_code == 400
    assert "4" in answer.json()["error"]


def test_a_charset_that_makes_surrogates_is_no_crash(api: Api) -> None:
    kind = {"content-type": "multipart/form-data; boundary=b; charset=unicode_escape"}
    answer = api.post(SUBMIT, form(("prompt", "a \\ud800 fox"), ("x\\ud800", "1")), headers=kind)
    assert answer.status_code == 200


def test_an_image_in_a_multipart_field_may_be_as_large_as_in_json(api: Api) -> None:
    image = "data:image/png;base64," + "A" * (2 * 2**20)
    assert len(image) > URL_MAX
    fields = {"prompt": "x", "start_image_url": image}
    assert api.post(SUBMIT, fields).status_code == 200
    assert api.post(SUBMIT, form(*fields.items()), headers=MULTIPART).status_code == 200


def test_a_body_that_nobody_reads_does_not_break_the_answer(make_api: ApiMaker) -> None:
    api = make_api()
    job_id = api.submit()
    path = api.finish()
    headers = {"content-length": "99999999999"}
    answer = api.get(f"/assets/{path}", content=in_pieces(b""), headers=headers)
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    events = api.get(f"/v2/requests/{job_id}/events", content=in_pieces(b""), headers=headers)
    assert (events.status_code, events.headers["connection"]) == (200, "close")
    assert b"COMPLETED" in events.content
