from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from PIL import Image

from flashreel.engines.animatic.keyframes import render_keyframes
from flashreel.engines.animatic.overlay import Overlay
from flashreel.engines.animatic.parallax import MOVES, ParallaxMove, nearness
from flashreel.engines.base import Frame, Keyframes
from flashreel.errors import JobFailed
from flashreel.media import images, video
from flashreel.spec import FPS, GenerationSpec


def spec(width: int = 160, height: int = 90, *, loop: bool = False, seed: int = 3, duration: int = 1) -> GenerationSpec:
    return GenerationSpec(
        model="tiny",
        prompt="p",
        aspect_ratio="16:9",
        width=width,
        height=height,
        duration=duration,
        loop=loop,
        seed=seed,
    )


def picture(seed: int, width: int = 160, height: int = 90) -> Frame:
    """Soft blobs of colour: something for flow to hold on to and for a move to shift."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (6, 6, 3))
    rows = np.linspace(0, 4.999, height)
    columns = np.linspace(0, 4.999, width)
    row, column = rows.astype(int), columns.astype(int)
    fy, fx = (rows - row)[:, None, None], (columns - column)[None, :, None]
    top = coarse[row][:, column] * (1 - fx) + coarse[row][:, column + 1] * fx
    bottom = coarse[row + 1][:, column] * (1 - fx) + coarse[row + 1][:, column + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, np.uint8)


def render(
    job: GenerationSpec,
    keyframes: Keyframes,
    *,
    threads: int = 2,
    camera: str = "push",
    weather: tuple[str, ...] = (),
) -> list[Frame]:
    return list(render_keyframes(job, keyframes, threads, lambda stage, done: None, camera, weather))


def difference(first: Frame, second: Frame) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean())


START, END = picture(1), picture(2)


@pytest.mark.parametrize(
    "keyframes", [Keyframes(START), Keyframes(end=END), Keyframes(START, END)], ids=["start", "end", "both"]
)
def test_the_images_are_the_first_and_last_frame(keyframes: Keyframes) -> None:
    frames = render(spec(), keyframes)
    assert len(frames) == 25
    assert {(frame.shape, frame.dtype.name) for frame in frames} == {((90, 160, 3), "uint8")}
    if keyframes.start is not None:
        assert np.array_equal(frames[0], START)
    if keyframes.end is not None:
        assert np.array_equal(frames[-1], END)
    assert difference(frames[0], frames[-1]) > 1


def test_a_loop_comes_back_without_repeating_its_first_frame() -> None:
    frames = render(spec(loop=True), Keyframes(START))
    assert len(frames) == 24
    assert np.array_equal(frames[0], START)
    steps = [difference(a, b) for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    # The wrap mirrors the first step, up to the last bit of cos(): the way back is the way there.
    assert steps[-1] == pytest.approx(steps[0], rel=0.05)
    assert 0 < steps[-1] < max(steps)


@pytest.mark.parametrize("camera", sorted(MOVES))
def test_every_move_moves_smoothly(camera: str) -> None:
    frames = render(spec(), Keyframes(START), camera=camera)
    steps = [difference(a, b) for a, b in pairwise(frames)]
    assert difference(frames[0], frames[-1]) > 0.2
    assert max(steps) < 6


def test_an_unknown_camera_word_pushes_in() -> None:
    assert np.array_equal(
        render(spec(), Keyframes(START), camera="whip")[-1], render(spec(), Keyframes(START), camera="push")[-1]
    )


def test_related_pictures_flow_and_unrelated_ones_dissolve() -> None:
    """A shifted picture passes through the half-shifted one; a plain cross-fade would show it double."""
    wide = picture(4, 180, 90)
    left, middle, right = (np.ascontiguousarray(wide[:, offset : offset + 160]) for offset in (0, 8, 16))
    halfway = render(spec(), Keyframes(left, right))[12]
    fade = ((left.astype(np.uint16) + right) // 2).astype(np.uint8)
    inner = (slice(10, -10), slice(20, -20))
    assert difference(halfway[inner], middle[inner]) < difference(fade[inner], middle[inner]) / 4
    # Unrelated: some parts have changed over while others have not.
    mixed = render(spec(), Keyframes(np.zeros_like(START), np.full_like(START, 255)))[12]
    assert mixed.std() > 10


def test_the_same_seed_gives_the_same_frames_on_any_number_of_threads() -> None:
    keyframes = Keyframes(START, END)
    one, three = render(spec(), keyframes, threads=1), render(spec(), keyframes, threads=3)
    assert all(np.array_equal(a, b) for a, b in zip(one, three, strict=True))
    other = render(spec(seed=4), keyframes)
    assert not np.array_equal(one[12], other[12])


@pytest.mark.parametrize("size", [(2, 2), (4, 2), (2, 64), (54, 50)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    start, end = picture(1, *size), picture(2, *size)
    frames = render(spec(*size), Keyframes(start, end))
    assert len(frames) == 25
    assert np.array_equal(frames[0], start)
    assert np.array_equal(frames[-1], end)
    assert len(render(spec(*size), Keyframes(start))) == 25


def test_a_subject_and_the_ground_seem_near_and_the_sky_far() -> None:
    image = np.full((90, 160, 3), (90, 140, 220), np.uint8)
    image[30:80, 60:100] = (200, 60, 20)
    depth = nearness(image)
    assert depth.shape == (90, 160)
    assert 0 <= depth.min() <= depth.max() <= 1
    assert depth[:20].mean() < 0.2 < depth[40:70, 70:90].mean()
    assert depth[:20].mean() < depth[-10:].mean()


def test_progress_never_goes_back_and_stopping_passes_through() -> None:
    told: list[tuple[str, float]] = []
    list(render_keyframes(spec(), Keyframes(START), 2, lambda stage, done: told.append((stage, done))))
    rendering = [done for stage, done in told if stage == "rendering"]
    assert rendering == sorted(rendering)
    assert (rendering[0], rendering[-1]) == (0.0, 1.0)

    def stop(stage: str, done: float) -> None:
        if done > 0.5 and stage == "rendering":
            raise JobFailed("cancelled", "cancelled")

    frames = render_keyframes(spec(), Keyframes(START), 2, stop)
    with pytest.raises(JobFailed, match="cancelled"):
        list(frames)


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="start or an end image"):
        render(spec(), Keyframes())


@pytest.mark.parametrize("weather", ["snow", "rain", "storm", "fog"])
def test_weather_comes_over_the_pictures_and_leaves_them_exact(weather: str) -> None:
    """Up after the start image, gone at the end image and at a loop's seam."""
    for keyframes, loop in ((Keyframes(START), False), (Keyframes(START, END), False), (Keyframes(START), True)):
        job = spec(loop=loop, duration=5)
        clear, under = (render(job, keyframes, weather=words) for words in ((), (weather,)))
        drawn = [difference(a, b) for a, b in zip(clear, under, strict=True)]
        assert drawn[0] == 0
        assert drawn[2] < drawn[30]
        assert drawn[60] > 0.3
        if keyframes.end is not None:
            assert drawn[-1] == 0
        elif loop:
            assert drawn[-1] < 0.05
        else:
            assert drawn[-1] > 0.3


