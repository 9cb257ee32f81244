"""The files themselves: size, rate and exact count of frames, for every ratio and duration."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashreel.catalogue import SIZES_720P
from flashreel.media.video import VideoInfo
from tests.support.caller import Caller
from tests.support.video import download

#: Of the model `tiny`: an eighth of the real ones.
TINY = {
    "1:1": (128, 128),
    "3:4": (108, 144),
    "4:3": (144, 108),
    "9:16": (90, 160),
    "16:9": (160, 90),
    "9:21": (82, 194),
    "21:9": (194, 82),
}
FRAMES = {(5, False): 121, (9, False): 217, (5, True): 120, (9, True): 216}


def check(info: VideoInfo, size: tuple[int, int], frames: int) -> None:
    assert (info.width, info.height) == size
    assert info.frames == frames
    assert info.fps == 24.0
    assert info.duration == pytest.approx(frames / 24)
    assert (info.codec, info.pixel_format, info.first_key) == ("h264", "yuv420p", True)


@pytest.mark.parametrize(
    "asked_for",
    [
        # Shape and length have nothing to do with one another: each of them once, and then all.
        pytest.param([(ratio, 5 if number % 2 else 9) for number, ratio in enumerate(TINY)], id="each"),
        pytest.param([(ratio, duration) for ratio in TINY for duration in (5, 9)], id="all", marks=pytest.mark.slow),
    ],
)
def test_every_ratio_and_duration(caller: Caller, tmp_path: Path, asked_for: list[tuple[str, int]]) -> None:
    asked = {
        (ratio, duration): caller.submit("a sailboat at sunset", "tiny", aspect_ratio=ratio, duration=duration)
        for ratio, duration in asked_for
    }
    for (ratio, duration), request_id in asked.items():
        body = caller.result(request_id).json()
        frames = FRAMES[duration, False]
        check(download(body["output"], tmp_path), TINY[ratio], frames)
        video = body["video"]
        assert (video["width"], video["height"]) == TINY[ratio]
        assert (video["frames"], video["fps"], video["duration"]) == (frames, 24.0, duration)


def test_loops_drop_the_closing_frame(caller: Caller, tmp_path: Path) -> None:
    asked = {duration: caller.submit("a red fox", "tiny", duration=duration, loop=True) for duration in (5, 9)}
    for duration, request_id in asked.items():
        url = caller.result(request_id).json()["output"]
        check(download(url, tmp_path), TINY["16:9"], FRAMES[duration, True])


@pytest.mark.slow
def test_nine_seconds_at_full_size(caller: Caller, tmp_path: Path) -> None:
    # Five seconds of 16:9 at full size are the page's sample, in test_sdk.py.
    prompt = "a red fox running through a snowy forest at dusk"
    request_id = caller.submit(prompt, "ray-flash-2-720p", aspect_ratio="1:1", duration=9)
    url = caller.result(request_id).json()["output"]
    check(download(url, tmp_path), SIZES_720P["1:1"], FRAMES[9, False])
