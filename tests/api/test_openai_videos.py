"""The OpenAI dialect in plain HTTP: every field, every state, every refusal. The SDK itself is in tests/acceptance."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openai
import pytest
import sqlalchemy as sa
from openai import AsyncOpenAI

from flashreel.errors import JOB_ERRORS, JobErrorCode
from flashreel.jobs import ending, leases, listing, uploads
from flashreel.jobs.schema import jobs
from flashreel.spec import GenerationSpec
from flashreel.storage import Storage
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed, complete

PNG = b"\x89PNG\r\n\x1a\n0123"
PNG_URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
URL = "https://example.com/a.png"
STILLS = {"poster": (b"p" * 30, "image/jpeg", ".jpg"), "thumbnail": (b"t" * 10, "image/webp", ".webp")}
STILLS["spritesheet"] = (b"s" * 20, "image/jpeg", ".jpg")


@pytest.fixture(params=["/v1", "/openai/v1"])
def base(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def create(api: Api, **fields: object) -> dict[str, Any]:
    """The video that a JSON create made."""
    answer = api.post("/v1/videos", {"model": "tiny", "prompt": "a fox", **fields})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def send_form(api: Api, name: str = "a.png", **fields: Any) -> httpx.Response:
    """A create as the SDK sends it; a value of bytes is a file called `name`."""
    parts = {"model": "tiny", "prompt": "a fox", **fields}
    files = {part: (name, value) if isinstance(value, bytes) else (None, str(value)) for part, value in parts.items()}
    return api.call("POST", "/v1/videos", files=files)


def refusal(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def spec_of(api: Api, video: dict[str, Any]) -> GenerationSpec:
    with api.state.database.reading() as connection:
        spec = listing.spec_of(connection, video["id"].removeprefix("video_"))
    assert spec is not None
    return spec


def finish(api: Api) -> bytes:
    """Plays the worker: completes the next job with a video and its stills; the video's bytes."""
    taken = claimed(api.state.database)
    video = b"v" * 40
    file = api.state.settings.data / "made.mp4"
    file.write_bytes(video)
    stored: list[tuple[Path | bytes, str]] = [(file, ".mp4"), *((data, suffix) for data, _, suffix in STILLS.values())]
    path, *others = Storage(api.state.settings.assets).put_all(taken, stored)
    stills = {
        name: {"path": other, "content_type": kind, "file_size": len(data)}
        for other, (name, (data, kind, _)) in zip(others, STILLS.items(), strict=True)
    }
    assert complete(api.state.database, taken, path=path, file_size=len(video), stills=stills)
    return video


def fail_next(api: Api, code: JobErrorCode, message: str = "so it is") -> None:
    with api.state.database.transaction() as connection:
        taken = leases.claim(connection, "w1", ["tiny"], max_attempts=3, retention=60.0)
        assert taken is not None
        assert ending.fail(connection, taken, code, message, 60.0)


# --- create and retrieve


def test_a_create_answers_the_queued_video(api: Api, base: str) -> None:
    answer = api.post(f"{base}/videos", {"model": "tiny", "prompt": "a fox", "seed": 7})
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["openai-poll-after-ms"] == "1000"
    assert "x-rate-limit-remaining" in answer.headers
    assert abs(body.pop("created_at") - time.time()) < 60
    job_id = body.pop("id").removeprefix("video_")
    assert len(job_id) == 32
    assert body == {
        "object": "video",
        "model": "tiny",
        "status": "queued",
        "progress": 0,
        "completed_at": None,
        "expires_at": None,
        "error": None,
        "prompt": "a fox",
        "seconds": "5",
        "size": "160x90",
        "remixed_from_video_id": None,
        "aspect_ratio": "16:9",
        "loop": False,
        "start_image_url": None,
        "end_image_url": None,
        "seed": 7,
        "warnings": [],
    }
    for named in (job_id, f"video_{job_id}"):
        again = api.get(f"{base}/videos/{named}")
        assert again.json()["id"] == f"video_{job_id}"
        assert again.headers["openai-poll-after-ms"] == "1000"


