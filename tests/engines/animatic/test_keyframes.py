from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from flashreel.engines.animatic.keyframes import render_keyframes
from flashreel.engines.animatic.parallax import MOVES, nearness
from flashreel.engines.base import Frame, Keyframes
from flashreel.errors import JobFailed
from flashreel.spec import GenerationSpec


def spec(width: int = 160, height: int = 90, *, loop: bool = False, seed: int = 3) -> GenerationSpec:
    return GenerationSpec(
        model="tiny", prompt="p", aspect_ratio="16:9", width=width, height=height, duration=1, loop=loop, seed=seed
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


def render(job: GenerationSpec, keyframes: Keyframes, *, threads: int = 2, camera: str = "push") -> list[Frame]:
    return list(render_keyframes(job, keyframes, threads, lambda stage, done: None, camera))


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
