"""Engines for tests, given to a real server as `tests.support.engines:Class`. What they do is said by the prompt."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import numpy as np

from flashreel.engines.base import Frame, Keyframes, Rendering, Report
from flashreel.errors import JobFailed
from flashreel.spec import GenerationSpec


class Script:
    """Plain frames with a bar that moves, and whatever the prompt orders besides:

    `upstream` raises the upstream error, `crash` an exception, `black` makes black frames, `short` half of them,
    `seconds=N` spreads the frames over N seconds, `die` kills the process it runs in, `hang=PATH` hangs unless that
    file is there, and makes it first, `until=PATH` stops half way until that file is there.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def warm_up(self, report: Report) -> None:
        pass

    def render(self, spec: GenerationSpec, keyframes: Keyframes, report: Report) -> Rendering:
        report("preparing", 0.5)
        if "upstream" in spec.prompt:
            raise JobFailed("upstream_failed", "the upstream API answered 503")
        if "crash" in spec.prompt:
            raise RuntimeError("secret detail of a crash")
        if "die" in spec.prompt:
            os.kill(os.getpid(), signal.SIGKILL)
        if (asked := re.search(r"hang=(\S+)", spec.prompt)) and not (file := Path(asked[1])).exists():
            file.touch()
            time.sleep(3600)
        return Rendering("rgb24", self._frames(spec, report))

    def _frames(self, spec: GenerationSpec, report: Report) -> Iterator[Frame]:
        asked = re.search(r"seconds=([0-9.]+)", spec.prompt)
        gate = re.search(r"until=(\S+)", spec.prompt)
        pause = float(asked[1]) / spec.frame_count if asked else 0.0
        count = spec.frame_count // 2 if "short" in spec.prompt else spec.frame_count
        frame = np.zeros((spec.height, spec.width, 3), np.uint8)
        for index in range(count):
            time.sleep(pause)
            while gate and index == count // 2 and not Path(gate[1]).exists():
                time.sleep(0.05)
            if "black" not in spec.prompt:
                frame[:] = 90
                frame[:, index % spec.width] = (200, 40, 40)
            yield frame

    def close(self) -> None:
        pass


class Shows(Script):
    """A still of the start image."""

    def render(self, spec: GenerationSpec, keyframes: Keyframes, report: Report) -> Rendering:
        assert keyframes.start is not None
        return Rendering("rgb24", repeat(keyframes.start, spec.frame_count))


class SlowToWarm(Script):
    """Warms up until the file is there that WARM_UP_UNTIL names."""

    def warm_up(self, report: Report) -> None:
        while not Path(os.environ["WARM_UP_UNTIL"]).exists():
            report("warming", 0.5)
            time.sleep(0.05)