def test_all_fields_make_the_spec_from_json_and_from_a_form(api: Api) -> None:
    fields = {"seconds": "9", "size": "192x192", "loop": "true", "start_image_url": URL, "seed": "11"}
    videos = [create(api, **{**fields, "seconds": 9, "loop": True, "seed": 11}), send_form(api, **fields).json()]
    for video in videos:
        spec = spec_of(api, video)
        assert (spec.model, spec.prompt, spec.aspect_ratio) == ("tiny", "a fox", "1:1")
        assert (spec.width, spec.height, spec.duration) == (192, 192, 9)
        assert (spec.loop, spec.start_image, spec.end_image, spec.seed) == (True, URL, None, 11)
        assert (video["seconds"], video["size"], video["loop"], video["seed"]) == ("9", "192x192", True, 11)
    ends = create(api, end_image_url=URL, aspect_ratio="1:1", duration="9")
    assert (ends["end_image_url"], ends["size"], ends["seconds"]) == (URL, "128x128", "9")
    assert spec_of(api, ends).end_image == URL


def test_a_larger_size_costs_more(api: Api) -> None:
    create(api, size="240x136")
    left = api.get("/v1/get-user-credits").json()["credits"]
    assert left == pytest.approx(10 - 0.375 * 1.5**2)


@pytest.mark.parametrize(
    ("size", "made", "ratio"),
    [
        ("160x90", (160, 90), "16:9"),
        ("120x68", (120, 68), "16:9"),
        (" 240X136 ", (240, 136), "16:9"),
        ("96x96", (96, 96), "1:1"),
        ("", (160, 90), "16:9"),
        (None, (160, 90), "16:9"),
    ],
)
def test_a_size_says_ratio_and_resolution(api: Api, size: str | None, made: tuple[int, int], ratio: str) -> None:
    spec = spec_of(api, create(api, size=size))
    assert ((spec.width, spec.height), spec.aspect_ratio) == (made, ratio)


@pytest.mark.parametrize("size", ["1280x720", "720p", "160", "160x90x3", 160, ["160x90"]])
def test_another_size_is_refused_with_those_there_are(api: Api, size: object) -> None:
    error = refusal(api.post("/v1/videos", {"model": "tiny", "prompt": "a fox", "size": size}))
    assert error["param"] == "size"
    assert "allowed are 160x90, 128x128, 120x68, 96x96, 240x136, 192x192" in error["message"]


def test_the_default_model_has_its_720p_sizes_and_more(api: Api) -> None:
    for size, ratio in (("1280x720", "16:9"), ("720x1280", "9:16"), ("960x540", "16:9"), ("1920x1080", "16:9")):
        spec = spec_of(api, create(api, model="sora-2", size=size))
        assert (f"{spec.width}x{spec.height}", spec.aspect_ratio, spec.model) == (size, ratio, "ray-flash-2-720p")


def test_size_and_ratio_may_agree_and_not_contradict(api: Api) -> None:
    assert create(api, size="240x136", aspect_ratio="16:9")["size"] == "240x136"
    error = refusal(
        api.post("/v1/videos", {"prompt": "a fox", "model": "tiny", "size": "96x96", "aspect_ratio": "16:9"})
    )
    assert error["param"] == "aspect_ratio"
    assert error["message"] == 'aspect_ratio is "16:9"; size is 96x96, which is 1:1'


def test_without_a_model_it_is_the_first_one(api: Api) -> None:
    answer = api.post("/v1/videos", {"prompt": "a fox"})
    assert answer.json()["model"] == "sora-2"
    assert spec_of(api, answer.json()).model == "ray-flash-2-720p"


