"""Videos that begin or end with a given image."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from flashreel.engines.animatic.morph import Morph
from flashreel.engines.animatic.parallax import ParallaxMove, ease, there_and_back
from flashreel.engines.base import Frame, Keyframes, Report
from flashreel.spec import GenerationSpec

#: One frame by its number. Called from several threads.
Draw = Callable[[int], Frame]


def render_keyframes(
    spec: GenerationSpec, keyframes: Keyframes, threads: int, report: Report, camera: str = "push"
) -> Iterator[Frame]:
    """Yields `spec.frame_count` rgb24 frames, drawn `threads` at a time as they are taken.

    A start image is moved through, an end image arrived at, both together morph into each other; a loop comes back to
    the start image, so that its next frame would be frame 0. Frame 0 is the start image and the last frame the end
    image, to the bit. `camera` is a camera word of the scene graph. At least one keyframe is needed. What `report`
    raises passes through.
    """
    report("preparing", 0.0)
    draw = _drawing(spec, keyframes, camera)
    report("preparing", 1.0)
    for number, frame in enumerate(_in_order(draw, spec.frame_count, threads)):
        report("rendering", number / spec.frame_count)
        yield frame
    report("rendering", 1.0)


def warm_up_keyframes() -> None:
    """Compiles what a render would otherwise compile first."""
    ParallaxMove(np.zeros((8, 8, 3), np.uint8), "push").at(1.0)


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
