"""Frames in order from several threads: each draws whole frames, a bounded number of them ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue

from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.stage import Stage
from flashreel.engines.base import Frame

#: Frames in the making or waiting, per thread.
_AHEAD = 2


def frames_of(
    scene: Scene, width: int, height: int, count: int, executor: ThreadPoolExecutor, threads: int
) -> Generator[Frame]:
    """Yields `count` I420 frames of the scene, in order, drawn by the executor's `threads`.

    Closing the iterator drops the frames that nobody has begun and waits for those in hand. An error in a frame is
    raised where that frame would have come.
    """
    idle: SimpleQueue[Stage] = SimpleQueue()

    def draw(number: int) -> Frame:
        try:
            stage = idle.get_nowait()
        except Empty:  # never more than there are threads
            stage = Stage(scene, width, height)
        try:
            return stage.frame(number)
        finally:
            idle.put(stage)

    waiting: deque[Future[Frame]] = deque()
    try:
        for number in range(count):
            waiting.append(executor.submit(draw, number))
            if len(waiting) > _AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)