@pytest.mark.parametrize("name", ["sora-2", "sora-2-pro", "ray-flash-2-720p", "tiny"])
def test_a_model_is_echoed_as_it_was_asked_for(api: Api, name: str) -> None:
    assert create(api, model=name)["model"] == name


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"prompt": None}, "prompt", "prompt is missing"),
        ({"prompt": "x" * 5001}, "prompt", "5001 characters"),
        ({"seconds": "8"}, "seconds", 'seconds is "8"; allowed are 5 and 9 (seconds)'),
        ({"seconds": "5", "duration": 5}, "seconds", "seconds and duration say the same thing"),
        ({"duration": 7}, "duration", "duration is 7"),
        ({"model": 3}, "model", "it must be the name of a model"),
        ({"seed": -1}, "seed", "seed is -1"),
        ({"loop": "maybe"}, "loop", 'loop is "maybe"'),
        ({"loop": True, "end_image_url": URL}, "loop", "a loop ends where it begins"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio", "allowed are 16:9, 1:1"),
        ({"input_reference": "ftp://example.com/a"}, "input_reference", "is not an http or https URL"),
        ({"input_reference": 7}, "input_reference", "it must be an http or https URL"),
        ({"input_reference": {}}, "input_reference", "an object must have image_url or file_id"),
        ({"input_reference": {"image_url": 7}}, "input_reference[image_url]", "it must be an http or https URL"),
        ({"input_reference": {"file_id": "file-abc"}}, "input_reference[file_id]", "does not exist or has expired"),
        ({"input_reference": {"file_id": "a/../b\ud800"}}, "input_reference[file_id]", "it must be the id of a file"),
        ({"input_reference": {"image_url": URL, "file_id": "x"}}, "input_reference[image_url]", "say the same thing"),
        ({"input_reference": URL, "start_image_url": URL}, "input_reference", "say the same thing"),
        ({"callback_url": URL}, "callback_url", "this dialect has no such field; leave it out, and POST"),
        ({"webhook": URL}, "webhook", "this dialect has no such field"),
    ],
)
def test_a_field_that_cannot_be_is_named(api: Api, fields: dict[str, object], param: str, says: str) -> None:
    body = json.dumps({"model": "tiny", "prompt": "a fox", **fields}).encode()  # also a half of a surrogate pair
    error = refusal(api.post("/v1/videos", body))
    assert (error["param"], error["type"], error["code"]) == (param, "invalid_request_error", "invalid_request")
    assert says in error["message"]


def test_unknown_fields_are_warned_about(api: Api) -> None:
    assert create(api, quality="high")["warnings"] == ["the field 'quality' is not known here and was not used"]


# --- the start image


def test_an_input_reference_has_many_spellings(api: Api) -> None:
    videos = [
        create(api, input_reference={"image_url": URL}),
        create(api, input_reference=URL),
        create(api, start_image_url=URL),
        send_form(api, **{"input_reference[image_url]": URL}).json(),
        send_form(api, input_reference=URL).json(),
    ]
    assert [spec_of(api, video).start_image for video in videos] == [URL] * 5
    assert {video["start_image_url"] for video in videos} == {URL}
    assert create(api, input_reference={"image_url": None})["start_image_url"] is None


def test_an_input_reference_may_be_a_file(api: Api) -> None:
    video = send_form(api, input_reference=PNG).json()
    assert spec_of(api, video).start_image == PNG_URI
    assert video["start_image_url"] == PNG_URI
    error = refusal(send_form(api, "a.txt", input_reference=b"just words"))
    assert (error["param"], "is not an image" in error["message"]) == ("input_reference", True)


def _upload(api: Api, key_id: str) -> uploads.Upload:
    upload_id = uploads.new_id()
    path = api.state.storage.put_upload(upload_id, PNG, "png")
    named: dict[str, Any] = {"path": path, "name": "a.png", "content_type": "image/png", "size": len(PNG), "sha256": ""}
    with api.state.database.transaction() as connection:
        upload = uploads.add(connection, upload_id, key_id, **named, life=60.0, quota=1000)
    assert upload is not None
    return upload


