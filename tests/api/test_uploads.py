"""Uploads: kept whole or not at all, told by their first bytes, served to whoever has the URL while they last."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from flashreel.api.uploads import accept, discard, url
from flashreel.errors import InvalidRequest
from flashreel.jobs import keys, uploads
from flashreel.jobs.keys import Key
from flashreel.jobs.uploads import Upload
from tests.api.conftest import Api, ApiMaker

ROUTE = "/upload-asset"
GONE = "this file does not exist or has expired"


def image(kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 30)).save(file, kind)
    return file.getvalue()


PNG = image()


def uri(data: bytes = PNG, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def send(api: Api, *data_urls: object, **more: Any) -> httpx.Response:
    return api.post(ROUTE, {"data_urls": list(data_urls)}, **more)


def sent(api: Api, *data_urls: str) -> list[str]:
    """The paths at which the files can be had."""
    answer = send(api, *data_urls)
    assert answer.status_code == 200, answer.text
    return [file_url.removeprefix("http://api.test") for file_url in answer.json()["file_urls"]]


def refusal(api: Api, *data_urls: object, status: int = 400) -> str:
    """The sentence of a refusal, which leaves nothing behind."""
    before = files(api), rows(api)
    answer = send(api, *data_urls)
    assert answer.status_code == status, answer.text
    assert (files(api), rows(api)) == before
    return str(answer.json()["error"])


def files(api: Api) -> set[Path]:
    return {file for file in (api.state.settings.assets / "uploads").rglob("*") if file.is_file()}


def rows(api: Api) -> list[Upload]:
    with api.state.database.reading() as connection:
        return uploads.list_of(connection, api.key_id, 2000)


def key_of(api: Api) -> Key:
    with api.state.database.reading() as connection:
        key = keys.get_key(connection, api.key_id)
    assert key is not None
    return key


# --- Segmind's route


def test_an_upload_is_answered_with_its_url_under_both_names(api: Api) -> None:
    answer = send(api, uri())
    assert answer.status_code == 200
    body = answer.json()
    assert body == {"file_urls": [ANY], "urls": body["file_urls"], "message": "1 file uploaded, to be deleted in 24 h"}
    (upload,) = rows(api)
    assert body["urls"] == [f"http://api.test/assets/{upload.path}"]
    assert upload.path.startswith(f"uploads/{upload.id}/")
    assert (upload.content_type, upload.size, upload.name) == ("image/png", len(PNG), "image.png")
    assert upload.sha256 == hashlib.sha256(PNG).hexdigest()
    assert upload.expires_at - upload.created_at == 24 * 3600


def test_a_public_url_is_the_base(make_api: ApiMaker) -> None:
    api = make_api(public_url="https://video.example.com/api")
    (found,) = send(api, uri()).json()["urls"]
    assert found.startswith("https://video.example.com/api/assets/uploads/")


def test_several_files_come_back_in_their_order(api: Api) -> None:
    kinds = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
    paths = sent(api, *(uri(image(kind), "application/octet-stream") for kind in kinds))
    got = [api.get(path, key=None) for path in paths]
    assert [answer.headers["content-type"] for answer in got] == [f"image/{kind.lower()}" for kind in kinds]
    assert [answer.content for answer in got] == [image(kind) for kind in kinds]


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PNG).decode(),
        base64.b64encode(PNG).decode().rstrip("="),
        uri(PNG, "video/mp4"),
        uri(PNG, "").replace("data:", "DATA:"),
        uri(PNG, "image/png;charset=utf-8"),
        uri(PNG).replace("/", "%2F").replace("image%2F", "image/"),
    ],
)
def test_a_file_is_what_its_bytes_say_however_it_is_wrapped(api: Api, text: str) -> None:
    answer = api.get(sent(api, text)[0], key=None)
    assert (answer.headers["content-type"], answer.content) == ("image/png", PNG)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (uri(b"<svg></svg>", "image/svg+xml"), "is image/svg+xml, sent as image/svg+xml; it must be an image: PNG, "),
        (uri(b"%PDF-1.7", "image/png"), "is application/pdf, sent as image/png; it must be an image: "),
        (uri(b"?"), "is of a type that is not known here, sent as image/png; "),
        ("", "is empty; "),
        ("data:image/png;base64,", "is empty, sent as image/png; "),
        (base64.b64encode(b"<html>").decode(), "is text/html; it must be "),
        ("data:image/png,abc", "is not a base64 data: URI; "),
        ("data:", "is not a base64 data: URI; "),
        ("data:image/png;base64", "is not a base64 data: URI; "),
        (f"data:image/png{';a=b' * 50};base64,AAAA", "is not a base64 data: URI; "),  # megabytes of it end the server
        ("data:image/png;base64,A", "is not valid base64; "),
        ("http://example.com/a.png", "is not valid base64; "),
        ("\ud800", "is not valid base64; "),
        ("é", "is not valid base64; "),
        ("AAA=AAA", "is not valid base64; "),
    ],
)
def test_what_is_no_image_is_refused_with_its_place_and_nothing_is_kept(api: Api, text: str, said: str) -> None:
    answer = api.post(ROUTE, json.dumps({"data_urls": [uri(), text]}).encode())  # httpx would not send a surrogate
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(f"data_urls[1] {said}")
    assert answer.json()["field"] == "data_urls[1]"
    assert (files(api), rows(api)) == (set(), [])


@pytest.mark.parametrize("value", [None, [], "data:", 5, {}, [1], [None], [[]], [uri()] * 11])
def test_data_urls_must_be_a_list_of_texts(api: Api, value: object) -> None:
    answer = api.post(ROUTE, {"data_urls": value})
    assert answer.status_code == 400
    assert answer.json()["field"] == "data_urls"
    assert answer.json()["error"].endswith("it must be a list of 1 to 10 data: URIs")


def test_a_key_is_needed_and_its_scope(api: Api) -> None:
    assert send(api, uri(), key=None).status_code == 401
    _, secret = api.new_key(scopes=("read",))
    assert send(api, uri(), key=secret).status_code == 403
    assert files(api) == set()


def test_a_wrong_host_is_refused_before_anything_is_kept(api: Api) -> None:
    assert send(api, uri(), headers={"host": "a b"}).status_code == 400
    assert files(api) == set()


# --- limits


def test_a_file_may_have_upload_max_bytes_and_no_more(make_api: ApiMaker) -> None:
    api = make_api(upload_max=1000)
    sent(api, uri(PNG.ljust(1000, b"\0")))
    for size in (1001, 1002, 1003, 5000):
        said = refusal(api, uri(), uri(PNG.ljust(size, b"\0")), status=413)
        assert said.startswith("data_urls[1] is ")
        assert "1000" in said


def test_the_quota_of_a_key_is_said_and_nothing_beyond_it_is_kept(make_api: ApiMaker) -> None:
    api = make_api(upload_quota=1000)
    big = uri(PNG.ljust(400, b"\0"))
    sent(api, big, big)
    assert refusal(api, big, status=413) == (
        "1 more of 400 bytes do not fit: this key has 2 uploads of 800 bytes and may have 1000 of 1000 bytes in all. "
        "Delete some, or wait: each expires 24 h after it came"
    )
    _, secret = api.new_key()
    assert send(api, big, key=secret).status_code == 200


def test_of_several_files_that_do_not_fit_together_none_is_kept(make_api: ApiMaker) -> None:
    api = make_api(upload_quota=1000)
    big = uri(PNG.ljust(400, b"\0"))
    assert refusal(api, big, big, big, status=413).startswith("3 more of 1200 bytes do not fit: this key has 0 ")


def test_the_quota_holds_also_for_what_another_request_took_meanwhile(
    make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before anything is written is not the one that decides."""
    api = make_api(upload_quota=1000)
    monkeypatch.setattr("flashreel.jobs.uploads.Usage.has_room", always_at_first())
    big = uri(PNG.ljust(600, b"\0"))
    assert refusal(api, big, big, status=413).startswith("1 more of 600 bytes do not fit: this key has 1 ")


