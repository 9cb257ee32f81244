"""Videos that begin or end with a given image."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from flashreel.engines.animatic.morph import Morph
from flashreel.engines.animatic.overlay import Overlay
from flashreel.engines.animatic.parallax import ParallaxMove, ease, there_and_back
from flashreel.engines.base import Frame, Keyframes, Report
from flashreel.spec import FPS, GenerationSpec

#: One frame by its number. Called from several threads.
Draw = Callable[[int], Frame]

_WEATHER_COMES = 1.2  # seconds until it is fully there, and in which it clears


def render_keyframes(
    spec: GenerationSpec,
    keyframes: Keyframes,
    threads: int,
    report: Report,
    camera: str = "push",
    weather: Sequence[str] = (),
) -> Iterator[Frame]:
    """Yields `spec.frame_count` rgb24 frames, drawn `threads` at a time as they are taken.

    A start image is moved through, an end image arrived at, both together morph into each other; a loop comes back to
    the start image, so that its next frame would be frame 0. Frame 0 is the start image and the last frame the end
    image, to the bit. `camera` and `weather` are words of the scene graph; snow, rain and fog come up after the start
    image and clear before the end image. At least one keyframe is needed. What `report` raises passes through.
    """
    report("preparing", 0.0)
    draw = _with_weather(_drawing(spec, keyframes, camera), spec, keyframes, weather)
    report("preparing", 1.0)
    for number, frame in enumerate(_in_order(draw, spec.frame_count, threads)):
        report("rendering", number / spec.frame_count)
        yield frame
    report("rendering", 1.0)


def warm_up_keyframes() -> None:
    """Compiles what a render would otherwise compile first."""
    picture = ParallaxMove(np.zeros((8, 8, 3), np.uint8), "push").at(1.0)
    Overlay(("snow", "rain"), 8, 8, 1.0, seed=0).over(picture, 0.5, 1.0)


def _drawing(spec: GenerationSpec, keyframes: Keyframes, camera: str) -> Draw:
    last = max(spec.frame_count - 1, 1)
    if keyframes.start is not None and keyframes.end is not None:
        morph = Morph(keyframes.start, keyframes.end, spec.seed)
        return lambda number: morph.at(number / last)
    if keyframes.start is not None:
        move = ParallaxMove(keyframes.start, camera)
        if spec.loop:
            return lambda number: move.at(there_and_back(number / spec.frame_count))
        return lambda number: move.at(ease(number / last))
    if keyframes.end is None:
        raise ValueError("a start or an end image is needed")
    arrival = ParallaxMove(keyframes.end, camera)
    return lambda number: arrival.at(ease((last - number) / last))


def _with_weather(draw: Draw, spec: GenerationSpec, keyframes: Keyframes, weather: Sequence[str]) -> Draw:
    """The drawing with weather over it, none of it on the images themselves."""
    overlay = Overlay(weather, spec.width, spec.height, spec.duration, spec.seed)
    if not overlay:
        return draw
    length = spec.frame_count if spec.loop else max(spec.frame_count - 1, 1)
    from_start, until_end = keyframes.start is not None, keyframes.end is not None or spec.loop

    def draw_under_weather(number: int) -> Frame:
        since = number / FPS / _WEATHER_COMES if from_start else 1.0
        until = (length - number) / FPS / _WEATHER_COMES if until_end else 1.0
        return overlay.over(draw(number), number / length, ease(max(0.0, min(since, until, 1.0))))

    return draw_under_weather


def _in_order(draw: Draw, count: int, threads: int) -> Iterator[Frame]:
    """Frames 0 to `count` - 1 in order, drawn on `threads` threads, at most that many ahead of the one handed out."""
    with ThreadPoolExecutor(threads, thread_name_prefix="keyframes") as pool:
        waiting: deque[Future[Frame]] = deque()
        submitted = 0
        try:
            while submitted < count or waiting:
                while submitted < count and len(waiting) <= threads:
                    waiting.append(pool.submit(draw, submitted))
                    submitted += 1
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