def test_an_input_reference_may_name_an_uploaded_file(api: Api) -> None:
    upload = _upload(api, api.key_id)
    videos = [
        create(api, input_reference={"file_id": upload.id}),
        send_form(api, **{"input_reference[file_id]": upload.id}).json(),
    ]
    assert [spec_of(api, video).start_image for video in videos] == [f"asset:{upload.path}"] * 2
    foreign = _upload(api, api.new_key()[0])
    refusal(api.post("/v1/videos", {"prompt": "a fox", "input_reference": {"file_id": foreign.id}}))


# --- the states


def test_progress_is_whole_percent_and_100_only_when_completed(api: Api) -> None:
    video = create(api)
    taken = claimed(api.state.database)
    for progress, said in ((0.0, 0), (0.429, 42), (0.999, 99), (1.0, 99)):
        with api.state.database.transaction() as connection:
            leases.renew(connection, taken, "rendering", progress)
        answer = api.get(f"/v1/videos/{video['id']}")
        assert (answer.json()["status"], answer.json()["progress"]) == ("in_progress", said)
        assert answer.headers["openai-poll-after-ms"] == "1000"
    assert complete(api.state.database, taken)
    answer = api.get(f"/v1/videos/{video['id']}")
    body = answer.json()
    assert (body["status"], body["progress"], body["error"]) == ("completed", 100, None)
    assert "openai-poll-after-ms" not in answer.headers
    assert all(type(body[name]) is int for name in ("created_at", "completed_at", "expires_at", "progress"))
    assert body["expires_at"] == pytest.approx(body["completed_at"] + 3600, abs=1)


CODES: dict[JobErrorCode, str] = {
    "content_blocked": "moderation_blocked",
    "image_unreachable": "invalid_image",
    "image_invalid": "invalid_image",
    "cancelled": "cancelled",
    "deadline_exceeded": "timeout",
}


@pytest.mark.parametrize("code", JOB_ERRORS)
def test_a_failed_video_is_200_and_says_why(api: Api, code: JobErrorCode) -> None:
    video = create(api)
    fail_next(api, code)
    answer = api.get(f"/v1/videos/{video['id']}")
    body = answer.json()
    assert (answer.status_code, body["status"], body["completed_at"]) == (200, "failed", None)
    assert body["error"] == {"code": CODES.get(code, "server_error"), "message": "so it is"}
    assert body["progress"] < 100
    assert type(body["expires_at"]) is int
    assert "openai-poll-after-ms" not in answer.headers


def test_jobs_of_other_dialects_are_videos_too(api: Api) -> None:
    job_id = api.submit(duration=9, aspect_ratio="1:1")
    body = api.get(f"/v1/videos/video_{job_id}").json()
    assert (body["model"], body["seconds"], body["size"], body["prompt"]) == ("tiny", "9", "128x128", "a fox")
    assert api.get(f"/v2/requests/{create(api)['id'].removeprefix('video_')}/status").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("GET", "/content"), ("POST", "/remix")],
)
@pytest.mark.parametrize("video_id", ["video_" + "0" * 32, "0" * 32, "nope", "video_"])
def test_an_unknown_video_is_404_to_every_call(api: Api, base: str, method: str, path: str, video_id: str) -> None:
    error = refusal(api.call(method, f"{base}/videos/{video_id}{path}", json={"prompt": "x"}), 404)
    assert error["code"] == "not_found"


def test_a_video_is_its_key_s_own(api: Api) -> None:
    video = create(api)
    _, other = api.new_key()
    refusal(api.get(f"/v1/videos/{video['id']}", key=other), 404)
    assert api.get("/v1/videos", key=other).json()["data"] == []
    refusal(api.get("/v1/videos", params={"after": video["id"]}, key=other))


# --- content


