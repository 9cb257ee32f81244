"""The ends of a finished video: the very frames that were encoded, as far as the encoder left them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.pictures import colour_chart, psnr, to_i420

from flashreel.errors import JobFailed
from flashreel.media.end_frames import end_frame
from flashreel.media.frame_check import Frame, PixelFormat
from flashreel.media.video import TAIL, encode

WIDTH, HEIGHT = 160, 96


def scrolling(count: int) -> Iterator[Frame]:
    yield from (np.roll(colour_chart(WIDTH, HEIGHT), 16 * index, 1) for index in range(count))


def video(path: Path, count: int, pixel_format: PixelFormat = "rgb24") -> bytes:
    """A clip of the scrolling chart, whose chroma blocks stay where the encoder can keep them."""
    frames = scrolling(count) if pixel_format == "rgb24" else (to_i420(frame) for frame in scrolling(count))
    encode(
        frames,
        path,
        width=WIDTH,
        height=HEIGHT,
        fps=24,
        pixel_format=pixel_format,
        frame_count=count,
        on_frame=lambda _: None,
        exact_ends=True,
        may_be_still=True,
    )
    return path.read_bytes()


@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p"])
@pytest.mark.parametrize("count", [1, 2, 25, 121])
def test_the_ends_are_the_frames_that_were_encoded(tmp_path: Path, count: int, pixel_format: PixelFormat) -> None:
    data = video(tmp_path / "video.mp4", count, pixel_format)
    frames = list(scrolling(count))
    for which, frame in (("first", frames[0]), ("last", frames[-1])):
        found = end_frame(data, "first" if which == "first" else "last", "start_image_url")
        assert found.dtype == np.uint8
        assert found.shape == (HEIGHT, WIDTH, 3)
        # The neighbouring frame gives under 10 dB, the matrix of BT.601 under 25.
        assert psnr(found, frame) > 36


def test_the_last_frame_needs_few_others(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    whole = video(path, 50)
    with av.open(path, "r") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    assert keys == [0, 50 - 1 - TAIL]
    damaged = bytearray(whole)
    for packet in packets[: keys[-1]]:
        assert packet.pos is not None
        damaged[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    last = end_frame(bytes(damaged), "last", "start_image_url")
    assert np.array_equal(last, end_frame(whole, "last", "start_image_url"))


@pytest.mark.parametrize("which", ["first", "last"])
def test_what_is_no_video_is_named(which: str, tmp_path: Path) -> None:
    whole = video(tmp_path / "video.mp4", 12)
    for data in (b"", b"GIF89a no video", whole[: len(whole) // 3]):
        with pytest.raises(JobFailed, match=r"^end_image_url names a video that cannot be read$") as failure:
            end_frame(data, "first" if which == "first" else "last", "end_image_url")
        assert failure.value.code == "image_invalid"
