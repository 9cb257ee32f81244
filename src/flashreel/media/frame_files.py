"""The frames of a clip outside of it: as arrays out of a finished file, and as PNG files."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from PIL import Image

from flashreel.errors import JobFailed
from flashreel.media.colour import to_rgb
from flashreel.media.frame_check import Frame, PixelFormat


def read_frames(path: Path) -> Iterator[Frame]:
    """The frames of a file that `encode` wrote, in the order they are shown: RGB uint8 (height, width, 3), each an
    array of its own. One is decoded at a time.

    Raises FileNotFoundError where there is no file, av.FFmpegError where it is no video.
    """
    reformatter = VideoReformatter()
    with av.open(path) as container:
        for picture in container.decode(video=0):
            yield to_rgb(picture, picture.width, picture.height, reformatter)


class FrameFiles:
    """Writes every frame it is shown to `folder`, as 000000.png and so on: what the engine drew, before the codec.

    A `flashreel.clip.Viewer`. The folder is made with the first frame; files of the same names are replaced. Raises
    JobFailed("storage_failed") where the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reformatter = VideoReformatter()

    def see(self, index: int, frame: Frame, pixel_format: PixelFormat) -> None:
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=pixel_format)
        rgb = to_rgb(picture, picture.width, picture.height, self._reformatter)
        file = self._folder / f"{index:06}.png"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rgb).save(file, compress_level=1)  # 6 takes thrice as long for a sixth fewer bytes
        except OSError as error:
            reason = error.strerror or errno.errorcode.get(error.errno or 0, type(error).__name__)
            raise JobFailed("storage_failed", f"the frame {file} could not be written: {reason}") from error