@pytest.mark.parametrize("variant", [None, "video", "thumbnail", "spritesheet"])
def test_content_is_the_stored_file(api: Api, base: str, variant: str | None) -> None:
    video = create(api)
    data, kind, suffix = finish(api), "video/mp4", ".mp4"
    if variant in STILLS:
        data, kind, suffix = STILLS[variant]
        suffix = f"-{variant}{suffix}"
    path = f"{base}/videos/{video['id']}/content"
    asked = {} if variant is None else {"variant": variant}
    answer = api.get(path, params=asked, headers={"accept": "application/binary"})
    assert (answer.status_code, answer.content) == (200, data)
    assert (answer.headers["content-type"], answer.headers["content-length"]) == (kind, str(len(data)))
    assert answer.headers["content-disposition"] == f'inline; filename="{video["id"]}{suffix}"'
    part = api.get(path, params=asked, headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, data[2:6])
    head = api.call("HEAD", path, params=asked)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))


def test_content_that_is_not_there_says_why(api: Api) -> None:
    video = create(api)
    path = f"/v1/videos/{video['id']}/content"
    answer = api.get(path)
    error = refusal(answer)
    assert error["code"] == "video_not_ready"
    assert error["message"] == "this video is queued (0 %); its content is there once it is completed"
    assert answer.headers["openai-poll-after-ms"] == "1000"
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        leases.renew(connection, taken, "rendering", 0.5)
    assert "this video is in_progress (50 %)" in refusal(api.get(path))["message"]
    assert refusal(api.get(path, params={"variant": "gif"}))["param"] == "variant"
    with api.state.database.transaction() as connection:
        ending.fail(connection, taken, "engine_failed", "the engine failed", 60.0)
    error = refusal(api.get(path))
    assert error["code"] == "video_generation_failed"
    assert error["message"] == "this video failed and has no content: the engine failed"
    made = create(api)
    api.finish()  # without stills, as before there were any
    assert api.get(f"/v1/videos/{made['id']}/content").status_code == 200
    error = refusal(api.get(f"/v1/videos/{made['id']}/content", params={"variant": "thumbnail"}), 404)
    assert error["message"] == "this video has no thumbnail"


# --- list


def test_a_list_pages_through_everything_once(api: Api, base: str) -> None:
    ids = [create(api)["id"] for _ in range(4)] + [f"video_{api.submit()}"]
    for order, expected in (("desc", ids[::-1]), ("asc", ids), (None, ids[::-1])):
        found: list[str] = []
        asked: dict[str, Any] = {"limit": 2} if order is None else {"limit": 2, "order": order}
        while True:
            page = api.get(f"{base}/videos", params=asked).json()
            assert page["object"] == "list"
            names = [video["id"] for video in page["data"]]
            assert (page["first_id"], page["last_id"]) == (names[0], names[-1])
            found += names
            if not page["has_more"]:
                break
            asked["after"] = page["last_id"]
        assert found == expected
    empty = api.get(f"{base}/videos", params={"after": ids[-1].removeprefix("video_"), "order": "asc"}).json()
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert api.get(f"{base}/videos").json()["data"][0] == api.get(f"{base}/videos/{ids[-1]}").json()


def test_a_page_has_20_videos_unless_it_is_told(make_api: ApiMaker) -> None:
    api = make_api(burst=200)
    for _ in range(21):
        create(api)
    assert [len(api.get("/v1/videos", params=asked).json()["data"]) for asked in ({}, {"limit": 100})] == [20, 21]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"limit": "0"}, 'limit is "0"; it must be an integer from 1 to 100'),
        ({"limit": "101"}, "from 1 to 100"),
        ({"limit": "ten"}, 'limit is "ten"'),
        ({"order": "up"}, 'order is "up"; allowed are asc and desc'),
        ({"after": "video_" + "0" * 32}, "it must be the id of a video of this key that is not deleted or expired"),
        ({"after": "nope"}, 'after is "nope"'),
    ],
)
def test_a_list_that_cannot_be_is_refused(api: Api, asked: dict[str, str], says: str) -> None:
    error = refusal(api.get("/v1/videos", params=asked))
    assert says in error["message"]
    assert error["param"] == next(iter(asked))


