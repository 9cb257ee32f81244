"""What a submit takes, and what the answers to it say: v2 and v1 in plain HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.support.caller import Caller
from tests.support.server import Server
from tests.support.video import download, inspect, packets
from tests.support.web import get


def picture(colour: tuple[int, int, int]) -> str:
    """The data URI of a plain PNG."""
    file = BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def test_multipart_means_the_same_as_json(caller: Caller) -> None:
    fields = {"prompt": " a red fox ", "duration": "9", "aspect_ratio": "16:9", "loop": "true", "seed": "5"}
    fields |= {"start_image_url": "", "end_image_url": ""}
    answer = caller.http.post("/v2/scripted", files={name: (None, value) for name, value in fields.items()})
    assert answer.status_code == 200, answer.text
    by_form = caller.result(answer.json()["request_id"]).json()
    by_json = caller.result(
        caller.submit("a red fox", duration=9, aspect_ratio="16:9", loop=True, seed=5, start_image_url=None)
    ).json()
    assert by_form["video"]["frames"] == by_json["video"]["frames"] == 216
    assert by_form["video"]["duration"] == 9
    assert by_form["seed"] == by_json["seed"] == 5
    assert by_form["metrics"]["cost"] == by_json["metrics"]["cost"] == 0.675
    # The same seed gives the same frames; what else is in the file says when it was made.
    first, second = (packets(get(body["output"]).content) for body in (by_form, by_json))
    assert first == second


@pytest.mark.parametrize(("duration", "frames"), [(5, 121), ("5", 121), (9.0, 217), (None, 121), ("", 121)])
def test_duration_may_be_a_number_or_a_string(caller: Caller, duration: object, frames: int) -> None:
    video = caller.result(caller.submit(duration=duration)).json()["video"]
    assert (video["frames"], video["duration"]) == (frames, 9 if frames == 217 else 5)


@pytest.mark.parametrize("seed", [0, "12", 2**53 - 1])
def test_seed_is_reported_as_it_was_given(caller: Caller, seed: object) -> None:
    assert caller.result(caller.submit(seed=seed)).json()["seed"] == int(str(seed))


def test_job_without_a_seed_gets_one(caller: Caller) -> None:
    seeds = [caller.result(caller.submit()).json()["seed"] for _ in range(2)]
    assert seeds[0] != seeds[1]
    assert all(0 <= seed < 2**53 for seed in seeds)


def test_unknown_fields_are_named_in_warnings(caller: Caller) -> None:
    answer = caller.post("/v2/scripted", prompt="a red fox", negative_prompt="rain", concepts=[1])
    named = ["'negative_prompt'", "'concepts'"]
    body = answer.json()
    assert [word for word in named if any(word in warning for warning in body["warnings"])] == named
    assert caller.result(body["request_id"]).json()["warnings"] == body["warnings"]


def test_clip_goes_from_the_start_image_to_the_end_image(caller: Caller, tmp_path: Path) -> None:
    images = {"start_image_url": picture((200, 30, 30)), "end_image_url": picture((30, 30, 200))}
    result = caller.result(caller.submit(model="tiny", aspect_ratio="9:16", **images))
    assert result.status_code == 200, result.text
    download(result.json()["output"], tmp_path)
    with av.open(tmp_path / "downloaded.mp4") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 121
    (first_red, _, first_blue), (last_red, _, last_blue) = (frames[at].mean(axis=(0, 1)) for at in (0, -1))
    assert first_red > 150 > 80 > first_blue
    assert last_blue > 150 > 80 > last_red


def test_longest_prompt_is_taken(caller: Caller) -> None:
    assert caller.result(caller.submit(f"  {'fox, ' * 1000}\n")).status_code == 200


def test_bearer_is_as_good_as_x_api_key(server: Server, caller: Caller) -> None:
    answer = get(f"{server.url}/v1/get-user-credits", authorization=f"bearer {caller.secret}")
    assert answer.json() == {"credits": 100.0, "free-credits": 0.0}


def test_progress_grows_and_metrics_come_as_they_are_known(caller: Caller) -> None:
    request_id = caller.submit("seconds=3")
    first = caller.http.get(f"/v2/requests/{request_id}")
    assert first.status_code == 202
    seen = []
    while (body := caller.status(request_id))["status"] in ("QUEUED", "PROCESSING"):
        assert set(body["metrics"]) <= {"remaining_credits", "queue_time"}
        assert body["metrics"]["remaining_credits"] == pytest.approx(99.625)
        assert body["request_id"] == request_id
        seen.append(body["progress"])
    assert seen == sorted(seen)
    assert len({value for value in seen if 0 < value < 1}) >= 2
    assert body["progress"] == 1.0
    assert set(body["metrics"]) == {"queue_time", "inference_time", "total_time", "cost", "remaining_credits"}
    assert body["metrics"]["inference_time"] >= 3
    assert body["created_at"] < body["expires_at"]


@pytest.mark.parametrize("path", ["/v2/requests/{}", "/v1/requests/{}"])
def test_result_is_the_same_on_both_paths(caller: Caller, path: str) -> None:
    request_id = caller.submit()
    assert caller.result(request_id).json() == caller.http.get(path.format(request_id)).json()


def test_v1_answers_json_to_who_takes_nothing_else(caller: Caller, tmp_path: Path) -> None:
    headers = {"accept": "application/json"}
    answer = caller.http.post("/v1/scripted", json={"prompt": "a red fox"}, headers=headers)
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body == caller.http.get(f"/v2/requests/{answer.headers['x-request-id']}").json()
    assert download(body["output"], tmp_path).frames == 121


def test_v1_answers_the_video_to_who_takes_anything(caller: Caller, tmp_path: Path) -> None:
    headers = {"accept": "application/json, text/plain, */*"}
    answer = caller.http.post("/v1/scripted", json={"prompt": "a red fox", "loop": True, "extra": 1}, headers=headers)
    assert inspect(answer.content, tmp_path).frames == 120
    assert "'extra'" in json.loads(answer.headers["x-warnings"])[0]


def test_client_that_hangs_up_loses_nothing(caller: Caller) -> None:
    with caller.waiting("seconds=1") as request_id:
        pass
    assert caller.result(request_id).status_code == 200
    assert caller.credits() == pytest.approx(99.625)


def test_urls_follow_the_host_the_caller_used(caller: Caller) -> None:
    headers = {"host": f"localhost:{caller.server.port}", "x-forwarded-host": "evil.example"}
    body = caller.http.post("/v2/scripted", json={"prompt": "a red fox"}, headers=headers).json()
    for name in ("poll_url", "status_url", "response_url"):
        assert body[name].startswith(f"http://localhost:{caller.server.port}/v")


def test_what_was_not_understood_is_said_with_the_result(caller: Caller) -> None:
    """By the built-in engine itself; the scripted one cannot tell."""
    prompt = "a quantum flibbertigibbet ponders beside a red car at sunset"
    body = caller.result(caller.submit(prompt, model="tiny")).json()
    assert 0 < body["understood"] < 1
    assert any("flibbertigibbet" in warning and "quantum" in warning for warning in body["warnings"])
    whole = caller.result(caller.submit("a red car at sunset", model="tiny")).json()
    assert (whole["understood"], whole["warnings"]) == (1.0, [])