def always_at_first() -> Any:
    real = uploads.Usage.has_room
    asked = 0

    def has_room(self: uploads.Usage, count: int, size: int, quota: int) -> bool:
        nonlocal asked
        asked += 1
        return asked == 1 or real(self, count, size, quota)

    return has_room


def test_a_disk_that_is_nearly_full_takes_no_upload(make_api: ApiMaker) -> None:
    api = make_api(min_free=2**62)
    assert "the disk is nearly full" in refusal(api, uri(), status=503)


def test_a_disk_that_fails_keeps_nothing_and_names_no_folder(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    put = api.state.storage.put_upload
    done: list[str] = []

    def fail_second(upload_id: str, data: bytes, suffix: str) -> str:
        if done:
            raise OSError(28, "No space left on device: /secret/place")
        done.append(put(upload_id, data, suffix))
        return done[0]

    monkeypatch.setattr(api.state.storage, "put_upload", fail_second)
    said = refusal(api, uri(), uri(), status=503)
    assert said == "the file cannot be stored; nothing was kept, try again later"
    assert len(done) == 1


def test_a_store_that_cannot_be_written_keeps_no_file(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(uploads, "add", fail)
    assert "the store cannot be written" in refusal(api, uri(), status=503)


# --- served


def test_an_upload_is_served_to_whoever_has_its_url(api: Api) -> None:
    (path,) = sent(api, uri())
    answer = api.get(path, key=None)
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'inline; filename="image.png"'
    head = api.call("HEAD", path, key=None)
    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(answer.headers))
    part = api.get(path, key=None, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    assert api.get(path, key=None, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("change", ["id", "secret", "suffix", "folder", "up", "nul"])
def test_any_other_path_is_nothing(api: Api, change: str) -> None:
    (path,) = sent(api, uri())
    upload_id, name = path.removeprefix("/assets/uploads/").split("/")
    wrong = {
        "id": f"{'0' * 32}/{name}",
        "secret": f"{upload_id}/{'0' * 32}.png",
        "suffix": f"{upload_id}/{name}%231",
        "folder": f"{upload_id}/",
        "up": f"{upload_id}/%2e%2e/{upload_id}/{name}",
        "nul": f"{upload_id}/%00",
    }[change]
    answer = api.get(f"/assets/uploads/{wrong}")
    assert (answer.status_code, answer.json()["error"]) == (404, GONE)


def test_an_upload_is_nothing_once_its_time_is_over_though_nobody_swept_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = sent(api, uri())
    monkeypatch.setattr("flashreel.jobs.uploads.wall_seconds", lambda: 4e9)
    answer = api.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, GONE)


def test_an_upload_whose_file_is_gone_is_a_404_and_no_crash(api: Api) -> None:
    (path,) = sent(api, uri())
    files(api).pop().unlink()
    assert api.get(path).status_code == 404


# --- whatever the dialect


def test_a_file_keeps_the_name_it_came_with(api: Api) -> None:
    names = {
        "fox.png": "fox.png",
        "/pictures/my fox.png": "my fox.png",
        "C:\\pictures\\fox.jpg": "fox.jpg",
        '狐"\r\nx: y.png': '狐"\r\nx: y.png',
        "": "image.png",
        "a/": "image.png",
    }
    for given, kept in names.items():
        upload = api.runner.run(accept(api.request(), key_of(api), PNG, "image/png", given))
        assert upload.name == kept
        answer = api.get(url(api.request(), upload).removeprefix("http://api.test"))
        assert answer.headers["content-disposition"].isascii()
        assert "x" not in answer.headers
        assert answer.content == PNG


def test_a_refusal_names_the_field_of_the_dialect(api: Api) -> None:
    with pytest.raises(InvalidRequest, match=r"^input_reference is application/pdf, sent as image/png; it must"):
        api.runner.run(accept(api.request(), key_of(api), b"%PDF-", "image/png", "", field="input_reference"))


def test_a_deleted_upload_is_gone_at_once_and_its_file_with_it(api: Api) -> None:
    path, other = sent(api, uri(), uri())
    upload_id = path.split("/")[3]
    other_key, _ = api.new_key()
    with api.state.database.reading() as connection:
        stranger = keys.get_key(connection, other_key)
    assert stranger is not None
    assert api.runner.run(discard(api.request(), stranger, upload_id)) is False
    assert api.get(path).status_code == 200
    assert api.runner.run(discard(api.request(), key_of(api), upload_id)) is True
    assert api.get(path).status_code == 404
    assert api.get(other).status_code == 200
    assert len(files(api)) == len(rows(api)) == 1
    assert api.runner.run(discard(api.request(), key_of(api), upload_id)) is False


def test_what_could_not_be_deleted_is_gone_all_the_same_and_left_to_the_keeper(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = sent(api, uri())
    upload_id = path.split("/")[3]

    def fail(_: str) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(api.state.storage, "delete_upload", fail)
    assert api.runner.run(discard(api.request(), key_of(api), upload_id)) is True
    assert api.get(path).status_code == 404
    with api.state.database.reading() as connection:
        assert uploads.due(connection) == [upload_id]