# --- a client that repeats its creates


def _repeat(api: Api, count: int) -> str:
    headers = {"x-stainless-retry-count": str(count)}
    answer = api.post("/v1/videos", {"model": "tiny", "prompt": "a fox"}, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_repeated_create_is_the_same_video_until_somebody_has_asked_for_it(api: Api) -> None:
    first = _repeat(api, 0)
    assert _repeat(api, 1) == first
    api.get(f"/v1/videos/{first}")
    second = _repeat(api, 2)
    assert second != first
    assert _repeat(api, 3) == second
    api.get("/v1/videos")
    assert _repeat(api, 4) not in (first, second)
    with api.state.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(jobs)) == 3


# --- delete


def test_a_deleted_video_is_gone_with_its_file(api: Api, base: str) -> None:
    video = create(api)
    finish(api)
    answer = api.call("DELETE", f"{base}/videos/{video['id']}")
    assert answer.json() == {"id": video["id"], "object": "video.deleted", "deleted": True}
    refusal(api.get(f"{base}/videos/{video['id']}"), 404)
    assert list(api.state.settings.assets.rglob("*.*")) == []
    assert api.get("/v1/get-user-credits").json()["credits"] == pytest.approx(10 - 0.375)


def test_a_queued_video_is_cancelled_and_deleted_at_once(api: Api) -> None:
    video = create(api)
    answer = api.call("DELETE", f"/v1/videos/{video['id']}")
    assert answer.json()["deleted"] is True
    assert api.get("/v1/get-user-credits").json()["credits"] == 10
    refusal(api.get(f"/v1/videos/{video['id']}"), 404)


def test_a_running_video_is_cancelled_first_and_deleted_once_its_worker_lets_go(api: Api) -> None:
    video = create(api)
    taken = claimed(api.state.database)

    async def both() -> httpx.Response:
        headers = {"x-api-key": api.secret}
        deletion = asyncio.create_task(api.client.delete(f"/v1/videos/{video['id']}", headers=headers))
        let_go = False
        while not let_go:
            await asyncio.sleep(0.01)
            with api.state.database.transaction() as connection:
                seen = leases.look(connection, taken)
                if seen is not None and seen.cancel:
                    let_go = ending.fail(connection, taken, "cancelled", "the job was cancelled", 60.0)
        return await deletion

    answer = api.runner.run(both())
    assert answer.status_code == 200, answer.text
    assert answer.json()["deleted"] is True
    refusal(api.get(f"/v1/videos/{video['id']}"), 404)


# --- remix


def test_a_remix_keeps_everything_but_the_prompt(api: Api, base: str) -> None:
    fields = {"seconds": "9", "size": "96x96", "loop": True, "input_reference": PNG_URI, "seed": 11}
    source = create(api, **fields)
    finish(api)
    answer = api.post(f"{base}/videos/{source['id']}/remix", {"prompt": "a wolf"})
    video = answer.json()
    assert (answer.status_code, video["status"]) == (200, "queued")
    assert answer.headers["openai-poll-after-ms"] == "1000"
    assert video["remixed_from_video_id"] == source["id"]
    assert spec_of(api, video) == spec_of(api, source).model_copy(update={"prompt": "a wolf"})
    same = ("model", "seconds", "size", "aspect_ratio", "loop", "start_image_url", "end_image_url", "seed", "warnings")
    assert {name: video[name] for name in same} == {name: source[name] for name in same}
    finish(api)
    again = api.post(f"/v1/videos/{video['id']}/remix", {"prompt": "a bear"}).json()
    assert (again["remixed_from_video_id"], again["seed"]) == (video["id"], 11)


