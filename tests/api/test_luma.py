"""The Luma dialect: every field, every answer, every refusal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from lumaai.types.generation import Generation, RequestGenerationRequest

from flashreel.api.luma_concepts import CAMERA_MOTIONS, CONCEPTS
from flashreel.errors import JOB_ERRORS, JobErrorCode
from flashreel.jobs import ending
from flashreel.jobs.listing import spec_of
from flashreel.spec import GenerationSpec
from tests.api.conftest import TINY, Api, ApiMaker
from tests.support.store import RETENTION, claimed, complete, get

BASE = "/dream-machine/v1"
GENERATIONS = f"{BASE}/generations"
IMAGE = {"type": "image", "url": "https://example.com/a.png"}
PIXEL = "data:image/png;base64," + "A" * 400


def send(api: Api, path: str = GENERATIONS, /, **fields: object) -> httpx.Response:
    """A create; a field of None is sent as null, one of `...` not at all."""
    body = {"model": "tiny", "prompt": "a red fox", **fields}
    return api.post(path, {name: value for name, value in body.items() if value is not ...})


def create(api: Api, /, **fields: object) -> dict[str, Any]:
    """The Generation object of a create that was accepted."""
    answer = send(api, **fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def show(api: Api, generation_id: str) -> dict[str, Any]:
    answer = api.get(f"{GENERATIONS}/{generation_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refusal(api: Api, status: int = 400, /, **fields: object) -> dict[str, Any]:
    answer = send(api, **fields)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def spec(api: Api, generation: dict[str, Any]) -> GenerationSpec:
    with api.state.database.reading() as connection:
        found = spec_of(connection, generation["id"])
    assert found is not None
    return found


def made(api: Api, **fields: object) -> str:
    """The id of a generation that is completed."""
    generation_id = str(create(api, **fields)["id"])
    api.finish()
    return generation_id


def file_of(api: Api, generation_id: str) -> str:
    """The path of what a completed generation made, as a spec names it."""
    result = get(api.state.database, generation_id).result
    assert result is not None
    return f"asset:{result['path']}"


def keyframe(generation_id: str) -> dict[str, str]:
    return {"type": "generation", "id": generation_id}


@pytest.mark.parametrize("path", [GENERATIONS, f"{GENERATIONS}/video"])
def test_a_create_is_answered_with_the_generation(api: Api, path: str) -> None:
    answer = send(api, path)
    assert answer.status_code == 201
    assert answer.headers["x-rate-limit-remaining"] == "59"
    body = answer.json()
    assert set(body["id"]) <= set("0123456789abcdef")
    assert body["created_at"][10] == "T"
    assert len(body["created_at"]) == len("2026-01-01T00:00:00.000000Z")
    assert body["created_at"].endswith("Z")
    assert body == {
        "id": body["id"],
        "generation_type": "video",
        "state": "queued",
        "failure_reason": None,
        "failure_detail": None,
        "created_at": body["created_at"],
        "expires_at": None,
        "assets": None,
        "model": "tiny",
        "warnings": [],
        "request": {
            "generation_type": "video",
            "model": "tiny",
            "prompt": "a red fox",
            "aspect_ratio": None,
            "loop": False,
            "keyframes": None,
            "duration": None,
            "resolution": None,
            "concepts": None,
            "callback_url": None,
        },
    }
    assert show(api, body["id"]) == body


def test_every_field_is_read_and_repeated_as_it_was_sent(api: Api) -> None:
    sent = {
        "generation_type": "video",
        "model": "ray-flash-2",
        "prompt": "a red fox",
        "aspect_ratio": "9:16",
        "loop": True,
        "keyframes": {"frame0": IMAGE},
        "duration": "9s",
        "resolution": "1080p",
        "concepts": [{"key": "orbit_left"}, {"key": "aerial"}],
        "callback_url": None,
    }
    body = create(api, **sent)
    assert body["request"] == {**sent, "keyframes": {"frame0": IMAGE, "frame1": None}}
    assert body["model"] == "ray-flash-2"
    assert isinstance(Generation.model_validate(body).request, RequestGenerationRequest)  # which is strict
    asked = spec(api, body)
    assert asked.model_dump(exclude={"seed"}) == {
        "model": "ray-flash-2-720p",
        "prompt": "a red fox, orbit left, aerial shot",
        "aspect_ratio": "9:16",
        "width": 1080,
        "height": 1920,
        "duration": 9,
        "loop": True,
        "start_image": IMAGE["url"],
        "end_image": None,
    }


@pytest.mark.parametrize("name", ["ray-flash-2", "ray-2", "ray-flash-2-720p"])
def test_the_model_goes_by_each_of_its_names(api: Api, name: str) -> None:
    body = create(api, model=name)
    assert (body["model"], body["request"]["model"]) == (name, name)
    assert spec(api, body).model == "ray-flash-2-720p"


@pytest.mark.parametrize(("sent", "seconds"), [("5s", 5), ("9s", 9), ("9", 9), (9, 9), (None, 5), (..., 5), ("", 5)])
def test_durations(api: Api, sent: object, seconds: int) -> None:
    body = create(api, duration=sent)
    assert spec(api, body).duration == seconds
    assert body["request"]["duration"] == (None if sent is ... else sent)


@pytest.mark.parametrize(
    ("sent", "size"), [(None, (160, 90)), ("540p", (120, 68)), ("720p", (160, 90)), ("1080p", (240, 136))]
)
def test_resolutions(api: Api, sent: str | None, size: tuple[int, int]) -> None:
    body = create(api, resolution=sent)
    asked = spec(api, body)
    assert (asked.width, asked.height) == size
    assert body["request"]["resolution"] == sent


def test_a_larger_picture_costs_by_its_area(api: Api) -> None:
    before = api.get(f"{BASE}/credits").json()["credit_balance"]
    create(api, resolution="1080p")
    assert api.get(f"{BASE}/credits").json()["credit_balance"] == pytest.approx(before - 37.5 * 2.25)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"model": ...}, "model", "model is missing; allowed are ray-flash-2, ray-2, ray-flash-2-720p, tiny"),
        ({"model": "ray-3"}, "model", 'model is "ray-3"; allowed are ray-flash-2, ray-2, ray-flash-2-720p, tiny'),
        ({"model": 7}, "model", "model is 7; allowed are ray-flash-2, ray-2, ray-flash-2-720p, tiny"),
        ({"generation_type": "image"}, "generation_type", "Unknown request type"),
        ({"generation_type": "image", "model": "photon-1"}, "generation_type", "Unknown request type"),
        ({"prompt": ...}, "prompt", "Prompt is required"),
        ({"prompt": None}, "prompt", "Prompt is required"),
        ({"prompt": "  "}, "prompt", "Prompt is required"),
        ({"prompt": "ab"}, "prompt", "Prompt is too short, minimum length is 3 characters"),
        ({"prompt": "ab", "keyframes": {"frame0": IMAGE}}, "prompt", "Prompt is too short, minimum length is 3 chara"),
        ({"prompt": "x" * 5001}, "prompt", "Prompt is too long, maximum length is 5000 characters"),
        (
            {"prompt": "x" * 5000, "concepts": [{"key": "zoom_in"}]},
            "prompt",
            "Prompt is too long, maximum length is 4991 characters",
        ),
        ({"prompt": 7}, "prompt", "prompt is 7; it must be a text of 3 to 5000 characters"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio", 'aspect_ratio is "2:1"; allowed are 16:9, 1:1'),
        ({"aspect_ratio": 0}, "aspect_ratio", "aspect_ratio is 0; allowed are 16:9, 1:1"),
        ({"loop": "often"}, "loop", 'loop is "often"; allowed are true and false'),
        ({"duration": "7s"}, "duration", 'duration is "7s"; allowed are 5s and 9s'),
        ({"duration": 7}, "duration", "duration is 7; allowed are 5s and 9s"),
        ({"duration": True}, "duration", "duration is true; allowed are 5s and 9s"),
        ({"duration": "5 min"}, "duration", 'duration is "5 min"; allowed are 5s and 9s'),
        ({"resolution": "4k"}, "resolution", 'resolution is "4k"; allowed are 540p, 720p, 1080p'),
        ({"resolution": 720}, "resolution", "resolution is 720; allowed are 540p, 720p, 1080p"),
        (
            {"callback_url": "http://127.0.0.1/hook"},
            "callback_url",
            "callback_url leads to an address that is not public: 'http://127.0.0.1/hook'",
        ),
        ({"callback_url": 7}, "callback_url", "callback_url is 7; it must be an http or https URL"),
        ({"seed": -1}, "seed", "seed is -1; it must be an integer from 0 to"),
        (
            {"start_image_url": IMAGE["url"]},
            "start_image_url",
            'start_image_url is "https://example.com/a.png"; no suc',
        ),
        ({"concepts": "zoom_in"}, "concepts", 'concepts is "zoom_in"; it must be a list of {"key": ...}, each once; k'),
        ({"concepts": [{"key": "dolly_zoom"}]}, "concepts", 'concepts is "dolly_zoom"; it must be a list of'),
        ({"concepts": ["zoom_in"]}, "concepts", 'concepts is "zoom_in"; it must be a list of'),
        ({"concepts": [{"key": "aerial"}] * 2}, "concepts", 'concepts is "aerial"; it must be a list of'),
        ({"keyframes": {}}, "keyframes", "No keyframes provided"),
        ({"keyframes": {"frame0": None}}, "keyframes", "No keyframes provided"),
        ({"keyframes": [IMAGE]}, "keyframes", "keyframes is [{"),
        (
            {"keyframes": {"frame0": "x"}},
            "keyframes.frame0",
            'keyframes.frame0 is "x"; it must be {"type": "image", "ur',
        ),
        ({"keyframes": {"frame1": {"type": "video"}}}, "keyframes.frame1", "keyframes.frame1 is {"),
        ({"keyframes": {"frame0": {"type": "image"}}}, "keyframes.frame0.url", "keyframes.frame0.url is missing; it m"),
        ({"keyframes": {"frame1": {**IMAGE, "url": 7}}}, "keyframes.frame1.url", "keyframes.frame1.url is 7; it must "),
        (
            {"keyframes": {"frame0": {**IMAGE, "url": "asset:x/y.mp4#last"}}},
            "keyframes.frame0.url",
            "keyframes.frame0.url is not an http or https URL: 'asset:x/y.mp4#last'",
        ),
        (
            {"keyframes": {"frame0": keyframe("0" * 32)}},
            "keyframes.frame0.id",
            f'keyframes.frame0.id is "{"0" * 32}"; i',
        ),
        ({"keyframes": {"frame1": {"type": "generation"}}}, "keyframes.frame1.id", "keyframes.frame1.id is missing; "),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    api: Api, fields: dict[str, object], field: str, sentence: str
) -> None:
    body = refusal(api, **fields)
    assert body["detail"].startswith(sentence)
    assert (body["field"], body["code"]) == (field, "invalid_request")
    if sentence in ("Prompt is required", "No keyframes provided", "Unknown request type"):
        assert body["detail"] == sentence
    assert api.get(GENERATIONS).json()["count"] == 0


def test_other_fields_are_warned_about(api: Api) -> None:
    warnings = create(api, style="noir")["warnings"]
    assert warnings == ["the field 'style' is not known here and was not used"]


def test_a_seed_is_used(api: Api) -> None:
    assert spec(api, create(api, seed=77)).seed == 77


@pytest.mark.parametrize(
    ("keyframes", "start", "end"),
    [
        ({"frame0": IMAGE}, IMAGE["url"], None),
        ({"frame0": None, "frame1": IMAGE}, None, IMAGE["url"]),
        (
            {"frame0": IMAGE, "frame1": {**IMAGE, "url": "https://example.com/b.png"}},
            IMAGE["url"],
            "https://example.com/b.png",
        ),
    ],
)
def test_images_as_keyframes(api: Api, keyframes: dict[str, object], start: str | None, end: str | None) -> None:
    body = create(api, keyframes=keyframes)
    assert (spec(api, body).start_image, spec(api, body).end_image) == (start, end)
    assert body["request"]["keyframes"] == {"frame0": None, "frame1": None, **keyframes}


def test_an_image_needs_no_prompt(api: Api) -> None:
    body = create(api, prompt=..., keyframes={"frame0": IMAGE}, concepts=[{"key": "pull_out"}])
    assert body["request"]["prompt"] is None
    assert spec(api, body).prompt == "the picture comes to life, pull out"
    assert create(api, prompt="", keyframes={"frame1": IMAGE})["request"]["prompt"] is None


def test_a_data_uri_is_repeated_cut_short(api: Api) -> None:
    body = create(api, keyframes={"frame0": {"type": "image", "url": PIXEL}})
    assert spec(api, body).start_image == PIXEL
    assert body["request"]["keyframes"]["frame0"]["url"] == PIXEL[:63] + "…"


def test_a_still_of_a_generation_can_be_an_image(api: Api) -> None:
    first = create(api)
    taken = claimed(api.state.database)
    poster = {"path": f"{first['id']}/1/poster.jpg", "content_type": "image/jpeg", "file_size": 3}
    assert complete(api.state.database, taken, path=f"{first['id']}/1/tiny.mp4", stills={"poster": poster})
    url = show(api, first["id"])["assets"]["image"]
    assert url == f"http://api.test/assets/{poster['path']}"
    body = create(api, keyframes={"frame1": {"type": "image", "url": url}})
    assert spec(api, body).end_image == f"asset:{poster['path']}"
    assert body["request"]["keyframes"]["frame1"]["url"] == url


def test_a_generation_as_frame0_is_extended_from_its_last_frame(api: Api) -> None:
    first = made(api, aspect_ratio="1:1")
    body = create(api, keyframes={"frame0": keyframe(first)}, loop=True)
    asked = spec(api, body)
    assert (asked.start_image, asked.end_image) == (f"{file_of(api, first)}#last", None)
    assert (asked.aspect_ratio, asked.loop) == ("1:1", True)  # the shape of what it goes on from
    assert body["request"]["keyframes"] == {"frame0": keyframe(first), "frame1": None}
    assert body["request"]["aspect_ratio"] is None
    assert spec(api, create(api, keyframes={"frame0": keyframe(first)}, aspect_ratio="16:9")).aspect_ratio == "16:9"


def test_a_generation_as_frame1_is_led_up_to(api: Api) -> None:
    last = made(api)
    asked = spec(api, create(api, keyframes={"frame1": keyframe(last)}))
    assert (asked.start_image, asked.end_image) == (None, f"{file_of(api, last)}#first")


def test_keyframes_of_both_kinds_mix(api: Api) -> None:
    one, other = made(api), made(api)
    one_file, other_file = file_of(api, one), file_of(api, other)
    for first, last, start, end in [
        (keyframe(one), IMAGE, f"{one_file}#last", IMAGE["url"]),
        (IMAGE, keyframe(one), IMAGE["url"], f"{one_file}#first"),
        (keyframe(one), keyframe(other), f"{one_file}#last", f"{other_file}#first"),
    ]:
        asked = spec(api, create(api, keyframes={"frame0": first, "frame1": last}))
        assert (asked.start_image, asked.end_image) == (start, end)


def test_a_generation_of_another_dialect_can_be_extended(api: Api) -> None:
    first = api.submit()
    api.finish()
    asked = spec(api, create(api, keyframes={"frame0": keyframe(first)}))
    assert asked.start_image == f"{file_of(api, first)}#last"


def test_a_keyframe_must_be_a_completed_generation_of_the_same_key(api: Api) -> None:
    rule = "it must be the id of a completed generation of this key"
    first = create(api)["id"]
    asked = {"keyframes": {"frame0": keyframe(first)}}
    assert refusal(api, **asked)["detail"] == f'keyframes.frame0.id is "{first}", which is queued; {rule}'
    taken = claimed(api.state.database)
    assert ", which is dreaming; " in refusal(api, **asked)["detail"]
    assert complete(api.state.database, taken, path=f"{first}/1/tiny.mp4")
    create(api, **asked)
    _, other = api.new_key()
    answer = api.post(GENERATIONS, {"model": "tiny", "prompt": "a fox", **asked}, key=other)
    assert (answer.status_code, answer.json()["detail"]) == (400, f'keyframes.frame0.id is "{first}"; {rule}')


def test_a_generation_alone_needs_a_prompt(api: Api) -> None:
    assert refusal(api, prompt=..., keyframes={"frame0": keyframe(made(api))})["detail"] == "Prompt is required"


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (None, None, None),
        ("image", None, None),
        ("generation", None, None),
        (None, "image", "Loop is not supported for end frame"),
        ("image", "image", "Loop is not supported for keyframes"),
        (None, "generation", "Loop is not supported for extend reverse"),
        ("generation", "image", "Loop is not supported for interpolate video to image"),
        ("image", "generation", "Loop is not supported for interpolate image to video"),
        ("generation", "generation", "Loop is not supported for interpolate between two videos"),
    ],
)
def test_loops(api: Api, first: str | None, last: str | None, sentence: str | None) -> None:
    frames = {None: None, "image": IMAGE, "generation": keyframe(made(api))}
    keyframes = {"frame0": frames[first], "frame1": frames[last]} if first or last else None
    if sentence is None:
        body = create(api, keyframes=keyframes, loop=True)
        assert (body["request"]["loop"], spec(api, body).loop) == (True, True)
    else:
        for loop in (True, "true"):
            body = refusal(api, keyframes=keyframes, loop=loop)
            assert (body["detail"], body["field"], body["allowed"]) == (sentence, "loop", [False])
        create(api, keyframes=keyframes, loop=False)


def test_a_generation_from_queued_to_completed(api: Api) -> None:
    created = create(api)
    taken = claimed(api.state.database)
    dreaming = show(api, created["id"])
    assert dreaming == {**created, "state": "dreaming"}
    assert complete(api.state.database, taken, path=f"{created['id']}/1/tiny.mp4")
    done = show(api, created["id"])
    assert done["expires_at"] > done["created_at"]
    assert done == {
        **created,
        "state": "completed",
        "expires_at": done["expires_at"],
        "assets": {
            "video": f"http://api.test/assets/{created['id']}/1/tiny.mp4",
            "image": None,
            "progress_video": None,
        },
    }
    assert show(api, str(UUID(created["id"])).upper()) == done


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("content_blocked", "Advanced prompt moderation failed"),
        ("image_unreachable", "Failed to read user input frames"),
        ("image_invalid", "Failed to read user input frames"),
        ("cancelled", "Job cancelled"),
        ("deadline_exceeded", "Job failed"),
        ("worker_lost", "Error dispatching job"),
        ("upstream_failed", "Error dispatching job"),
        ("engine_failed", "Job failed"),
        ("out_of_memory", "Job failed"),
        ("output_rejected", "Job failed"),
        ("storage_failed", "Job failed"),
    ],
)
def test_a_failure_has_lumas_reason_and_ours(api: Api, code: JobErrorCode, sentence: str) -> None:
    created = create(api)
    taken = claimed(api.state.database)
    with api.state.database.transaction() as connection:
        assert ending.fail(connection, taken, code, "start_image_url answered 404", RETENTION)
    failed = show(api, created["id"])
    assert (failed["state"], failed["failure_reason"], failed["assets"]) == ("failed", sentence, None)
    assert failed["failure_detail"] == "keyframes.frame0.url answered 404"
    assert code in JOB_ERRORS


def test_of_an_unknown_generation_and_of_another_keys_nothing_is_said(api: Api) -> None:
    generation_id = create(api)["id"]
    _, other = api.new_key()
    for call in ("GET", "DELETE"):
        for path, key in ((f"{GENERATIONS}/{'0' * 32}", ""), (f"{GENERATIONS}/{generation_id}", other)):
            answer = api.call(call, path, key=key)
            assert answer.status_code == 404
            assert answer.json() == {"detail": "this request is unknown or has expired", "code": "not_found"}
    assert show(api, generation_id)["state"] == "queued"


@pytest.mark.parametrize("finished", [False, True])
def test_delete_leaves_nothing(api: Api, finished: bool) -> None:
    before = api.get(f"{BASE}/credits").json()
    generation_id = create(api)["id"]
    if finished:
        api.finish()
    answer = api.call("DELETE", f"{GENERATIONS}/{generation_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"{GENERATIONS}/{generation_id}").status_code == 404
    assert (api.get(f"{BASE}/credits").json() == before) is not finished


def test_list_pages_newest_first(api: Api) -> None:
    ids = [create(api, prompt=f"fox {number}")["id"] for number in range(12)][::-1]
    whole = api.get(GENERATIONS).json()
    assert {name: whole[name] for name in ("count", "has_more", "limit", "offset")} == {
        "count": 10,
        "has_more": True,
        "limit": 10,
        "offset": 0,
    }
    assert [generation["id"] for generation in whole["generations"]] == ids[:10]
    assert whole["generations"][0] == show(api, ids[0])
    rest = api.get(GENERATIONS, params={"limit": "5", "offset": "10"}).json()
    assert [generation["id"] for generation in rest["generations"]] == ids[10:]
    assert (rest["count"], rest["has_more"], rest["limit"], rest["offset"]) == (2, False, 5, 10)
    _, other = api.new_key()
    assert api.get(GENERATIONS, key=other).json()["generations"] == []


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"limit": "0"}, 'limit is "0"; it must be an integer from 1 to 100'),
        ({"limit": "101"}, 'limit is "101"; it must be an integer from 1 to 100'),
        ({"limit": "ten"}, 'limit is "ten"; it must be an integer from 1 to 100'),
        ({"offset": "-1"}, 'offset is "-1"; it must be an integer from 0 to 1000000'),
        ({"offset": "9" * 30}, f'offset is "{"9" * 30}"; it must be an integer from 0 to 1000000'),
    ],
)
def test_list_refuses_what_is_no_page(api: Api, params: dict[str, str], sentence: str) -> None:
    answer = api.get(GENERATIONS, params=params)
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)


def test_a_job_of_another_dialect_reads_as_a_generation(api: Api) -> None:
    job_id = api.submit(end_image_url=IMAGE["url"], duration=9)
    assert show(api, job_id)["request"] == {
        "generation_type": "video",
        "model": "tiny",
        "prompt": "a fox",
        "aspect_ratio": "16:9",
        "loop": False,
        "keyframes": {"frame0": None, "frame1": IMAGE},
        "duration": "9s",
        "resolution": None,
        "concepts": None,
        "callback_url": None,
    }
    answer = api.post("/v2/ray-flash-2-720p", {"prompt": "a fox"})
    assert show(api, answer.json()["request_id"])["model"] == "ray-flash-2"


def test_a_create_that_is_sent_again_after_a_failure_makes_no_second_one(api: Api) -> None:
    body = {"model": "tiny", "prompt": "a red fox"}
    first = api.post(GENERATIONS, body, headers={"x-stainless-retry-count": "0"}).json()
    again = api.post(f"{GENERATIONS}/video", body, headers={"x-stainless-retry-count": "1"})
    assert (again.status_code, again.json()) == (201, first)
    api.get(GENERATIONS)  # the client has seen it: from here on it means another one
    later = api.post(GENERATIONS, body, headers={"x-stainless-retry-count": "1"}).json()
    assert later["id"] != first["id"]


def test_concepts_and_camera_motions_are_listed(api: Api) -> None:
    assert api.get(f"{GENERATIONS}/concepts/list").json() == list(CONCEPTS)
    assert api.get(f"{GENERATIONS}/camera_motion/list").json() == list(CAMERA_MOTIONS)
    for key in CONCEPTS:
        assert create(api, concepts=[{"key": key}])["request"]["concepts"] == [{"key": key}]


def test_credits_are_us_cents(api: Api) -> None:
    assert api.get(f"{BASE}/credits").json() == {"credit_balance": 1000.0}


def test_ping(api: Api) -> None:
    assert api.get(f"{BASE}/ping").json() == {"message": "pong"}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/generations/{id}/upscale", "upscaling"),
        ("/generations/{id}/audio", "adding audio"),
        ("/generations/video/reframe", "reframing a video"),
        ("/generations/video/modify", "modifying a video"),
        ("/generations/image", "making an image"),
        ("/generations/image/reframe", "reframing an image"),
    ],
)
def test_what_is_not_offered_says_so(api: Api, path: str, what: str) -> None:
    path = BASE + path.format(id=made(api))
    answer = api.post(path, {"model": "tiny"})
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith(f"{what} is not offered here")
    assert api.post(path, {"model": "tiny"}, key=None).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/generations", f"/generations/{'0' * 32}", "/credits", "/ping", "/generations/concepts/list", "/nothing"],
)
def test_every_path_needs_a_key(api: Api, path: str) -> None:
    answer = api.get(BASE + path, key=None)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"
    assert "API key" in answer.json()["detail"]
    bearer = {"authorization": f"Bearer {api.secret}"}
    assert api.get(BASE + path, key=None, headers=bearer).status_code in (200, 404)


def test_the_other_refusals_have_a_detail_too(make_api: ApiMaker) -> None:
    api = make_api(burst=3, rate=0.001, models={"tiny": TINY, "dear": {**TINY, "price_per_second": 900}})
    _, narrow = api.new_key(models=("dear",))
    _, reader = api.new_key(scopes=())
    assert refusal(api, 402, model="dear")["detail"].startswith("not enough credits: you have 10 and this needs 4500")
    body = {"model": "tiny", "prompt": "a red fox"}
    for key in (narrow, reader):
        answer = api.post(GENERATIONS, body, key=key)
        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("this API key")
    answer = api.post(GENERATIONS, b"[1]")
    assert (answer.status_code, answer.json()["detail"][:26]) == (400, "the body must be a JSON ob")
    assert [send(api).status_code for _ in range(2)] == [201, 201]
    limited = send(api)
    assert limited.status_code == 429
    assert limited.headers["retry-after"]
    assert limited.json()["code"] == "rate_limited"
    assert api.call("PUT", GENERATIONS).json()["detail"].startswith("PUT is not possible at /dream-machine/v1/generat")
    api.life.draining.set()
    assert api.post(GENERATIONS, body, key=api.new_key()[1]).json()["code"] == "unavailable"
