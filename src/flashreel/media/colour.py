"""From video pixels to RGB: the one way back through the BT.709 matrix."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from flashreel.media.frame_check import Frame

#: Without FULL_CHR_H_INT libswscale takes short cuts that cost 15 dB at coloured edges.
_EXACT = Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND


def to_rgb(picture: VideoFrame, width: int, height: int, reformatter: VideoReformatter) -> Frame:
    """`picture`, rgb24 or yuv420p in BT.709 limited range, as sRGB uint8 (height, width, 3), at most its own size.

    At its own size every pixel takes the chroma sample it belongs to, so encoding the result gives the same samples
    back; made smaller, a pixel is the mean of what it covers. `reformatter` keeps its tables for the next call of the
    same sizes.
    """
    is_whole = (width, height) == (picture.width, picture.height)
    is_rgb = picture.format.name == "rgb24"
    converted = reformatter.reformat(
        picture,
        width,
        height,
        format="rgb24",
        # Left alone, libswscale takes the BT.601 matrix.
        src_colorspace=None if is_rgb else Colorspace.ITU709,
        src_color_range=ColorRange.JPEG if is_rgb else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=(Interpolation.POINT if is_whole else Interpolation.AREA) | _EXACT,
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)
