from __future__ import annotations

import resource
import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.pictures import colour_chart, psnr, to_i420, to_rgb

from flashreel.errors import JobFailed
from flashreel.media.frame_check import Frame, PixelFormat
from flashreel.media.video import EncodeResult, encode, probe, verify

WIDTH, HEIGHT, FPS = 160, 96, 24


def scrolling(count: int, pixel_format: PixelFormat = "rgb24") -> Iterator[Frame]:
    chart = colour_chart(WIDTH, HEIGHT)
    for number in range(count):
        frame = np.roll(chart, 2 * number, 1)
        yield frame if pixel_format == "rgb24" else to_i420(frame)


def write(
    frames: Iterator[Frame],
    path: Path,
    frame_count: int,
    *,
    pixel_format: PixelFormat = "rgb24",
    exact_ends: bool = False,
    may_be_black: bool = False,
    may_be_still: bool = False,
) -> EncodeResult:
    return encode(
        frames,
        path,
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        pixel_format=pixel_format,
        frame_count=frame_count,
        on_frame=lambda _: None,
        exact_ends=exact_ends,
        may_be_black=may_be_black,
        may_be_still=may_be_still,
    )


def decoded(path: Path) -> list[Frame]:
    with av.open(path) as container:
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video=0)]


def top_level_boxes(path: Path) -> list[bytes]:
    data, position, names = path.read_bytes(), 0, []
    while position < len(data):
        names.append(data[position + 4 : position + 8])
        position += int.from_bytes(data[position : position + 4])
    return names


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p"])
def test_colours_come_back_through_the_bt709_matrix(path: Path, pixel_format: PixelFormat) -> None:
    write(scrolling(6, pixel_format), path, 6, pixel_format=pixel_format, exact_ends=True)
    # Decoded as BT.601 the same chart gives under 25 dB.
    assert psnr(to_rgb(decoded(path)[0]), colour_chart(WIDTH, HEIGHT)) > 38


def test_stream_and_frames_are_tagged(path: Path) -> None:
    write(scrolling(4), path, 4)
    with av.open(path) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        assert isinstance(frame, av.VideoFrame)
        for tagged in (stream.codec_context, frame):
            assert (tagged.color_primaries, tagged.color_trc, tagged.colorspace) == (1, 1, 1)
            assert tagged.color_range == 1  # limited


def test_the_file_is_h264_high_with_the_index_first_and_no_audio(path: Path) -> None:
    write(scrolling(4), path, 4)
    with av.open(path) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.streams.video[0].profile == "High"
    boxes = top_level_boxes(path)
    assert boxes.index(b"moov") < boxes.index(b"mdat")


@pytest.mark.parametrize("count", [120, 121])
def test_frame_i_shows_at_i_24ths(path: Path, count: int) -> None:
    result = write(scrolling(count), path, count)
    info = probe(path)
    verify(info, width=WIDTH, height=HEIGHT, fps=FPS, frame_count=count)
    assert (info.frames, info.fps, info.codec, info.pixel_format) == (count, FPS, "h264", "yuv420p")
    assert info.first_key
    assert (result.frames, result.file_size) == (count, path.stat().st_size)
    assert info.duration == pytest.approx(count / FPS)
    with av.open(path) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / FPS for number in range(count)])


