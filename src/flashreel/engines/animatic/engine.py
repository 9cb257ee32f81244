"""AnimaticEngine: the built-in engine. It draws prompts as stylised animation on the CPU, with no weights."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.frames import frames_of
from flashreel.engines.animatic.keyframes import render_keyframes, warm_up_keyframes
from flashreel.engines.animatic.parse import describe_unknown, parse
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.base import Frame, Keyframes, Rendering, Report
from flashreel.spec import FPS, GenerationSpec

log = logging.getLogger(__name__)

#: Prompts that between them run every kernel a job can need.
_WARM_UP_PROMPTS = (
    "a boy riding a red bicycle in a canyon",
    "a fox running through a snowy forest at dusk",
    "a sailboat on a stormy sea, lightning",
    "a rocket launching over a city at night",
    "a teddy bear dancing on the beach",
)
_WARM_UP_SIZE = (160, 96)
_WARM_UP_SECONDS = 5

_SWITCH_SECONDS = 0.0005

_IMAGES_DECIDE = "the image decides what is seen; of the prompt only the camera's move is used"


class AnimaticEngine:
    """One engine for one worker; implements `flashreel.engines.base.Engine`.

    Frames come from `threads` threads (as many as this process may use CPUs, where not given), and are the same for
    any number of them.
    """

    def __init__(self, threads: int | None = None) -> None:
        """ValueError for fewer than one thread."""
        if threads is not None and threads < 1:
            raise ValueError(f"{threads} threads cannot draw; 1 or more can")
        self._threads = threads or _usable_cpus()
        # Drawing threads hold the GIL for moments between kernels; at Python's 5 ms they would wait for each other.
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="animatic")

    def warm_up(self, report: Report) -> None:
        """Compiles every kernel by drawing tiny frames: some twenty seconds the first time, then from the disk cache.

        What `report` raises passes through.
        """
        for done, prompt in enumerate(_WARM_UP_PROMPTS):
            report("compiling", done / len(_WARM_UP_PROMPTS))
            width, height = _WARM_UP_SIZE
            scene = build(
                parse(prompt), _WARM_UP_SECONDS, 0, False, width=width, height=height, executor=self._executor
            )
            stage = Stage(scene, width, height)
            for number in _telling_frames(scene):
                stage.frame(number)
        warm_up_keyframes()
        report("compiling", 1.0)

    def render(self, spec: GenerationSpec, keyframes: Keyframes, report: Report) -> Rendering:
        """Builds the scene (about a second), then yields its frames as they are taken: `yuv420p`, or `rgb24` where a
        start or end image is given. What `report` raises passes through, here and between frames."""
        report("preparing", 0.0)
        graph = parse(spec.prompt)
        if keyframes.start is not None or keyframes.end is not None:
            camera = graph.camera or "push"
            frames = render_keyframes(spec, keyframes, self._threads, report, camera)
            return Rendering("rgb24", frames, warnings=(_IMAGES_DECIDE,))
        warnings = describe_unknown(graph)
        for warning in warnings:
            log.warning("%s", warning)
        report("preparing", 0.1)
        scene = build(
            graph,
            spec.duration,
            spec.seed,
            spec.loop,
            width=spec.width,
            height=spec.height,
            executor=self._executor,
        )
        report("preparing", 1.0)
        frames = self._reported(scene, spec, report)
        return Rendering("yuv420p", frames, warnings, graph.understood, graph.unknown)

    def close(self) -> None:
        """Ends the threads; frames in hand are finished first."""
        self._executor.shutdown(cancel_futures=True)

    def _reported(self, scene: Scene, spec: GenerationSpec, report: Report) -> Iterator[Frame]:
        count = spec.frame_count
        frames = frames_of(scene, spec.width, spec.height, count, self._executor, self._threads)
        try:
            for number, frame in enumerate(frames):
                report("rendering", number / count)
                yield frame
        finally:
            frames.close()


def _telling_frames(scene: Scene) -> list[int]:
    """A frame well into the clip, and one with lightning if there is any."""
    numbers = [FPS * _WARM_UP_SECONDS // 2]
    lit = (number for number in range(FPS * _WARM_UP_SECONDS) if scene.flash(number / FPS) > 0)
    return [*numbers, next(lit, numbers[0])]


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