def test_a_remix_keeps_the_alias_and_the_stored_images(api: Api) -> None:
    upload = _upload(api, api.key_id)
    source = create(api, input_reference={"file_id": upload.id}, end_image_url=URL)
    finish(api)
    video = api.post(f"/v1/videos/{source['id']}/remix", {"prompt": "a wolf"}).json()
    assert (spec_of(api, video).start_image, spec_of(api, video).end_image) == (f"asset:{upload.path}", URL)
    assert video["start_image_url"] == source["start_image_url"]
    named = create(api, model="sora-2")
    with api.state.database.transaction() as connection:
        connection.execute(
            jobs.update().where(jobs.c.id == named["id"].removeprefix("video_")).values(state="COMPLETED")
        )
    assert api.post(f"/v1/videos/{named['id']}/remix", {"prompt": "a wolf"}).json()["model"] == "sora-2"


def test_a_job_of_another_dialect_may_be_remixed(api: Api) -> None:
    job_id = api.submit(aspect_ratio="1:1", seed=5, end_image_url=URL)
    api.finish()
    video = api.post(f"/v1/videos/video_{job_id}/remix", {"prompt": "a wolf"}).json()
    assert (video["remixed_from_video_id"], video["model"]) == (f"video_{job_id}", "tiny")
    assert (video["size"], video["seed"], video["end_image_url"]) == ("128x128", 5, URL)


def test_a_remix_that_cannot_be_is_refused(api: Api) -> None:
    source = create(api)
    path = f"/v1/videos/{source['id']}/remix"
    assert "only a completed video can be remixed" in refusal(api.post(path, {"prompt": "a wolf"}))["message"]
    finish(api)
    assert refusal(api.post(path, {}))["param"] == "prompt"
    for name, value in (("seed", 3), ("size", "96x96"), ("seconds", "9"), ("model", "tiny")):
        error = refusal(api.post(path, {"prompt": "a wolf", name: value}))
        assert (error["param"], "a remix keeps everything but the prompt" in error["message"]) == (name, True)
    assert refusal(api.post(path, {"prompt": "a wolf", "webhook": URL}))["param"] == "webhook"
    warned = api.post(path, {"prompt": "a wolf", "quality": 1}).json()["warnings"]
    assert warned == ["the field 'quality' is not known here and was not used"]


def test_a_failed_video_cannot_be_remixed(api: Api) -> None:
    source = create(api)
    fail_next(api, "engine_failed")
    error = refusal(api.post(f"/v1/videos/{source['id']}/remix", {"prompt": "a wolf"}))
    assert error["message"] == "this video is failed; only a completed video can be remixed"


def test_a_size_that_is_no_longer_made_cannot_be_remixed(make_api: ApiMaker) -> None:
    api = make_api()
    source = create(api, size="96x96")
    finish(api)
    later = make_api(models={"tiny": {"ratios": {"16:9": [160, 90], "1:1": [50, 50]}}})
    error = refusal(later.post(f"/v1/videos/{source['id']}/remix", {"prompt": "a wolf"}, key=api.secret))
    assert error["message"].startswith('size is "96x96"; the model tiny no longer makes it')


# --- models


def test_models_are_listed_by_all_their_names(api: Api, base: str) -> None:
    body = api.get(f"{base}/models").json()
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["sora-2", "sora-2-pro", "ray-flash-2-720p", "tiny"]
    assert body["data"][0] == {"id": "sora-2", "object": "model", "created": 0, "owned_by": "flashreel"}
    for model in body["data"]:
        assert api.get(f"{base}/models/{model['id']}").json() == model