def test_exact_ends_spend_bits_on_the_ends(tmp_path: Path) -> None:
    def noise() -> Iterator[Frame]:
        rng = np.random.default_rng(0)
        yield from (rng.integers(0, 256, (HEIGHT * 3 // 2, WIDTH), np.uint8) for _ in range(12))

    errors = {}
    for exact in (False, True):
        path = tmp_path / f"{exact}.mp4"
        write(noise(), path, 12, pixel_format="yuv420p", exact_ends=exact)
        pairs = zip(decoded(path), noise(), strict=True)
        errors[exact] = [float(np.mean((a.astype(np.float64) - b) ** 2)) for a, b in pairs]
    assert errors[True][0] < errors[False][0] / 4
    assert errors[True][-1] < errors[False][-1] / 4


def test_one_frame_is_held_at_a_time(path: Path) -> None:
    alive, most = 0, 0

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def frames() -> Iterator[Frame]:
        nonlocal alive, most
        for frame in scrolling(60):
            weakref.finalize(frame, gone)
            alive += 1
            most = max(most, alive)
            yield frame

    write(frames(), path, 60)
    assert most <= 2
    assert alive == 0


def test_on_frame_counts_and_may_stop(path: Path) -> None:
    seen: list[int] = []
    closed = False

    def frames() -> Iterator[Frame]:
        nonlocal closed
        try:
            yield from scrolling(10)
        finally:
            closed = True

    def on_frame(done: int) -> None:
        seen.append(done)
        if done == 4:
            raise JobFailed("cancelled", "cancelled")

    with pytest.raises(JobFailed, match="cancelled"):
        encode(
            frames(),
            path,
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            pixel_format="rgb24",
            frame_count=10,
            on_frame=on_frame,
        )
    assert seen == [1, 2, 3, 4]
    assert closed
    assert not path.exists()


def test_every_frame_that_passed_is_shown_and_no_other(path: Path) -> None:
    seen: list[int] = []

    def watch(index: int, frame: Frame) -> None:
        assert np.array_equal(frame, np.roll(colour_chart(WIDTH, HEIGHT), 2 * index, 1))
        seen.append(index)

    def frames() -> Iterator[Frame]:
        yield from scrolling(5)
        yield np.zeros((8, 8, 3), np.uint8)

    with pytest.raises(JobFailed, match="was declared"):
        encode(
            frames(),
            path,
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            pixel_format="rgb24",
            frame_count=6,
            on_frame=lambda _: None,
            watch=watch,
        )
    assert seen == [0, 1, 2, 3, 4]


BLACK_RGB = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
BLACK_I420 = np.concatenate([np.full((HEIGHT, WIDTH), 16), np.full((HEIGHT // 2, WIDTH), 128)]).astype(np.uint8)


@pytest.mark.parametrize(("frame", "pixel_format"), [(BLACK_RGB, "rgb24"), (BLACK_I420, "yuv420p")])
def test_only_black_is_rejected_unless_asked_for(path: Path, frame: Frame, pixel_format: PixelFormat) -> None:
    def frames() -> Iterator[Frame]:
        yield from (frame.copy() for _ in range(3))

    with pytest.raises(JobFailed, match="black") as failure:
        write(frames(), path, 3, pixel_format=pixel_format, may_be_still=True)
    assert failure.value.code == "output_rejected"
    assert not path.exists()
    write(frames(), path, 3, pixel_format=pixel_format, may_be_still=True, may_be_black=True)
    assert probe(path).frames == 3


def test_a_clip_with_one_lit_pixel_is_not_black(path: Path) -> None:
    lit = BLACK_RGB.copy()
    lit[40, 40] = 200
    write(iter([BLACK_RGB, BLACK_RGB, lit]), path, 3)
    assert probe(path).frames == 3


def test_a_still_clip_is_rejected_unless_asked_for(path: Path) -> None:
    with pytest.raises(JobFailed, match="the same picture") as failure:
        write(iter([colour_chart(WIDTH, HEIGHT) for _ in range(3)]), path, 3)
    assert failure.value.code == "output_rejected"
    write(iter([colour_chart(WIDTH, HEIGHT) for _ in range(3)]), path, 3, may_be_still=True)
    assert probe(path).frames == 3


def test_a_buffer_that_the_engine_reuses_is_not_taken_for_a_still(path: Path) -> None:
    def frames() -> Iterator[Frame]:
        buffer = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        for frame in scrolling(3):
            buffer[:] = frame
            yield buffer

    write(frames(), path, 3, exact_ends=True)
    first, _, last = (to_rgb(frame) for frame in decoded(path))
    assert psnr(first, colour_chart(WIDTH, HEIGHT)) > psnr(last, colour_chart(WIDTH, HEIGHT)) + 10


@pytest.mark.parametrize(("made", "asked", "sentence"), [(5, 6, "5 of the 6"), (7, 6, "more than the 6")])
def test_a_wrong_count_is_rejected(path: Path, made: int, asked: int, sentence: str) -> None:
    with pytest.raises(JobFailed, match=sentence) as failure:
        write(scrolling(made), path, asked)
    assert failure.value.code == "output_rejected"
    assert not path.exists()


@pytest.mark.parametrize(
    "frame",
    [np.zeros((HEIGHT, WIDTH, 4), np.uint8), np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((8, 8, 3), np.uint8)],
    ids=["channels", "type", "size"],
)
def test_a_frame_that_is_not_as_declared_is_rejected(path: Path, frame: Frame) -> None:
    with pytest.raises(JobFailed, match="was declared") as failure:
        write(iter([frame]), path, 1)
    assert failure.value.code == "output_rejected"


def test_a_folder_that_is_gone_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(JobFailed) as failure:
        write(scrolling(3), tmp_path / "gone" / "video.mp4", 3)
    assert failure.value.code == "storage_failed"


def test_a_disk_that_refuses_is_a_storage_failure(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(JobFailed) as failure:
            write(scrolling(60), path, 60, exact_ends=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert failure.value.code == "storage_failed"
    assert not path.exists()


def test_clean_up_removes_files_only(tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(JobFailed):
        write(scrolling(2), link, 3)
    assert link.is_symlink()


def test_a_size_the_encoder_cannot_do_is_an_engine_failure(path: Path) -> None:
    with pytest.raises(JobFailed) as failure:
        encode(
            iter([np.full((32, 33, 3), 99, np.uint8)]),
            path,
            width=33,
            height=32,
            fps=FPS,
            pixel_format="rgb24",
            frame_count=1,
            on_frame=lambda _: None,
        )
    assert failure.value.code == "engine_failed"


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_does_not_pass(path: Path, keep: float) -> None:
    write(scrolling(24), path, 24)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(JobFailed) as failure:
        verify(probe(path), width=WIDTH, height=HEIGHT, fps=FPS, frame_count=24)
    assert failure.value.code == "output_rejected"


def test_verify_compares_size_and_count(path: Path) -> None:
    write(scrolling(4), path, 4)
    info = probe(path)
    with pytest.raises(JobFailed, match="160x96, not 162x96"):
        verify(info, width=162, height=HEIGHT, fps=FPS, frame_count=4)
    with pytest.raises(JobFailed, match="4 frames, not 5"):
        verify(info, width=WIDTH, height=HEIGHT, fps=FPS, frame_count=5)
    with pytest.raises(JobFailed, match="lasts"):
        verify(info, width=WIDTH, height=HEIGHT, fps=12, frame_count=4)