def test_weather_before_an_end_image_is_there_from_the_beginning() -> None:
    clear, snowy = (render(spec(duration=5), Keyframes(end=END), weather=words) for words in ((), ("snow",)))
    assert difference(clear[0], snowy[0]) > 0.5
    assert np.array_equal(snowy[-1], END)


def test_weather_falls() -> None:
    dark = np.zeros((90, 160, 3), np.uint8)
    overlay = Overlay(("snow",), 160, 90, 5.0, seed=1)
    frames = [overlay.over(dark, number / 120, 1.0) for number in range(6)]
    assert all(difference(a, b) > 0.1 for a, b in pairwise(frames))
    assert all(1 < frame.mean() < 60 for frame in frames)
    first, again = overlay.over(dark, 0.0, 1.0), overlay.over(dark, 1.0, 1.0)  # in a loop
    assert difference(first, again) < 0.02


def test_words_that_no_overlay_draws_change_nothing() -> None:
    overlay = Overlay(("clear", "wind"), 160, 90, 5.0, seed=1)
    assert not overlay
    assert overlay.over(START, 0.5, 1.0) is START


def test_a_picture_that_cannot_be_written_to_moves_alike() -> None:
    """As they come from a decoder: a kernel compiled for such arrays would be compiled in the middle of a job."""
    frozen = START.copy()
    frozen.setflags(write=False)
    move = ParallaxMove(frozen, "push")
    before = compiled_warps()
    assert np.array_equal(move.at(0.7), ParallaxMove(START, "push").at(0.7))
    assert compiled_warps() <= max(before, 1)


def compiled_warps() -> int:
    from flashreel.engines.animatic import parallax

    signatures: list[object] = getattr(parallax._warp, "signatures", [])
    return len(signatures)


#: 0.0722 blue and so on: what limited-range luma of BT.709 is made of.
BT709 = np.array([0.2126, 0.7152, 0.0722])


def decibels(first: np.ndarray[tuple[int, ...], np.dtype[np.float64]], second: Frame) -> float:
    return float(10 * np.log10(255**2 / np.mean((first - second) ** 2)))