def test_a_key_sees_only_the_models_it_may_use(api: Api) -> None:
    _, secret = api.new_key(models=["tiny"])
    assert [model["id"] for model in api.get("/v1/models", key=secret).json()["data"]] == ["tiny"]
    assert refusal(api.get("/v1/models/sora-2", key=secret), 403)["type"] == "permission_error"
    refusal(api.post("/v1/videos", {"prompt": "a fox"}, key=secret), 403)
    _, reader = api.new_key(scopes=["read"])
    assert api.get("/v1/models", key=reader).json() == api.get("/v1/models").json()
    assert api.get("/v1/models/tiny", key=reader).status_code == 200
    assert refusal(api.get("/v1/models/gpt"), 404)["message"].startswith("there is no model 'gpt' here; models are: ")
    assert "is not offered here" in refusal(api.call("DELETE", "/v1/models/tiny"), 404)["message"]


# --- what is refused everywhere


ROUTES = [
    ("POST", "/videos"),
    ("GET", "/videos"),
    ("GET", "/videos/x"),
    ("DELETE", "/videos/x"),
    ("GET", "/videos/x/content"),
    ("POST", "/videos/x/remix"),
    ("POST", "/videos/edits"),
    ("POST", "/videos/extensions"),
    ("POST", "/videos/characters"),
    ("GET", "/videos/characters/x"),
    ("GET", "/models"),
    ("GET", "/models/tiny"),
    ("DELETE", "/models/tiny"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_call_wants_a_good_key(api: Api, base: str, method: str, path: str) -> None:
    error = refusal(api.call(method, base + path, key=None), 401)
    assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_bearer_token_is_a_key(api: Api, base: str, method: str, path: str) -> None:
    headers = {"authorization": f"Bearer {api.secret}"}
    assert api.call(method, base + path, key=None, headers=headers).status_code in (200, 400, 404)


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if "/videos/e" in route[1] or "char" in route[1]]
)
def test_what_is_not_offered_says_so(api: Api, base: str, method: str, path: str) -> None:
    error = refusal(api.call(method, base + path), 404)
    assert "are not offered here" in error["message"]
    assert path.split("/")[2] in error["message"]


@pytest.mark.parametrize("path", ["/videos/x/y/z", "/videos/", "/models/a/b", "/chat/completions"])
def test_errors_of_unknown_paths_have_the_dialect_s_body(api: Api, path: str) -> None:
    assert refusal(api.post(f"/openai/v1{path}", {}), 404)["type"] == "invalid_request_error"
    assert refusal(api.call("PUT", "/v1/videos"), 405)["code"] == "method_not_allowed"


def test_who_cannot_pay_has_no_quota(api: Api) -> None:
    _, poor = api.new_key(credits=0)
    error = refusal(api.post("/v1/videos", {"prompt": "a fox", "model": "tiny"}, key=poor), 403)
    assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
    assert error["message"] == "not enough credits: you have 0 and this needs 0.375"


def test_limits_of_rate_and_size(make_api: ApiMaker) -> None:
    api = make_api(burst=1, rate=1, max_body=2000)
    assert refusal(api.post("/v1/videos", {"prompt": "x" * 3000}), 413)["code"] == "too_large"
    create(api)
    answer = api.post("/v1/videos", {"prompt": "a fox"})
    assert (refusal(answer, 429)["type"], "retry-after" in answer.headers) == ("rate_limit_error", True)


def test_a_server_that_drains_answers_503_which_the_sdk_raises(api: Api) -> None:
    api.life.draining.set()
    assert refusal(api.post("/v1/videos", {"prompt": "a fox", "model": "tiny"}), 503)["type"] == "server_error"

    async def ask() -> None:
        app = api.client._transport.app  # type: ignore[attr-defined]  # httpx keeps the app it was given
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
            sdk = AsyncOpenAI(api_key=api.secret, base_url="http://api.test/v1", http_client=http, max_retries=0)
            with pytest.warns(DeprecationWarning, match="Sora"):
                await sdk.videos.create(model="tiny", prompt="a fox")

    with pytest.raises(openai.InternalServerError) as error:
        api.runner.run(ask())
    assert (error.value.status_code, error.value.code) == (503, "unavailable")
