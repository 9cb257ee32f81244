"""What is COMPLETED plays: the cheap checks every frame passes on its way to the encoder."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from flashreel.errors import JobFailed

Frame = NDArray[np.uint8]
PixelFormat = Literal["rgb24", "yuv420p"]

#: The brightest sample of a frame that still counts as black: a little above black itself, which is 0 in RGB and 16
#: in limited-range luma.
_BLACK_MAX: Final[dict[PixelFormat, int]] = {"rgb24": 4, "yuv420p": 20}


def frame_shape(pixel_format: PixelFormat, width: int, height: int) -> tuple[int, ...]:
    """The shape of one frame array: (height, width, 3) for rgb24, (3*height/2, width) for yuv420p (I420)."""
    if pixel_format == "rgb24":
        return (height, width, 3)
    return (height * 3 // 2, width)


class FrameCheck:
    """Looks at frames in order; raises JobFailed("output_rejected") for what nobody should be charged for.

    Both questions, is everything black and is nothing moving, are settled by the first frame that says no, so a
    normal clip costs two comparisons and holds one frame for a moment.
    """

    def __init__(
        self,
        *,
        width: int,
        height: int,
        pixel_format: PixelFormat,
        frame_count: int,
        may_be_black: bool,
        may_be_still: bool,
    ) -> None:
        self._shape = frame_shape(pixel_format, width, height)
        self._luma_rows = height
        self._black_max = _BLACK_MAX[pixel_format]
        self._frame_count = frame_count
        self._only_black = not may_be_black
        self._watch_still = not may_be_still and frame_count > 1
        self._first: Frame | None = None
        self._seen = 0

    def see(self, frame: Frame) -> None:
        """Checks the next frame: its type and shape, and that it is not one too many."""
        if frame.dtype != np.uint8 or frame.shape != self._shape:
            raise JobFailed(
                "output_rejected",
                f"the engine made frame {self._seen} as {frame.dtype} {frame.shape}; uint8 {self._shape} was declared",
            )
        if self._seen == self._frame_count:
            raise JobFailed("output_rejected", f"the engine made more than the {self._frame_count} frames asked for")
        if self._only_black:
            # The first `height` rows are the whole picture in rgb24 and the luma plane in I420.
            self._only_black = int(frame[: self._luma_rows].max()) <= self._black_max
        if self._watch_still:
            if self._first is None:
                self._first = frame.copy()  # the array is ours only until the next one is asked for
            elif not np.array_equal(self._first, frame):
                self._watch_still = False
                self._first = None
        self._seen += 1

    def finish(self) -> None:
        """Checks the clip as a whole, after its last frame."""
        if self._seen != self._frame_count:
            raise JobFailed(
                "output_rejected", f"the engine made {self._seen} of the {self._frame_count} frames asked for"
            )
        if self._only_black:
            raise JobFailed("output_rejected", "every frame of the video is black")
        if self._watch_still:
            raise JobFailed("output_rejected", "all frames of the video are the same picture")
