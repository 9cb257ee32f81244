"""The built-in engine through the interface that workers use."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from tests.engines.animatic.i420 import rgb_of

from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.base import Engine, Frame, Keyframes, Rendering
from flashreel.errors import JobFailed
from flashreel.spec import GenerationSpec

#: The page's ratios at one eighth of the size, rounded to even.
SIZES = {
    "16:9": (160, 90),
    "9:16": (90, 160),
    "4:3": (144, 108),
    "3:4": (108, 144),
    "21:9": (194, 82),
    "9:21": (82, 194),
    "1:1": (128, 128),
}
#: A place that is built in no time.
TABLE = "a teddy bear dancing on a table"
BICYCLE = "a young boy riding a red bicycle in grand canyon valleys"


def _spec(
    prompt: str = BICYCLE, ratio: str = "16:9", *, duration: int = 1, loop: bool = False, seed: int = 5
) -> GenerationSpec:
    width, height = SIZES[ratio]
    return GenerationSpec(
        model="tiny",
        prompt=prompt,
        aspect_ratio=ratio,
        width=width,
        height=height,
        duration=duration,
        loop=loop,
        seed=seed,
    )


def _ignore(stage: str, done: float) -> None:
    """A report that lets everything go on."""


@pytest.fixture(scope="module")
def engine() -> Iterator[AnimaticEngine]:
    made = AnimaticEngine(threads=2)
    yield made
    made.close()


def _render(engine: Engine, spec: GenerationSpec) -> Rendering:
    return engine.render(spec, Keyframes(), _ignore)


def _frames(engine: Engine, spec: GenerationSpec) -> list[Frame]:
    return list(_render(engine, spec).frames)


@pytest.mark.parametrize("ratio", SIZES)
def test_every_ratio_gives_its_frames(engine: AnimaticEngine, ratio: str) -> None:
    width, height = SIZES[ratio]
    rendering = _render(engine, _spec(ratio=ratio))
    frames = list(rendering.frames)
    assert rendering.pixel_format == "yuv420p"
    assert len(frames) == 25
    assert {frame.shape for frame in frames} == {(height * 3 // 2, width)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}


def test_a_loop_drops_the_closing_frame(engine: AnimaticEngine) -> None:
    assert len(_frames(engine, _spec(TABLE, loop=True))) == 24


@pytest.mark.parametrize("prompt", [BICYCLE, "a sailboat on a stormy sea, lightning"])
def test_the_same_frames_for_any_number_of_threads(prompt: str) -> None:
    found: list[list[Frame]] = []
    for threads in (1, 2, 4):
        made = AnimaticEngine(threads)
        try:
            found.append(list(islice(_render(made, _spec(prompt)).frames, 8)))
        finally:
            made.close()
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_another_seed_gives_another_picture(engine: AnimaticEngine) -> None:
    one = next(_render(engine, _spec(seed=1)).frames)
    other = next(_render(engine, _spec(seed=2)).frames)
    assert np.abs(one.astype(int) - other).mean() > 2


def test_frames_move_and_are_not_black(engine: AnimaticEngine) -> None:
    frames = _frames(engine, _spec())
    assert all(rgb_of(frame).mean() > 0.15 for frame in frames)
    assert all(not np.array_equal(a, b) for a, b in pairwise(frames))


def test_an_array_stays_as_it_is_until_the_next_is_taken(engine: AnimaticEngine) -> None:
    frames = _render(engine, _spec(TABLE)).frames
    held = next(frames)
    copy = held.copy()
    # others are being drawn meanwhile; those, too, must leave this one alone
    second = next(frames)
    np.testing.assert_array_equal(held, copy)
    assert not np.array_equal(second, copy)


def test_what_was_not_understood_is_said_and_in_no_log(
    engine: AnimaticEngine, caplog: pytest.LogCaptureFixture
) -> None:
    rendering = _render(engine, _spec("a zorblax beside a red fox in the snow"))
    assert rendering.unknown == ("zorblax",)
    assert any("zorblax" in warning for warning in rendering.warnings)
    assert not [message for message in caplog.messages if "zorblax" in message]
    assert rendering.understood is not None
    assert 0 < rendering.understood < 1
    assert next(rendering.frames).any()


def test_what_was_understood_gives_no_warning(engine: AnimaticEngine) -> None:
    rendering = _render(engine, _spec())
    assert rendering.warnings == ()
    assert rendering.understood == 1


@pytest.mark.parametrize(
    "prompt",
    [
        "\x00\x01",
        "🦊🦊🦊",
        "'; DROP TABLE jobs; --",
        "a " * 2500,
        "999999999999999999999 elephants",
        "{0!r:{1}} %s %n ../../etc/passwd",
        "ein rotes Fahrrad im Schnee",
        "a fox holding a fox holding a fox holding a fox",
    ],
)
def test_hostile_prompts_render(engine: AnimaticEngine, prompt: str) -> None:
    frame = next(_render(engine, _spec(prompt)).frames)
    assert frame.std() > 1


def test_a_report_that_raises_while_preparing_ends_the_job(engine: AnimaticEngine) -> None:
    def cancel(stage: str, done: float) -> None:
        if stage == "preparing" and done > 0:
            raise JobFailed("cancelled", "stop")

    with pytest.raises(JobFailed, match="stop"):
        engine.render(_spec(), Keyframes(), cancel)


def test_a_report_that_raises_between_frames_stops_the_threads(engine: AnimaticEngine) -> None:
    def cancel(stage: str, done: float) -> None:
        if stage == "rendering" and done > 0.2:
            raise JobFailed("cancelled", "stop")

    frames = engine.render(_spec(TABLE, duration=9), Keyframes(), cancel).frames
    taken: list[Frame] = []
    with pytest.raises(JobFailed, match="stop"):
        taken.extend(frames)
    assert len(_frames(engine, _spec(TABLE))) == 25  # the threads are free for the next job


def test_closing_the_frames_draws_no_more(engine: AnimaticEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from flashreel.engines.animatic.stage import Stage

    drawn: list[int] = []
    frame_of = Stage.frame

    def counted(stage: Stage, number: int) -> Frame:
        drawn.append(number)
        return frame_of(stage, number)

    monkeypatch.setattr(Stage, "frame", counted)
    frames = _render(engine, _spec(TABLE, duration=9)).frames
    next(frames)
    frames.close()  # type: ignore[attr-defined]  # Rendering promises closing, Iterator does not name it
    until_closed = len(drawn)
    assert until_closed <= 6  # one taken, two a thread ahead, one in the making
    threading.Event().wait(0.2)
    assert len(drawn) == until_closed


def test_closing_the_engine_ends_its_threads() -> None:
    before = set(threading.enumerate())
    made = AnimaticEngine(threads=2)
    next(_render(made, _spec(TABLE)).frames)
    assert set(threading.enumerate()) > before
    made.close()
    assert set(threading.enumerate()) <= before


def test_no_threads_cannot_draw() -> None:
    with pytest.raises(ValueError, match="0 threads"):
        AnimaticEngine(threads=0)


def test_a_start_image_is_the_first_frame(engine: AnimaticEngine) -> None:
    width, height = SIZES["16:9"]
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    rendering = engine.render(_spec(), Keyframes(start=image), _ignore)
    assert rendering.pixel_format == "rgb24"
    assert rendering.warnings
    frames = iter(rendering.frames)
    np.testing.assert_array_equal(next(frames), image)
    frames.close()  # type: ignore[attr-defined]  # as above


def test_warming_up_reports_how_far_it_is(engine: AnimaticEngine) -> None:
    seen: list[tuple[str, float]] = []
    engine.warm_up(lambda stage, done: seen.append((stage, done)))
    assert {stage for stage, _ in seen} == {"compiling"}
    parts = [done for _, done in seen]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0, 1)


def test_a_clip_without_images_loads_nothing_that_reads_them() -> None:
    script = """
import sys
import flashreel.clip
from flashreel.engines.animatic.engine import AnimaticEngine
from flashreel.engines.base import Keyframes
from flashreel.spec import GenerationSpec
spec = GenerationSpec(
    model="m", prompt="a horse", aspect_ratio="16:9", width=64, height=36, duration=1, seed=1,
)
next(AnimaticEngine(1).render(spec, Keyframes(), lambda stage, done: None).frames)
print(*sorted({"cv2", "PIL", "httpcore", "httpx", "resvg_py"} & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert loaded.split() == []
