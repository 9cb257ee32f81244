"""The first or last frame of a finished video, as the start or end image of the next one."""

from __future__ import annotations

from collections import deque
from io import BytesIO
from typing import Literal

import av
from av.video.reformatter import VideoReformatter

from flashreel.errors import JobFailed
from flashreel.media.colour import to_rgb
from flashreel.media.frame_check import Frame


def end_frame(video: bytes, which: Literal["first", "last"], field: str) -> Frame:
    """One end of a file that `encode` wrote (yuv420p, BT.709 limited range), as RGB uint8 (height, width, 3).

    The last frame is decoded from the last key frame on. Raises JobFailed("image_invalid") naming `field` for what is
    no video.
    """
    unreadable = JobFailed("image_invalid", f"{field} names a video that cannot be read")
    try:
        with av.open(BytesIO(video), "r") as container:
            if not container.streams.video:
                raise unreadable
            stream = container.streams.video[0]
            if which == "last" and stream.duration:
                container.seek((stream.start_time or 0) + stream.duration - 1, stream=stream)
            pictures = container.decode(stream)  # in the order they are shown
            picture = next(pictures, None) if which == "first" else next(iter(deque(pictures, maxlen=1)), None)
    except av.FFmpegError as error:
        raise unreadable from error
    if picture is None:
        raise unreadable
    return to_rgb(picture, picture.width, picture.height, VideoReformatter())