def hard_picture(kind: str, width: int, height: int) -> Frame:
    """What is hard to encode: smooth ramps, a noisy photo, saturated edges, small print, nothing but noise."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    ramps = np.stack([x, y, 1 - x], 2) * 255
    match kind:
        case "ramps":
            pixels = ramps
        case "photo":
            pixels = picture(5, width, height) + rng.normal(0, 18, (height, width, 3))
        case "bars":
            colours = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 0, 0]])
            pixels = np.repeat(colours[np.arange(width) * 8 // width][None] * 255.0, height, 0)
            pixels[height // 2 :] = pixels[height // 2 :, ::-1]
        case "print":
            pixels = np.full((height, width, 3), 245.0)
            for _ in range(width * height // 150):
                row, column = rng.integers(0, height - 6), rng.integers(0, width - 6)
                if rng.random() < 0.5:
                    pixels[row : row + 1, column : column + 6] = 20
                else:
                    pixels[row : row + 6, column : column + 2] = (220, 0, 20)
        case _:
            pixels = rng.integers(0, 256, (height, width, 3))
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def through_420(image: Frame) -> VideoFrame:
    """The picture passed once through BT.709 4:2:0."""
    return VideoReformatter().reformat(
        VideoFrame.from_ndarray(image, format="rgb24"),
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
        threads=1,
    )


def rgb_of_frame(frame: VideoFrame) -> Frame:
    turned = VideoReformatter().reformat(
        frame,
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BILINEAR | Interpolation.ACCURATE_RND,
        threads=1,
    )
    return np.asarray(turned.to_ndarray(), np.uint8)


def encoded_ends(frames: Iterator[Frame], job: GenerationSpec, path: Path) -> tuple[VideoFrame, VideoFrame]:
    """The first and the last picture of the finished file."""
    video.encode(
        frames,
        path,
        width=job.width,
        height=job.height,
        fps=FPS,
        pixel_format="rgb24",
        frame_count=job.frame_count,
        on_frame=lambda number: None,
        threads=2,
        exact_ends=True,
    )
    with av.open(path) as container:
        pictures = list(container.decode(container.streams.video[0]))
    assert len(pictures) == job.frame_count
    return pictures[0], pictures[-1]


def assert_is(found: VideoFrame, image: Frame) -> None:
    wanted_luma = 16 + 219 * (image.astype(np.float64) / 255 @ BT709)
    assert decibels(wanted_luma, np.asarray(found.to_ndarray(format="yuv420p")[: image.shape[0]], np.uint8)) >= 40
    reachable = decibels(image.astype(np.float64), rgb_of_frame(through_420(image)))
    assert decibels(image.astype(np.float64), rgb_of_frame(found)) >= reachable - 1.5


@pytest.mark.parametrize("duration", [5, 9])
@pytest.mark.parametrize("kind", ["ramps", "photo", "bars", "print", "noise"])
def test_the_decoded_ends_are_the_images(tmp_path: Path, kind: str, duration: int) -> None:
    job = spec(duration=duration)
    start = hard_picture(kind, 160, 90)
    end = np.ascontiguousarray(start[:, ::-1])
    frames = render_keyframes(job, Keyframes(start, end), 2, lambda stage, done: None, weather=("rain",))
    first, last = encoded_ends(frames, job, tmp_path / "clip.mp4")
    assert_is(first, start)
    assert_is(last, end)


@pytest.mark.parametrize("kind", ["bars", "photo"])
def test_the_decoded_ends_are_the_images_at_full_size(tmp_path: Path, kind: str) -> None:
    job = spec(1280, 720)
    start = hard_picture(kind, 1280, 720)
    end = np.ascontiguousarray(start[::-1, ::-1])
    # Encoding is what is at stake: the frames between need no more than to be different.
    between = [np.roll(start, 8 * number, 1) for number in range(1, job.frame_count - 1)]
    first, last = encoded_ends(iter([start, *between, end]), job, tmp_path / "clip.mp4")
    assert_is(first, start)
    assert_is(last, end)


@pytest.mark.parametrize(
    ("mode", "size"), [("RGB", (31, 400)), ("L", (900, 90)), ("P", (64, 64)), ("RGBA", (33, 57)), ("CMYK", (200, 100))]
)
def test_images_of_any_size_mode_and_turn_become_the_first_frame(mode: str, size: tuple[int, int]) -> None:
    image = Image.fromarray(picture(6, *size)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    data = io.BytesIO()
    image.save(data, format="TIFF" if mode == "CMYK" else "PNG", exif=exif)
    fitted = np.asarray(images.decode(data.getvalue(), "start_image", 160, 90))
    frames = render(spec(), Keyframes(start=fitted))
    assert np.array_equal(frames[0], fitted)
    assert difference(frames[0], frames[-1]) > 0
