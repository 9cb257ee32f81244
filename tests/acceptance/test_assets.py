"""Finished files: fetched whole and in parts, found by nobody else, gone after their time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.server import Server, wait_for
from tests.support.web import client, get


@dataclass(frozen=True)
class Film:
    """A finished job's file, its URL and all of its bytes."""

    request_id: str
    url: str
    content: bytes

    def get(self, **headers: str) -> httpx.Response:
        return get(self.url, **headers)


def made(caller: Caller) -> Film:
    body = caller.result(caller.submit()).json()
    answer = get(body["output"])
    assert answer.status_code == 200
    assert len(answer.content) == body["video"]["file_size"]
    return Film(body["request_id"], body["output"], answer.content)


@pytest.fixture(scope="module")
def film(servers: tuple[Server, Server]) -> Iterator[Film]:
    """One for all who only fetch it."""
    with closing(Caller.create(servers[0])) as caller:
        yield made(caller)


def test_whole_file(film: Film) -> None:
    answer = film.get()
    assert answer.content[4:8] == b"ftyp"
    headers = answer.headers
    assert headers["content-type"] == "video/mp4"
    assert headers["content-length"] == str(len(film.content))
    assert headers["accept-ranges"] == "bytes"
    assert headers["x-content-type-options"] == "nosniff"
    assert f'filename="scripted-{film.request_id[:8]}.mp4"' in headers["content-disposition"]
    assert re.fullmatch(r'"[^"]+"', headers["etag"])
    # Written to be played from its beginning: the index comes before the pictures.
    assert film.content.index(b"moov") < film.content.index(b"mdat")


def test_head(film: Film) -> None:
    whole = film.get()
    with client() as http:
        head = http.head(film.url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_ranges(film: Film, wanted: str, first: int, last: int | None) -> None:
    answer = film.get(range=wanted)
    part = film.content[first:last]
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-length"] == str(len(part))
    start = film.content.index(part) if first == 0 else len(film.content) + first if first < 0 else first
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(film.content)}"


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=-0"])
def test_range_that_holds_nothing(film: Film, wanted: str) -> None:
    answer = film.get(range=wanted)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(film.content)}"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=0-1,4-5", "pages=1-2", "bytes=x"])
def test_range_that_may_be_ignored(film: Film, wanted: str) -> None:
    answer = film.get(range=wanted)
    assert (answer.status_code, answer.content) == (200, film.content)


def test_entity_tags(film: Film) -> None:
    etag = film.get().headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = film.get(if_none_match=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert film.get(if_none_match='"other"').status_code == 200
    assert film.get(range="bytes=0-9", if_range=etag).status_code == 206
    assert film.get(range="bytes=0-9", if_range='"other"').status_code == 200


def test_paths_that_are_guessed(server: Server, film: Film) -> None:
    folder, _, name = film.url.rpartition("/")
    job, attempt = folder.rpartition("/")[0], folder.rpartition("/")[2]
    guesses = [
        folder,
        f"{folder}/",
        job,
        f"{folder}/{'0' * 32}.mp4",
        f"{folder}/{name}.txt",
        f"{job}/{int(attempt) + 1}/{name}",
        f"{folder}/%2e%2e/{attempt}/{name}",
        f"{server.url}/assets/{'0' * 32}/1/{name}",
        f"{server.url}/assets/..%2f..%2fflashreel.db",
        f"{server.url}/assets/x/../../flashreel.db",
        f"{server.url}/assets/x/%2fetc%2fpasswd",
    ]
    with client() as http:
        for guess in guesses:
            answer = http.get(guess)
            assert answer.status_code == 404, guess
            assert answer.json()["code"] == "not_found"


def test_three_stills_of_every_video(server: Server, film: Film) -> None:
    stills = stills_of(server, film.request_id)
    shapes = {}
    assert list(stills) == ["poster", "thumbnail", "spritesheet"]
    for name, (url, kind, size) in stills.items():
        answer = get(url)
        assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (200, kind, size)
        with Image.open(BytesIO(answer.content)) as image:
            shapes[name] = (image.format, image.size)
    # Of a video of 160x90, which is smaller than any bound.
    assert shapes == {
        "poster": ("JPEG", (160, 90)),
        "thumbnail": ("WEBP", (160, 90)),
        "spritesheet": ("JPEG", (800, 360)),
    }


def stills_of(server: Server, request_id: str) -> dict[str, tuple[str, str, int]]:
    """URL, media type and size in bytes of a finished job's stills, as its row says."""
    with server.store() as connection:
        query = "SELECT result FROM jobs WHERE id = ?"
        result = json.loads(connection.exec_driver_sql(query, (request_id,)).scalar_one())
    return {
        name: (f"{server.url}/assets/{still['path']}", still["content_type"], still["file_size"])
        for name, still in result["stills"].items()
    }


def test_stills_go_with_their_job(server: Server, caller: Caller) -> None:
    film = made(caller)
    stills = stills_of(server, film.request_id)
    assert caller.http.delete(f"/v2/requests/{film.request_id}").status_code == 200
    for url, _, _ in stills.values():
        assert get(url).status_code == 404
    assert not (server.data / "assets" / film.request_id).exists()


def swept_record(server: Server, request_id: str) -> sa.RowMapping | None:
    """The job's row, once it has been emptied; its files go before that."""
    with server.store() as connection:
        query = "SELECT * FROM jobs WHERE id = ? AND swept_at IS NOT NULL"
        return connection.exec_driver_sql(query, (request_id,)).mappings().first()


def test_expired_job_is_gone_on_every_route_and_from_the_disk(strict: Server, make_caller: MakeCaller) -> None:
    caller = make_caller(at=strict)
    request_id = caller.submit("a prompt to forget")
    url = caller.result(request_id).json()["output"]
    folder = strict.data / "assets" / request_id
    assert get(url).status_code == 200
    assert folder.is_dir()
    caller.expire(request_id)
    wait_for(lambda: get(url).status_code == 404)
    unknown = "0" * 32
    for pattern in ("/v2/requests/{}/status", "/v2/requests/{}", "/v1/requests/{}", "/assets/{}/1/x.mp4"):
        gone, never = (caller.http.get(pattern.format(name)) for name in (request_id, unknown))
        assert (gone.status_code, gone.json()) == (404, never.json())
    assert get(url).json() == get(f"{strict.url}/assets/{unknown}/1/x.mp4").json()
    wait_for(lambda: not folder.exists())
    # The slim record stays, without what the user said or got.
    row = wait_for(lambda: swept_record(strict, request_id))
    assert (row["state"], row["cost"], row["model"]) == ("COMPLETED", 375_000, "scripted")
    assert {row[name] for name in ("result", "warnings", "error", "callback")} == {None}
    with strict.store() as connection:
        assert connection.exec_driver_sql("SELECT * FROM specs WHERE job_id = ?", (request_id,)).all() == []
    assert caller.credits() == pytest.approx(99.625)
