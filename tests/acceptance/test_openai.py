"""The official `openai` package against a real server: every method of `client.videos` and `client.models`."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types import Video
from PIL import Image

from tests.acceptance.conftest import MAX_BODY, MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.server import ROOT, Server, environment
from tests.support.video import inspect

PAGE = ROOT / "docs" / "openai.md"

# Every call of `videos` says that OpenAI's own service ends.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled to permanently shut down:DeprecationWarning")


def connect(caller: Caller, path: str = "/v1", retries: int = 0) -> OpenAI:
    return OpenAI(api_key=caller.secret, base_url=caller.server.url + path, max_retries=retries)


@pytest.fixture
def client(caller: Caller) -> Iterator[OpenAI]:
    with connect(caller) as made:
        yield made


def create(client: OpenAI, prompt: str = "a red fox", **fields: Any) -> Video:
    """A video of the scripted engine; `fields` past the SDK's types, which name Sora's values only."""
    video = client.videos.create(**{"model": "scripted", "prompt": prompt, **fields})
    assert isinstance(video, Video)
    return video


def done(client: OpenAI, video: Video) -> Video:
    return client.videos.poll(video.id, poll_interval_ms=50)


def png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 36), (10, 120, 200)).save(buffer, "PNG")
    return buffer.getvalue()


@proves("openai", "videos.create_and_poll")
@proves("openai", "videos.download_content")
def test_the_sample_of_the_page_runs(caller: Caller, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    source = found[1]
    for ours, theirs in (
        ("http://127.0.0.1:8000", caller.server.url),
        ("fr_your_key", caller.secret),
        ("ray-flash-2-720p", "tiny"),
        ("1280x720", "160x90"),
    ):
        assert ours in source
        source = source.replace(ours, theirs)
    run = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    video_id, size, seed = run.stdout.split()
    assert re.fullmatch("video_[0-9a-f]{32}", video_id)
    assert (size, seed.isdigit()) == ("160x90", True)
    assert inspect((tmp_path / "video.mp4").read_bytes(), tmp_path).frames == 121
    assert (tmp_path / "video.webp").read_bytes()[8:12] == b"WEBP"


@proves("openai", "videos.create", note="`seconds` is 5 or 9, `size` one of the model's own")
@proves("openai", "videos.retrieve", note="`with_raw_response` has `openai-poll-after-ms`")
def test_create_and_retrieve(client: OpenAI, caller: Caller) -> None:
    raw = client.videos.with_raw_response.create(
        model="scripted", prompt="a red fox", extra_body={"seconds": "9", "size": "240x136", "seed": 7, "loop": True}
    )
    assert raw.headers["openai-poll-after-ms"] == "1000"
    video = raw.parse()
    assert (video.object, video.status in ("queued", "in_progress"), video.model) == ("video", True, "scripted")
    assert (video.seconds, video.size, video.prompt, video.error) == ("9", "240x136", "a red fox", None)
    again = client.videos.with_raw_response.retrieve(video.id).parse()
    assert (again.id, again.created_at) == (video.id, video.created_at)
    end = done(client, video)
    assert (end.status, end.progress, end.error) == ("completed", 100, None)
    assert end.completed_at is not None
    assert end.expires_at is not None
    assert end.expires_at - end.completed_at in (3599, 3600, 3601)
    assert end.to_dict()["seed"] == 7
    assert "openai-poll-after-ms" not in client.videos.with_raw_response.retrieve(video.id).headers
    assert caller.credits() == pytest.approx(100 - 0.675 * 1.5**2)


@proves("openai", "videos.poll", note="a failed video is returned, not raised: look at `status`")
def test_a_failed_video_is_returned_by_poll(client: OpenAI) -> None:
    video = client.videos.create_and_poll(model="scripted", prompt="upstream", poll_interval_ms=50)
    assert (video.status, video.completed_at) == ("failed", None)
    assert video.error is not None
    assert (video.error.code, video.error.message) == ("server_error", "the upstream API answered 503")
    with pytest.raises(openai.BadRequestError) as refusal:
        client.videos.download_content(video.id)
    assert refusal.value.code == "video_generation_failed"


@proves("openai", "videos.download_content", note="all three variants; before its time it is a 400, `video_not_ready`")
def test_content_in_every_variant(client: OpenAI, tmp_path: Path) -> None:
    video = create(client, "seconds=3")
    with pytest.raises(openai.BadRequestError) as refusal:
        client.videos.download_content(video.id)
    assert refusal.value.code == "video_not_ready"
    assert "its content is there once it is completed" in refusal.value.message
    assert done(client, video).status == "completed"
    content = client.videos.download_content(video.id)
    assert content.response.headers["content-type"] == "video/mp4"
    assert int(content.response.headers["content-length"]) == len(content.content)
    assert (inspect(content.content, tmp_path).frames, inspect(content.content, tmp_path).width) == (121, 160)
    for variant, kind in (("thumbnail", "image/webp"), ("spritesheet", "image/jpeg")):
        asked: Any = {"variant": variant}
        still = client.videos.download_content(video.id, **asked)
        assert still.response.headers["content-type"] == kind
        with Image.open(BytesIO(still.content)) as picture:
            assert f"image/{str(picture.format).lower()}" == kind
    with client.videos.with_streaming_response.download_content(video.id) as streamed:
        streamed.stream_to_file(tmp_path / "streamed.mp4")
    assert (tmp_path / "streamed.mp4").read_bytes() == content.content


@proves("openai", "videos.create", note="`input_reference` is the start image: a file, or a URL through `extra_body`")
def test_input_references_of_every_kind(client: OpenAI, tmp_path: Path) -> None:
    file = tmp_path / "start.png"
    file.write_bytes(png())
    uri = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    with file.open("rb") as opened:
        videos = [
            create(client, input_reference=("start.png", png(), "image/png")),
            create(client, input_reference=opened),
            create(client, extra_body={"input_reference": {"image_url": uri}}),
            create(client, extra_body={"start_image_url": uri, "end_image_url": uri}),
        ]
    for video in videos:
        assert done(client, video).status == "completed"
        assert video.to_dict()["start_image_url"] == uri[:63] + "…"
    broken = done(client, create(client, input_reference=("a.png", png()[:60], "image/png")))
    assert broken.error is not None
    assert broken.error.code == "invalid_image"
    with pytest.raises(openai.BadRequestError, match="does not exist or has expired"):
        create(client, extra_body={"input_reference": {"file_id": "file-123"}})


@proves(
    "openai",
    "videos.list",
    note="an `after` that was deleted is a 400: who deletes while paging collects the ids first",
)
def test_a_list_pages_by_itself(client: OpenAI, caller: Caller) -> None:
    ids = [create(client).id for _ in range(4)] + [f"video_{caller.submit()}"]
    assert [video.id for video in client.videos.list(limit=2)] == ids[::-1]
    assert [video.id for video in client.videos.list(limit=2, order="asc")] == ids
    page = client.videos.list(limit=2, after=ids[3])
    assert ([video.id for video in page.data], page.has_more, page.last_id) == (ids[2:0:-1], True, ids[1])
    with pytest.raises(openai.BadRequestError, match="it must be the id of a video of this key"):
        client.videos.list(after="video_none")


@proves("openai", "videos.delete", note="in any state; a running video is cancelled first and not charged")
def test_delete_also_while_it_runs(caller: Caller, server: Server) -> None:
    with connect(caller, retries=2) as client:  # the SDK asks again on its own while the worker lets go
        finished, running = done(client, create(client)), create(client, "seconds=60")
        caller.wait_for_state(running.id.removeprefix("video_"), "PROCESSING")
        for video in (running, finished):
            gone = client.videos.delete(video.id)
            assert (gone.id, gone.object, gone.deleted) == (video.id, "video.deleted", True)
            with pytest.raises(openai.NotFoundError):
                client.videos.retrieve(video.id)
        assert list(client.videos.list()) == []
    assert caller.credits() == pytest.approx(100 - 0.375)


@proves("openai", "videos.remix", note="same seed, size, length and images; of any dialect's job")
def test_remix(client: OpenAI, caller: Caller) -> None:
    source = create(client, "seconds=3", extra_body={"seconds": "9", "size": "120x68", "seed": 7})
    with pytest.raises(openai.BadRequestError, match="only a completed video can be remixed"):
        client.videos.remix(source.id, prompt="a wolf")
    done(client, source)
    video = client.videos.remix(source.id, prompt="a wolf")
    assert (video.remixed_from_video_id, video.prompt, video.model) == (source.id, "a wolf", "scripted")
    assert (video.seconds, video.size, video.to_dict()["seed"]) == ("9", "120x68", 7)
    assert done(client, video).status == "completed"
    foreign = caller.submit()
    caller.wait_for_state(foreign, "COMPLETED")
    assert client.videos.remix(f"video_{foreign}", prompt="a wolf").remixed_from_video_id == f"video_{foreign}"


def test_a_job_of_another_dialect_is_a_video(client: OpenAI, caller: Caller, tmp_path: Path) -> None:
    job_id = caller.submit(seed=3)
    video = client.videos.poll(f"video_{job_id}", poll_interval_ms=50)
    assert (video.status, video.model, video.prompt) == ("completed", "scripted", "a red fox")
    assert inspect(client.videos.download_content(job_id).content, tmp_path).frames == 121


@proves("openai", "models.list")
@proves("openai", "models.retrieve")
@proves("openai", "models.delete", "404: models are the operator's")
def test_models(client: OpenAI, make_caller: MakeCaller) -> None:
    listed = [model.id for model in client.models.list()]
    assert listed == ["sora-2", "sora-2-pro", "ray-flash-2-720p", "tiny", "scripted"]
    assert client.models.retrieve("sora-2").id == "sora-2"
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt' here"):
        client.models.retrieve("gpt")
    with pytest.raises(openai.NotFoundError, match="deleting models is not offered here"):
        client.models.delete("tiny")
    with connect(make_caller(models=("tiny",)), "/openai/v1") as bounded:
        assert [model.id for model in bounded.models.list()] == ["tiny"]
        with pytest.raises(openai.PermissionDeniedError):
            bounded.models.retrieve("scripted")


@proves("openai", "videos.edit", "404: edits are not offered")
@proves("openai", "videos.extend", "404: extensions are not offered")
@proves("openai", "videos.create_character", "404: characters are not offered")
@proves("openai", "videos.get_character", "404: characters are not offered")
def test_what_is_not_offered_says_so(caller: Caller) -> None:
    with connect(caller, "/openai/v1", retries=2) as client:
        with pytest.raises(openai.NotFoundError, match="video edits are not offered here"):
            client.videos.edit(prompt="a wolf", video=b"0")
        with pytest.raises(openai.NotFoundError, match="video extensions are not offered here"):
            client.videos.extend(prompt="a wolf", seconds="4", video=b"0")
        with pytest.raises(openai.NotFoundError, match="video characters are not offered here"):
            client.videos.create_character(name="Ann", video=b"0")
        with pytest.raises(openai.NotFoundError, match="video characters are not offered here"):
            client.videos.get_character("char_1")


def test_refusals_are_the_sdk_s_own_errors(client: OpenAI, make_caller: MakeCaller, server: Server) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        create(client, seconds="8")
    assert (bad.value.param, bad.value.code) == ("seconds", "invalid_request")
    assert 'seconds is "8"; allowed are 5 and 9 (seconds)' in bad.value.message
    with pytest.raises(openai.BadRequestError, match="allowed are 160x90, 120x68, 240x136"):
        create(client, size="1024x1792")
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt' here"):
        create(client, model="gpt")
    with pytest.raises(openai.NotFoundError, match="unknown or has expired"):
        client.videos.retrieve("video_none")
    with pytest.raises(openai.APIStatusError) as large:
        create(client, input_reference=("a.png", png() + bytes(MAX_BODY), "image/png"))
    assert (large.value.status_code, large.value.code) == (413, "too_large")
    stranger = OpenAI(api_key="fr_wrong", base_url=f"{server.url}/v1", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as unknown:
        create(stranger)
    assert unknown.value.code == "invalid_api_key"
    with connect(make_caller(0)) as poor, pytest.raises(openai.PermissionDeniedError) as broke:
        create(poor)
    assert (broke.value.code, broke.value.type) == ("insufficient_quota", "insufficient_quota")
    with connect(make_caller(models=("tiny",))) as bounded, pytest.raises(openai.PermissionDeniedError) as denied:
        create(bounded)
    assert denied.value.code == "forbidden"
    with connect(make_caller(max_queued=0)) as full, pytest.raises(openai.RateLimitError) as limited:
        create(full)
    assert limited.value.code == "rate_limit_exceeded"


@proves("openai", "videos.create_and_poll", note="`AsyncOpenAI` has the same methods")
def test_the_async_client(caller: Caller, tmp_path: Path) -> None:
    async def all_of_it() -> bytes:
        async with AsyncOpenAI(api_key=caller.secret, base_url=f"{caller.server.url}/v1", max_retries=0) as client:
            video = await client.videos.create_and_poll(model="scripted", prompt="a red fox", poll_interval_ms=50)
            assert (video.status, video.progress) == ("completed", 100)
            content = (await client.videos.download_content(video.id)).content
            remix = await client.videos.remix(video.id, prompt="a wolf")
            assert [found.id async for found in client.videos.list(limit=1)] == [remix.id, video.id]
            assert (await client.models.list()).data[0].id == "sora-2"
            assert (await client.videos.delete(video.id)).deleted
            with pytest.raises(openai.NotFoundError):
                await client.videos.retrieve(video.id)
            return content

    assert inspect(asyncio.run(all_of_it()), tmp_path).frames == 121
