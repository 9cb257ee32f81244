"""What every engine is: code that turns a spec into frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from flashreel.spec import GenerationSpec

Frame = NDArray[np.uint8]
#: `rgb24` frames are (height, width, 3); `yuv420p` frames (3*height/2, width): the Y plane, then U, then V, each
#: row-packed, BT.709 limited range.
PixelFormat = Literal["rgb24", "yuv420p"]

#: Called between steps with the stage's name and how much of it is done (0 to 1). It may raise JobFailed("cancelled")
#: or the worker's own reason to stop; an engine lets that pass through and frees what it holds.
Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Keyframes:
    """Decoded start and end images, RGB uint8, already fitted to the spec's (height, width, 3)."""

    start: Frame | None = None
    end: Frame | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """Frames on their way. `frames` is lazy, yields exactly `spec.frame_count` arrays of one format, and is closed
    by whoever consumes it (closing it early is how a job is cancelled). An array is the consumer's until the next one
    is asked for. `warnings` are sentences for the user; `understood` (0 to 1) says how much of the prompt was used,
    None where the engine cannot tell; `unknown` names the words that were not."""

    pixel_format: PixelFormat
    frames: Iterator[Frame]
    warnings: tuple[str, ...] = ()
    understood: float | None = None
    unknown: tuple[str, ...] = ()


class Engine(Protocol):
    """One engine, owned by one worker. Rendering is deterministic: same spec, seed and keyframes, same frames."""

    def warm_up(self, report: Report) -> None:
        """Does everything slow that no job should wait for (loading, compiling). Called once, before any render."""

    def render(self, spec: GenerationSpec, keyframes: Keyframes, report: Report) -> Rendering:
        """Starts a rendering; raises JobFailed when it cannot. What is heavy happens as frames are taken."""

    def close(self) -> None:
        """Frees threads and memory."""
