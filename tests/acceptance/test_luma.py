"""The official `lumaai` package against a real server: every method of it, and every error it raises."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import lumaai
import numpy as np
import pytest
from lumaai import AsyncLumaAI, LumaAI
from lumaai.types import Generation
from lumaai.types.generation_create_params import Keyframes
from PIL import Image

from flashreel.media.end_frames import end_frame
from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.pictures import psnr
from tests.support.server import ROOT, Server, environment, wait_for
from tests.support.video import download
from tests.support.web import get

PAGE = ROOT / "docs" / "luma.md"
BASE = "/dream-machine/v1"


def client_of(caller: Caller, **more: Any) -> LumaAI:
    return LumaAI(auth_token=caller.secret, base_url=caller.server.url + BASE, **more)


@pytest.fixture
def client(caller: Caller) -> Iterator[LumaAI]:
    with client_of(caller) as made:
        yield made


def create(client: LumaAI, prompt: str = "a red fox", model: str = "scripted", **fields: Any) -> Generation:
    return client.generations.create(model=model, prompt=prompt, **fields)  # type: ignore[arg-type]  # a test's model


def finished(client: LumaAI, generation: Generation) -> Generation:
    """The generation once it is over."""

    def over() -> Generation | None:
        assert generation.id is not None
        now = client.generations.get(id=generation.id)
        return now if now.state in ("completed", "failed") else None

    return wait_for(over)


def video_of(generation: Generation) -> str:
    assert generation.state == "completed", generation.failure_reason
    assert generation.assets is not None
    assert generation.assets.video is not None
    return generation.assets.video


def end_of(generation: Generation, which: Literal["first", "last"]) -> Any:
    return end_frame(get(video_of(generation)).content, which, "video")


def id_of(generation: Generation) -> str:
    assert generation.id is not None
    return generation.id


@proves("lumaai", "generations.create")
@proves("lumaai", "generations.get")
@proves("lumaai", "credits.get", note="In US cents: a credit is 100.")
def test_a_generation_from_create_to_download(client: LumaAI, tmp_path: Path) -> None:
    before = client.credits.get().credit_balance
    created = create(client, duration="9s", aspect_ratio="16:9", loop=True, resolution="720p")
    assert created.state in ("queued", "dreaming")
    assert created.created_at is not None
    assert created.created_at.tzinfo is not None
    assert created.generation_type == "video"
    assert created.assets is None
    asked = created.request
    assert asked is not None
    assert asked.to_dict(exclude_unset=False, mode="json") == {
        "generation_type": "video",
        "model": "scripted",
        "prompt": "a red fox",
        "aspect_ratio": "16:9",
        "loop": True,
        "keyframes": None,
        "duration": "9s",
        "resolution": "720p",
        "concepts": None,
        "callback_url": None,
    }
    done = finished(client, created)
    assert (done.id, done.model, done.failure_reason, done.request) == (created.id, "scripted", None, asked)
    info = download(video_of(done), tmp_path)
    assert (info.width, info.height, info.frames) == (160, 90, 216)
    assert done.assets is not None
    assert done.assets.image is not None
    assert done.assets.progress_video is None
    assert Image.open(BytesIO(get(done.assets.image).content)).size == (160, 90)
    assert client.credits.get().credit_balance == pytest.approx(before - 67.5)


@proves("lumaai", "generations.video.create", note="Takes the same as `generations.create`.")
@proves("lumaai", "generations.create", note="`keyframes` of type `generation` extend, in reverse as `frame1`.")
def test_a_generation_is_extended_both_ways(client: LumaAI, tmp_path: Path) -> None:
    """The built-in engine, in two resolutions: what goes on from a frame begins with it."""
    middle = finished(client, create(client, model="tiny", resolution="540p"))
    assert download(video_of(middle), tmp_path).width == 120
    reference = {"type": "generation", "id": id_of(middle)}
    after = create(client, "go on", "tiny", resolution="1080p", keyframes={"frame0": reference})
    before = client.generations.video.create(
        model="tiny",  # type: ignore[arg-type]  # a test's model
        prompt="come from afar",
        keyframes={"frame1": {"type": "generation", "id": id_of(middle)}},
    )
    after, before = finished(client, after), finished(client, before)
    assert download(video_of(after), tmp_path).width == 240
    small = end_of(middle, "last")
    large = np.asarray(Image.fromarray(end_of(after, "first")).resize((120, 68)))
    assert psnr(large, small) > 25
    small = end_of(middle, "first")
    large = np.asarray(Image.fromarray(end_of(before, "last")).resize((120, 68)))
    assert psnr(large, small) > 25
    assert psnr(end_of(middle, "first"), end_of(middle, "last")) < 25  # so that the wrong end would have shown


@proves("lumaai", "generations.list", note="10 of them unless `limit`, up to 100, says more.")
@proves("lumaai", "generations.delete", note="Of a running one too: it is cancelled first.")
def test_list_and_delete(client: LumaAI) -> None:
    first, second = create(client, "seconds=60"), create(client)
    listed = client.generations.list(limit=1, offset=1)
    assert [generation.id for generation in listed.generations] == [first.id]
    assert (listed.count, listed.has_more, listed.limit, listed.offset) == (1, False, 1, 1)
    assert client.generations.list(limit=1).has_more is True
    wait_for(lambda: client.generations.get(id=id_of(first)).state == "dreaming")
    client.generations.delete(id=id_of(first))
    finished(client, second)
    client.generations.delete(id=id_of(second))
    assert client.generations.list().generations == []
    for generation in (first, second):
        with pytest.raises(lumaai.NotFoundError, match="unknown or has expired"):
            client.generations.get(id=id_of(generation))


@proves("lumaai", "generations.get", note="A failed one has a `failure_reason` and, beyond Luma, a `failure_detail`.")
def test_a_failure_says_why(client: LumaAI) -> None:
    failed = finished(client, create(client, "upstream"))
    assert (failed.state, failed.failure_reason) == ("failed", "Error dispatching job")
    assert (failed.model_extra or {})["failure_detail"] == "the upstream API answered 503"
    assert client.credits.get().credit_balance == 10_000


@proves("lumaai", "generations.concepts.list", note="Those that the built-in engine's camera can do.")
def test_every_listed_concept_can_be_asked_for(client: LumaAI, caller: Caller) -> None:
    concepts = client.generations.concepts.list()
    assert {"orbit_left", "push_in"} < set(concepts)
    generation = create(client, concepts=[{"key": key} for key in concepts])
    assert generation.request is not None
    assert generation.request.to_dict()["concepts"] == [{"key": key} for key in concepts]
    motions = caller.http.get(f"{BASE}/generations/camera_motion/list").json()
    assert "camera orbit left" in motions


@proves("lumaai", "ping.check")
def test_ping(client: LumaAI) -> None:
    assert client.ping.check().message == "pong"


@proves("lumaai", "generations.create", note="`AsyncLumaAI` has the same methods.")
def test_the_async_client(caller: Caller) -> None:
    async def run() -> Generation:
        async with AsyncLumaAI(auth_token=caller.secret, base_url=caller.server.url + BASE) as client:
            model: Any = "scripted"
            generation = await client.generations.create(model=model, prompt="a red fox")
            while generation.state not in ("completed", "failed"):
                await asyncio.sleep(0.1)
                generation = await client.generations.get(id=id_of(generation))
            assert [one.id for one in (await client.generations.list()).generations] == [generation.id]
            await client.generations.delete(id=id_of(generation))
            return generation

    assert asyncio.run(run()).state == "completed"


MEDIA = {"url": "https://example.com/a.mp4"}
NOT_OFFERED: list[tuple[str, str, dict[str, Any]]] = [
    ("generations.upscale", "upscaling", {"id": "0" * 32, "resolution": "4k"}),
    ("generations.audio", "adding audio", {"id": "0" * 32, "prompt": "rain"}),
    ("generations.image.create", "making an image", {"model": "photon-1", "prompt": "a fox"}),
    (
        "generations.image.reframe",
        "reframing an image",
        {"model": "photon-1", "aspect_ratio": "1:1", "generation_type": "reframe_image", "media": MEDIA},
    ),
    (
        "generations.video.reframe",
        "reframing a video",
        {"model": "ray-2", "aspect_ratio": "1:1", "generation_type": "reframe_video", "media": MEDIA},
    ),
    (
        "generations.video.modify",
        "modifying a video",
        {"model": "ray-2", "generation_type": "modify_video", "mode": "flex_1", "media": MEDIA},
    ),
]


@pytest.mark.parametrize(
    ("method", "what", "fields"),
    [
        pytest.param(*case, id=case[0], marks=proves("lumaai", case[0], f"404: {case[1]} is not offered"))
        for case in NOT_OFFERED
    ],
)
def test_what_is_not_offered_says_so(client: LumaAI, method: str, what: str, fields: dict[str, Any]) -> None:
    call: Any = client
    for name in method.split("."):
        call = getattr(call, name)
    with pytest.raises(lumaai.NotFoundError, match=f"{what} is not offered here"):
        call(**fields)


@proves("lumaai", "generations.create", note="A refusal raises with `body['detail']`; no credits are 402.")
def test_refusals_are_raised_with_their_sentence(client: LumaAI, make_caller: MakeCaller) -> None:
    with pytest.raises(lumaai.BadRequestError) as bad:
        create(client, "ab")
    assert isinstance(bad.value.body, dict)
    assert bad.value.body["detail"] == "Prompt is too short, minimum length is 3 characters"
    with pytest.raises(lumaai.BadRequestError, match="allowed are 540p, 720p, 1080p"):
        create(client, resolution="4k")
    image: Keyframes = {"frame1": {"type": "image", "url": "https://example.com/a.png"}}
    with pytest.raises(lumaai.BadRequestError, match="Loop is not supported for end frame"):
        create(client, loop=True, keyframes=image)
    with pytest.raises(lumaai.NotFoundError):
        client.generations.delete(id="719d000e-2c0d-4348-ab8c-17fd58931691")
    with pytest.raises(lumaai.UnprocessableEntityError, match="used for another request"):
        for prompt in ("a fox", "a hare"):
            create(client, prompt, extra_headers={"Idempotency-Key": "one"})
    with client.with_options() as stranger, pytest.raises(lumaai.AuthenticationError, match="API key"):
        stranger.auth_token = "luma-wrong"
        stranger.ping.check()
    with client_of(make_caller(0.1)) as poor, pytest.raises(lumaai.APIStatusError, match="not enough credits") as broke:
        create(poor)
    assert broke.value.status_code == 402
    with client_of(make_caller(models=("tiny",))) as narrow, pytest.raises(lumaai.PermissionDeniedError):
        create(narrow)
    hurried = make_caller(max_queued=1)
    with client_of(hurried, max_retries=0) as busy, pytest.raises(lumaai.RateLimitError, match="unfinished jobs"):
        running = create(busy, "seconds=60")
        try:
            create(busy, "seconds=60")
        finally:
            busy.generations.delete(id=id_of(running))


def test_the_sample_of_the_page_runs(server: Server, caller: Caller, tmp_path: Path) -> None:
    found = re.search(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    source = found[1]
    changes: list[Callable[[str], str]] = [
        lambda text: text.replace("http://127.0.0.1:8000", server.url),
        lambda text: text.replace("fr_...", caller.secret),
        lambda text: text.replace('"ray-flash-2"', '"scripted"'),
    ]
    for change in changes:
        assert change(source) != source
        source = change(source)
    done = subprocess.run(
        [sys.executable, "-c", source], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert download(done.stdout.strip(), tmp_path).frames == 121
