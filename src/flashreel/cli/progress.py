"""How far a video is: a bar on a terminal, else now and then a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flashreel.spec import FPS
from flashreel.terminal import err, plain

Report = Callable[[str, float], None]

#: Stages that are over before a line about them is read.
_SHORT = ("preparing", "encoding")
_STEP = 25  # per cent between two lines


@contextmanager
def progress(label: str, frames: int, *, quiet: bool) -> Iterator[Report]:
    """What is to hear the stage and how much of it is done (0 to 1) of a video of so many frames. It tells the error
    stream, and nobody where that is to be `quiet`. `label` says which video, where there are several."""
    if quiet:
        yield lambda stage, fraction: None
    elif err.is_terminal:
        with _bar(label, frames) as report:
            yield report
    else:
        yield Lines(label, Speed(frames))


class Speed:
    """How fast frames are made, as of the first report of `rendering`."""

    def __init__(self, frames: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._frames = frames
        self._clock = clock
        self._begun: float | None = None
        self._last = ""

    def of(self, stage: str, fraction: float) -> str:
        """The mean until now, as in `60 frames/s, 2.5x real time`; nothing where it cannot be told yet."""
        if stage != "rendering":
            return self._last
        now = self._clock()
        if self._begun is None:
            self._begun = now
        done, seconds = fraction * self._frames, now - self._begun
        if done >= 1 and seconds > 0:
            self._last = f"{done / seconds:.0f} frames/s, {done / seconds / FPS:.1f}x real time"
        return self._last


class Lines:
    """A Report that prints a line for each quarter of a stage that takes its time."""

    def __init__(self, label: str, speed: Speed) -> None:
        self._head = f"{label}: " if label else ""
        self._speed = speed
        self._stage = ""
        self._told = 0

    def __call__(self, stage: str, fraction: float) -> None:
        if stage != self._stage:
            self._stage, self._told = stage, 0
        speed = self._speed.of(stage, fraction)
        per_cent = int(fraction * 100) // _STEP * _STEP
        if stage not in _SHORT and per_cent > self._told:
            self._told = per_cent
            err.print(plain(f"{self._head}{stage} {per_cent} %{speed and ', '}{speed}"))


@contextmanager
def _bar(label: str, frames: int) -> Iterator[Report]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.fields[label]}{task.description:10}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[speed]}"),
    )
    speed = Speed(frames)
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("starting", total=1.0, speed="", label=f"{label}  " if label else "")

        def report(stage: str, fraction: float) -> None:
            bar.update(task, description=stage, completed=fraction, speed=speed.of(stage, fraction))

        yield report
