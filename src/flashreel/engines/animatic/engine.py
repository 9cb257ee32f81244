"""AnimaticEngine: the built-in engine. It draws prompts as stylised animation on the CPU, with no weights."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from flashreel.engines.animatic import kernel_cache
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.frames import frames_of
from flashreel.engines.animatic.parse import describe_unknown, parse
from flashreel.engines.animatic.samples import SAMPLES, draw_samples
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.base import Frame, Keyframes, Rendering, Report
from flashreel.spec import GenerationSpec

#: Share of the warm-up's progress that is compilation; the rest is loading.
_COMPILING = 0.9

_SWITCH_SECONDS = 0.0005

_IMAGES_DECIDE = "the image decides what is seen; of the prompt only the camera's move and the weather are used"


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
        self._compiled = False
        # Drawing threads hold the GIL for moments between kernels; at Python's 5 ms they would wait for each other.
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="animatic")

    def warm_up(self, report: Report) -> None:
        """Compiles every kernel (some seconds on many cores, twenty on one, the first time only), then loads them by
        drawing tiny frames.

        What `report` raises passes through.
        """
        report(kernel_cache.STAGE, 0.0)
        self._compile(lambda stage, done: report(stage, done * _COMPILING))
        for number, _ in enumerate(draw_samples(self._executor), 1):
            report(kernel_cache.STAGE, _COMPILING + (1 - _COMPILING) * number / SAMPLES)
        # What is loaded stays: looking through it for garbage would stop the drawing threads again and again.
        gc.collect()
        gc.freeze()

    def _compile(self, report: Report) -> None:
        """Fills the JIT cache unless it is full."""
        if not self._compiled and not kernel_cache.is_complete():
            kernel_cache.fill(report, _usable_cpus())
        self._compiled = True

    def render(self, spec: GenerationSpec, keyframes: Keyframes, report: Report) -> Rendering:
        """Builds the scene (about a second), then yields its frames as they are taken: `yuv420p`, or `rgb24` where a
        start or end image is given. What `report` raises passes through, here and between frames."""
        self._compile(report)
        report("preparing", 0.0)
        graph = parse(spec.prompt)
        if keyframes.start is not None or keyframes.end is not None:
            from flashreel.engines.animatic.keyframes import render_keyframes  # OpenCV, for the few clips with images

            camera = graph.camera or "push"
            frames = render_keyframes(spec, keyframes, self._threads, report, camera, graph.weather)
            return Rendering("rgb24", frames, warnings=(_IMAGES_DECIDE,))
        warnings = describe_unknown(graph)
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


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
